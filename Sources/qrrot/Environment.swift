#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The environment, read once, without Foundation.
enum Environment {
  static let variables: [String: String] = {
    var variables: [String: String] = [:]
    var entry = Self.entries
    while let text = entry.pointee {
      let line = String(cString: text)
      if let sign = line.firstIndex(of: "=") {
        variables[String(line[..<sign])] = String(line[line.index(after: sign)...])
      }
      entry += 1
    }
    return variables
  }()

  /// A server's password, for it and for its clients; nil if it is not set, or empty.
  static var password: [UInt8]? {
    variables["QRROT_PASSWORD"].flatMap { $0.isEmpty ? nil : Array($0.utf8) }
  }

  /// Who logs in at a Redis or Valkey server; nil if it is not set, or empty.
  static var user: String? { variables["QRROT_USER"].flatMap { $0.isEmpty ? nil : $0 } }

  private static var entries: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
    #if canImport(Darwin)
      _NSGetEnviron().pointee
    #else
      environ
    #endif
  }

  /// The command that long results go through: `$PAGER`, or `less` where that is unset. Set and
  /// empty means none.
  static let pager: String? = {
    if let chosen = variables["PAGER"] { return chosen.isEmpty ? nil : chosen }
    let folders = (variables["PATH"] ?? "").split(separator: ":")
    let hasLess = folders.contains { access("\($0)/less", X_OK) == 0 }
    // -R shows colours, -F leaves short texts alone, -X keeps the text on the screen.
    return hasLess ? "less -RFX" : nil
  }()

  /// The command that a plan is edited with: `$VISUAL`, else `$EDITOR`, else `vi` where that is there.
  static let editor: String? = {
    for name in ["VISUAL", "EDITOR"] {
      if let chosen = variables[name], !chosen.isEmpty { return chosen }
    }
    let folders = (variables["PATH"] ?? "").split(separator: ":")
    return folders.contains { access("\($0)/vi", X_OK) == 0 } ? "vi" : nil
  }()

  /// Where a folder can be made that nobody else looks into.
  static let temporaryFolder: String = {
    for name in ["XDG_RUNTIME_DIR", "TMPDIR"] {
      if let folder = variables[name], folder.hasPrefix("/"), access(folder, W_OK | X_OK) == 0 {
        return folder
      }
    }
    return "/tmp"
  }()
}

internal import QrrotCore

/// `HOST`, `HOST:PORT`, `[IPv6]` or `[IPv6]:PORT`, as addresses of servers have it.
enum HostAndPort {
  /// Reads it.
  ///
  /// - Parameter example: how an IPv6 address is written.
  /// - Returns: the host without brackets, perhaps empty, and the port where there is one.
  /// - Throws: `syntax`.
  static func split(
    _ authority: Substring, example: String
  ) throws(QrrotError) -> (host: String, port: Int?) {
    guard authority.first == "[" else {
      guard authority.filter({ $0 == ":" }).count < 2 else {
        throw error("has an IPv6 address in brackets, as in \(example)")
      }
      guard let colon = authority.firstIndex(of: ":") else { return (String(authority), nil) }
      return (
        String(authority[..<colon]), try port(authority[authority.index(after: colon)...])
      )
    }
    guard let end = authority.firstIndex(of: "]") else { throw error("lacks a ]") }
    let host = authority[authority.index(after: authority.startIndex)..<end]
    guard host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else {
      throw error("has an IPv6 address between its brackets")
    }
    let behind = authority[authority.index(after: end)...]
    guard !behind.isEmpty else { return (String(host), nil) }
    guard behind.first == ":" else { throw error("has a port behind the ]") }
    return (String(host), try port(behind.dropFirst()))
  }

  private static func port(_ text: Substring) throws(QrrotError) -> Int {
    guard let number = UInt16(text), number > 0, text.allSatisfy(\.isNumber) else {
      throw error("has a port from 1 to 65535, not \(QrrotError.excerpt(Array(text.utf8)))")
    }
    return Int(number)
  }

  /// What is wrong with an address.
  static func error(_ what: String) -> QrrotError {
    QrrotError(.syntax, "the address \(what)")
  }
}

import QrrotCore
import QrrotShell
import QrrotStore
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Where a database is that a command line names: in a folder, or behind a server.
enum DatabasePlace {
  case folder(String)
  case server(Connect.Way)

  /// Whether a word is a URL: a scheme with its colon and two slashes. A folder of such a name is
  /// written with `./` in front.
  static func isServer(_ word: String) -> Bool {
    guard let colon = word.firstIndex(of: ":"), word[colon...].hasPrefix("://") else {
      return false
    }
    let scheme = word[..<colon]
    return scheme.first?.isLetter == true
      && scheme.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
  }

  /// Whether both are the same database, as far as their names tell.
  func isSame(as other: Self) -> Bool {
    switch (self, other) {
    case (.folder(let one), .folder(let two)):
      guard let one = Self.identity(one), let two = Self.identity(two) else { return one == two }
      return one == two
    case (.server(let one), .server(let two)): return one.isSame(as: two)
    default: return false
    }
  }

  /// What the system calls a folder; nil if it is not there.
  private static func identity(_ folder: String) -> [UInt64]? {
    var status = stat()
    guard RawArgument.path(of: folder).withPlatformString({ stat($0, &status) }) == 0 else {
      return nil
    }
    return [UInt64(status.st_dev), UInt64(status.st_ino)]
  }
}

import QrrotCore
import QrrotProviders

/// The file with the password that clients of a server have to give.
enum PasswordFile {
  /// Reads it: one line, whose line feed is no part of the password.
  ///
  /// - Throws: `io`, `refused`; see ``SecretFile/bytes(of:what:)``. An error never holds any of the
  ///   password.
  static func read(_ name: String) throws(QrrotError) -> [UInt8] {
    var password = try SecretFile.bytes(of: name, what: "the password file")
    if password.last == UInt8(ascii: "\n") { password.removeLast() }
    guard !password.isEmpty else {
      throw QrrotError(
        .refused, "the password file \(name) is empty; it holds the password on one line")
    }
    guard !password.contains(where: { [0, UInt8(ascii: "\n"), UInt8(ascii: "\r")].contains($0) })
    else {
      throw QrrotError(
        .refused,
        "the password file \(name) holds more than one line, or a line end of another system; it holds the password on one line, which a line feed ends"
      )
    }
    return password
  }
}

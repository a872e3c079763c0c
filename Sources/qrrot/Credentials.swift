import QrrotCore

/// Who logs in at a Redis or Valkey server, and with which password.
///
/// The user is the one of the address, else that of `QRROT_USER`. Where neither is, the password file (or
/// `QRROT_PASSWORD`) may hold `user:password@`, as an address would have it; anything else in it is the
/// password of the default user.
struct Credentials: Equatable {
  var user: String?
  var password: [UInt8]?

  /// Reads them.
  ///
  /// - Throws: `io`, `refused`; an error holds nothing of the password.
  init(_ passwordFile: String?, addressUser: String?) throws(QrrotError) {
    let text = try Self.text(passwordFile)
    user = addressUser ?? Environment.user
    password = text
    guard user == nil, let text else {
      guard user == nil || text != nil else {
        throw QrrotError(
          .refused,
          "there is a user and no password; set QRROT_PASSWORD, or name a file with --password-file"
        )
      }
      return
    }
    guard text.last == UInt8(ascii: "@"), let colon = text.firstIndex(of: UInt8(ascii: ":"))
    else { return }
    guard let name = String(validating: text[..<colon], as: UTF8.self),
      colon + 2 < text.count
    else {
      throw QrrotError(
        .refused,
        "what is written as user:password@ needs a password, and a user that is UTF-8")
    }
    user = name.isEmpty ? nil : name
    password = Array(text[(colon + 1)...].dropLast())
  }

  /// What the password file holds, or else the environment; nil without either.
  static func text(_ passwordFile: String?) throws(QrrotError) -> [UInt8]? {
    guard let passwordFile else { return Environment.password }
    return try PasswordFile.read(passwordFile)
  }
}

internal import QrrotAgent
internal import QrrotCore

/// Reads keys from where they may be, and refuses those that can't stand in a header.
enum KeyReading {
  /// The key in a file: a regular one that nobody else can open, with nothing but the key in it.
  ///
  /// - Throws: `io` if it can't be read; `refused` with what to do for a link, for what is no regular
  ///   file, for one that others may open, and for what is no key.
  static func key(inFile name: String) throws(QrrotError) -> Secret {
    let bytes = try SecretFile.bytes(of: name, what: "the key file")
    return try key(String(decoding: bytes, as: UTF8.self), from: "the key file \(name)")
  }

  /// A key as it was written somewhere, without the blanks and line breaks around it.
  ///
  /// - Parameter source: where it is from, for the error: `OPENAI_API_KEY`, `the key file k`.
  /// - Throws: `refused` if it is empty, or has a character that can't stand in a header; the key is
  ///   not shown.
  static func key(_ text: String, from source: String) throws(QrrotError) -> Secret {
    let key = text.utf8.drop { $0 <= 0x20 }
    let end = key.lastIndex { $0 > 0x20 }.map { key.index(after: $0) } ?? key.startIndex
    let bytes = Array(key[..<end])
    guard !bytes.isEmpty else { throw QrrotError(.refused, "\(source) holds no key") }
    guard bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw QrrotError(
        .refused,
        "\(source) holds a blank, a line break or another character that no key has; copy the key anew, "
          + "and nothing else")
    }
    return Secret(String(decoding: bytes, as: UTF8.self))
  }
}

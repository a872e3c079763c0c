internal import QrrotAgent
internal import QrrotCore
internal import SystemPackage

/// Reads keys from where they may be, and refuses those that can't stand in a header.
enum KeyReading {
  /// The largest key file (4 KiB): a key has a few hundred characters at most.
  static let fileByteCount = 4_096

  /// The key in a file: a regular one that nobody else can open, with nothing but the key in it.
  ///
  /// - Throws: `io` if it can't be read; `refused` with what to do for a link, for what is no regular
  ///   file, for one that others may open, and for what is no key.
  static func key(inFile name: String) throws(QrrotError) -> Secret {
    let path = FilePath(name)
    let bytes: [UInt8]
    do {
      // Without O_NONBLOCK a named pipe in this place would be waited on.
      let file = try FileDescriptor.open(
        path, .readOnly, options: [.noFollow, .nonBlocking, .closeOnExec])
      bytes = try file.closeAfter { try read(file) }
    } catch Errno.tooManySymbolicLinkLevels {
      throw QrrotError(
        .refused, "the key file \(name) is a symbolic link; name the file that it points to")
    } catch let refusal as Refusal {
      throw QrrotError(.refused, "the key file \(name) \(refusal.reason)")
    } catch {
      throw QrrotError(.io, "can't read the key file \(name): \(error)")
    }
    return try key(String(decoding: bytes, as: UTF8.self), from: "the key file \(name)")
  }

  private static func read(_ file: FileDescriptor) throws -> [UInt8] {
    let status = try file.stat()
    guard status.type == .regular else { throw Refusal(reason: "is not a regular file") }
    guard status.permissions.isDisjoint(with: [.groupReadWriteExecute, .otherReadWriteExecute])
    else {
      throw Refusal(reason: "can be opened by others; `chmod 600` makes it yours alone")
    }
    guard status.size <= fileByteCount else {
      throw Refusal(reason: "is too large: it holds the key and nothing else")
    }
    return try [UInt8](unsafeUninitializedCapacity: fileByteCount) { buffer, filled in
      while filled < fileByteCount {
        let rest = UnsafeMutableRawBufferPointer(
          rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
        let count = try file.read(into: rest)
        if count == 0 { return }
        filled += count
      }
    }
  }

  private struct Refusal: Error {
    var reason: String
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

public import QrrotCore
internal import SystemPackage

/// Reads files that hold a secret: regular ones that nobody but their owner can open.
public enum SecretFile {
  /// The largest such file (4 KiB): a key or a password has a few hundred characters at most.
  public static let byteCount = 4_096

  /// All bytes of a file.
  ///
  /// - Parameters:
  ///   - name: its path; a symbolic link is not followed.
  ///   - what: what it is called in errors, as in "the key file".
  /// - Throws: `io` if it can't be read; `refused` with what to do for a link, for what is no regular
  ///   file, for one that others may open, and for one that is too large. Nothing is waited for.
  public static func bytes(of name: String, what: String) throws(QrrotError) -> [UInt8] {
    do {
      // Without O_NONBLOCK a named pipe in this place would be waited on.
      let file = try FileDescriptor.open(
        FilePath(name), .readOnly, options: [.noFollow, .nonBlocking, .closeOnExec])
      return try file.closeAfter { try read(file) }
    } catch Errno.tooManySymbolicLinkLevels {
      throw QrrotError(
        .refused, "\(what) \(name) is a symbolic link; name the file that it points to")
    } catch let refusal as Refusal {
      throw QrrotError(.refused, "\(what) \(name) \(refusal.reason)")
    } catch {
      throw QrrotError(.io, "can't read \(what) \(name): \(error)")
    }
  }

  private static func read(_ file: FileDescriptor) throws -> [UInt8] {
    let status = try file.stat()
    guard status.type == .regular else { throw Refusal(reason: "is not a regular file") }
    guard status.permissions.isDisjoint(with: [.groupReadWriteExecute, .otherReadWriteExecute])
    else {
      throw Refusal(reason: "can be opened by others; `chmod 600` makes it yours alone")
    }
    guard status.size <= byteCount else {
      throw Refusal(reason: "is too large: it holds the secret and nothing else")
    }
    return try [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, filled in
      while filled < byteCount {
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
}

public import SystemPackage

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The lines typed at the prompt, kept from one session to the next.
///
/// The file is text, one entry after another, oldest first. An entry is written as it was typed and
/// ends with a line feed; where it holds line feeds itself, each of its lines but the first begins
/// with a TAB that does not belong to it:
///
///     get user:1⏎
///     put note "first line⏎
///     ⇥second line"⏎
///
/// That is unambiguous because an entry never begins with a blank. Empty lines mean nothing. A NUL
/// cannot stand in a line editor and is dropped.
///
/// Guarantees: the file is made with mode 0600 and its folders with 0700; modes of what exists are
/// left alone. Anything but a regular file in its place, a symbolic link above all, is refused,
/// without waiting on it. Every entry is appended at once, in one write under a lock, so that shells
/// that run at the same time lose no line to each other.
///
/// A failure is reported once; from then on the session goes without the file.
public final class HistoryFile {
  /// How many entries are kept.
  public static let maximumEntryCount = 10_000
  /// How many entries the file may hold before loading it makes it shorter.
  static let rewriteEntryCount = 12_000
  /// How long an entry may be, in bytes; longer ones stay out of the file.
  public static let maximumEntryByteCount = 1 << 20
  /// How much of the end of the file is looked at, in bytes.
  static let maximumLoadByteCount = 64 << 20

  /// Where the file is.
  public let path: FilePath
  private let warn: (String) -> Void
  private var descriptor: FileDescriptor?
  private var hasFailed = false
  /// How often the lock is asked for, every 10 ms: somebody who types does not wait for more than a second.
  var lockTryCount = 100

  /// Makes the history at `path`; nothing is touched before the first call.
  ///
  /// - Parameter warn: takes a sentence about why the history is not kept, at most once.
  public init(path: FilePath, warn: @escaping (String) -> Void) {
    self.path = path
    self.warn = warn
  }

  deinit { try? descriptor?.close() }

  /// `$XDG_STATE_HOME/qrrot/history`, or `~/.local/state/qrrot/history` where that variable is not
  /// an absolute path; nil without a home.
  public static func defaultPath(environment: [String: String]) -> FilePath? {
    var state: FilePath
    if let value = environment["XDG_STATE_HOME"], value.hasPrefix("/") {
      state = FilePath(value)
    } else if let home = environment["HOME"], home.hasPrefix("/") {
      state = FilePath(home)
      state.append(".local/state")
    } else {
      return nil
    }
    state.append("qrrot/history")
    return state
  }

  /// Whether a shell keeps `entry` when `previous` is the newest one it has: not an empty one, not
  /// one that begins with a blank or a line break, not the same once more.
  public static func keeps(_ entry: [UInt8], after previous: [UInt8]?) -> Bool {
    guard let first = entry.first, entry.count <= maximumEntryByteCount else { return false }
    return !isBlank(first) && entry != previous
  }

  /// The newest entries, oldest first, at most ``maximumEntryCount``.
  ///
  /// A file that holds well over that many is made shorter on the way: written anew beside the old
  /// one and put in its place, under the lock.
  public func load() -> [[UInt8]] {
    withLockedFile { file in
      let bytes = try readTail(of: file)
      let entries = Self.entries(in: bytes.content)
      let kept = Array(entries.suffix(Self.maximumEntryCount))
      if entries.count > Self.rewriteEntryCount || bytes.isCut {
        try rewrite(kept)
      }
      return kept
    } ?? []
  }

  /// Appends `entry`; one that ``keeps(_:after:)`` turns down is left out.
  public func append(_ entry: [UInt8]) {
    let entry = entry.filter { $0 != 0 }
    guard Self.keeps(entry, after: nil) else { return }
    withLockedFile { file in
      var text = Self.encoded(entry)
      // A last line cut short by a crash must not swallow this one.
      let size = try file.stat().size
      if size > 0, try Self.bytes(of: file, from: size - 1, count: 1) != [Self.lineFeed] {
        text.insert(Self.lineFeed, at: 0)
      }
      try file.writeAll(text)
    }
  }

  // MARK: - The text

  private static let lineFeed = UInt8(ascii: "\n")
  private static let tab = UInt8(ascii: "\t")

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || (0x09...0x0D).contains(byte)
  }

  /// `entry` as it stands in the file.
  static func encoded(_ entry: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(entry.count + 8)
    for byte in entry where byte != 0 {
      text.append(byte)
      if byte == lineFeed { text.append(tab) }
    }
    text.append(lineFeed)
    return text
  }

  /// The entries of a file's text. What is no entry, such as a continuation of nothing, is left out.
  static func entries(in text: [UInt8]) -> [[UInt8]] {
    var entries: [[UInt8]] = []
    for line in text.split(separator: lineFeed, omittingEmptySubsequences: true) {
      if line.first == tab {
        guard !entries.isEmpty else { continue }
        entries[entries.count - 1].append(lineFeed)
        entries[entries.count - 1].append(contentsOf: line.dropFirst().lazy.filter { $0 != 0 })
      } else {
        entries.append(line.filter { $0 != 0 })
      }
    }
    return entries.filter { keeps($0, after: nil) }
  }

  // MARK: - The file

  /// Runs `body` with the file open and locked, or does nothing after a failure.
  @discardableResult
  private func withLockedFile<Result>(
    _ body: (FileDescriptor) throws -> Result
  ) -> Result? {
    if hasFailed { return nil }
    do {
      let file = try lockedFile()
      defer { flock(file.rawValue, LOCK_UN) }
      return try body(file)
    } catch {
      hasFailed = true
      try? descriptor?.close()
      descriptor = nil
      let reason = (error as? Refusal)?.reason ?? String(describing: error)
      warn("the history is not kept: \(path): \(reason)")
      return nil
    }
  }

  /// The file that stands at ``path`` now, locked.
  ///
  /// Another shell may have put a shorter file in the place of the one that is open here; then that
  /// one is opened instead.
  private func lockedFile() throws -> FileDescriptor {
    for _ in 0..<16 {
      let file: FileDescriptor
      if let descriptor {
        file = descriptor
      } else {
        file = try openFile()
        descriptor = file
      }
      try lock(file)
      let opened = try file.stat()
      let current = try? path.stat(followTargetSymlink: false)
      if let current, current.inode == opened.inode, current.deviceID == opened.deviceID {
        return file
      }
      // Closing it gives up the lock too.
      descriptor = nil
      try file.close()
    }
    throw Refusal(reason: "it is being replaced again and again")
  }

  /// Waits for the lock, but not for a program that holds on to it.
  private func lock(_ file: FileDescriptor) throws {
    for _ in 0..<lockTryCount {
      if flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 { return }
      guard errno == EWOULDBLOCK || errno == EINTR else { throw Errno(rawValue: errno) }
      usleep(10_000)
    }
    throw Refusal(reason: "another program keeps it locked")
  }

  private func openFile() throws -> FileDescriptor {
    try makeFolders(to: path.removingLastComponent())
    // Without O_NONBLOCK a named pipe in this place would be waited on.
    let file: FileDescriptor
    do {
      file = try FileDescriptor.open(
        path, .readWrite, options: [.append, .create, .noFollow, .nonBlocking, .closeOnExec],
        permissions: [.ownerReadWrite])
    } catch Errno.tooManySymbolicLinkLevels {
      throw Refusal(reason: "a symbolic link, not a regular file")
    }
    guard try file.stat().type == .regular else {
      try file.close()
      throw Refusal(reason: "not a regular file")
    }
    return file
  }

  private func makeFolders(to folder: FilePath) throws {
    if (try? folder.stat()) != nil { return }
    let parent = folder.removingLastComponent()
    if parent != folder, !parent.isEmpty { try makeFolders(to: parent) }
    // Another shell may have made it since.
    if mkdir(folder.string, 0o700) != 0, errno != EEXIST { throw Errno(rawValue: errno) }
  }

  /// The end of `file`, and whether something before it was left out.
  private func readTail(of file: FileDescriptor) throws -> (content: [UInt8], isCut: Bool) {
    let size = try file.stat().size
    let start = max(0, size - Int64(Self.maximumLoadByteCount))
    var content = try Self.bytes(of: file, from: start, count: Int(size - start))
    if start > 0 {
      // The first line is most likely the rest of one.
      content.removeSubrange(...(content.firstIndex(of: Self.lineFeed) ?? content.endIndex - 1))
    }
    return (content, start > 0)
  }

  private static func bytes(
    of file: FileDescriptor, from offset: Int64, count: Int
  ) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let rest = UnsafeMutableRawBufferPointer(buffer)[filled...]
        let got = try file.read(
          fromAbsoluteOffset: offset + Int64(filled), into: .init(rebasing: rest))
        if got == 0 { return }
        filled += got
      }
    }
  }

  /// Puts a file with `entries` in the place of the one that is open; the lock is held.
  private func rewrite(_ entries: [[UInt8]]) throws {
    let temporary = FilePath("\(path.string).\(getpid()).tmp")
    // What a crash of a program with this number left behind.
    unlink(temporary.string)
    let file = try FileDescriptor.open(
      temporary, .writeOnly, options: [.create, .exclusiveCreate, .noFollow, .closeOnExec],
      permissions: [.ownerReadWrite])
    do {
      try file.closeAfter {
        var text: [UInt8] = []
        for entry in entries { text += Self.encoded(entry) }
        try file.writeAll(text)
        // A crash must not leave an empty file where there was a history.
        guard fsync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
      }
      guard rename(temporary.string, path.string) == 0 else { throw Errno(rawValue: errno) }
    } catch {
      unlink(temporary.string)
      throw error
    }
  }

  /// Why a file is not used, where no system call failed.
  private struct Refusal: Error {
    var reason: String
  }
}

internal import QrrotCore
internal import SystemPackage

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Where the text of a command file comes from.
protocol ByteSource: AnyObject {
  /// The number of bytes in all, where it is known.
  var totalByteCount: Int? { get }
  /// Whether reading would not wait.
  var isReady: Bool { get }
  /// Waits until there is something to read or a signal has come.
  func waitUntilReady()
  /// Appends at most `count` bytes to `buffer`.
  ///
  /// - Returns: how many; 0 at the end.
  func read(_ count: Int, into buffer: inout [UInt8]) throws(QrrotError) -> Int
  /// Reads at most as many bytes as `memory` holds into its front.
  ///
  /// - Returns: how many; 0 at the end.
  func read(into memory: UnsafeMutableRawBufferPointer) throws(QrrotError) -> Int
}

extension ByteSource {
  func read(into memory: UnsafeMutableRawBufferPointer) throws(QrrotError) -> Int {
    var part: [UInt8] = []
    let count = try read(memory.count, into: &part)
    memory.copyBytes(from: part)
    return count
  }
}

/// A text in memory: the argument of `-c`.
final class MemorySource: ByteSource {
  private var rest: ArraySlice<UInt8>
  let totalByteCount: Int?

  init(_ text: [UInt8]) {
    rest = text[...]
    totalByteCount = text.count
  }

  var isReady: Bool { true }

  func waitUntilReady() {}

  func read(_ count: Int, into buffer: inout [UInt8]) -> Int {
    let part = rest.prefix(count)
    buffer.append(contentsOf: part)
    rest = rest.dropFirst(count)
    return part.count
  }

}

/// An open file, a pipe or a terminal.
final class DescriptorSource: ByteSource {
  /// Two files are the same if these are.
  struct Identity: Equatable {
    var device: UInt64
    var inode: UInt64
  }

  let totalByteCount: Int?
  /// Which file this is; nil if that can't be told.
  let identity: Identity?
  private let descriptor: FileDescriptor
  private let closesDescriptor: Bool
  private let signals: SignalState
  /// A regular file never waits.
  private let isRegularFile: Bool

  init(_ descriptor: FileDescriptor, closesDescriptor: Bool, signals: SignalState) {
    self.descriptor = descriptor
    self.closesDescriptor = closesDescriptor
    self.signals = signals
    var status = stat()
    if fstat(descriptor.rawValue, &status) == 0 {
      isRegularFile = status.st_mode & S_IFMT == S_IFREG
      identity = Identity(
        device: UInt64(truncatingIfNeeded: status.st_dev),
        inode: UInt64(truncatingIfNeeded: status.st_ino))
      totalByteCount = isRegularFile && status.st_size > 0 ? Int(status.st_size) : nil
    } else {
      isRegularFile = false
      identity = nil
      totalByteCount = nil
    }
  }

  deinit {
    if closesDescriptor { try? descriptor.close() }
  }

  /// Opens the file at `path` for reading.
  ///
  /// A named pipe that nobody writes to yet is opened at once. It is not ready until somebody does;
  /// what reads it without waiting for that finds its end.
  ///
  /// - Throws: `io` with what the system says; a folder is refused.
  static func open(_ path: FilePath, signals: SignalState) throws(QrrotError) -> DescriptorSource {
    let descriptor: FileDescriptor
    do {
      // Else opening a pipe waits for its writer, where no signal ends the wait.
      descriptor = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking])
    } catch {
      throw QrrotError(.io, "can't open \(path.string): \(describe(error))")
    }
    var status = stat()
    if fstat(descriptor.rawValue, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      try? descriptor.close()
      throw QrrotError(.io, "can't read \(path.string): it is a folder")
    }
    let flags = fcntl(descriptor.rawValue, F_GETFL)
    if flags >= 0 { _ = fcntl(descriptor.rawValue, F_SETFL, flags & ~O_NONBLOCK) }
    return DescriptorSource(descriptor, closesDescriptor: true, signals: signals)
  }

  var isReady: Bool {
    if isRegularFile { return true }
    var poller = pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0)
    return poll(&poller, 1, 0) != 0
  }

  func waitUntilReady() {
    if isRegularFile { return }
    var pollers = [pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0)]
    if let wake = signals.wakeDescriptor {
      pollers.append(pollfd(fd: wake.rawValue, events: Int16(POLLIN), revents: 0))
    }
    _ = poll(&pollers, nfds_t(pollers.count), -1)
  }

  func read(_ count: Int, into buffer: inout [UInt8]) throws(QrrotError) -> Int {
    do {
      let part = try [UInt8](unsafeUninitializedCapacity: count) { part, filledCount in
        filledCount = try descriptor.read(
          into: UnsafeMutableRawBufferPointer(part), retryOnInterrupt: true)
      }
      buffer.append(contentsOf: part)
      return part.count
    } catch {
      throw QrrotError(.io, "can't read: \(describe(error))")
    }
  }

  func read(into memory: UnsafeMutableRawBufferPointer) throws(QrrotError) -> Int {
    do {
      return try descriptor.read(into: memory, retryOnInterrupt: true)
    } catch {
      throw QrrotError(.io, "can't read: \(describe(error))")
    }
  }
}

/// What the system says of an error.
func describe(_ error: any Error) -> String {
  (error as? Errno)?.description ?? "\(error)"
}

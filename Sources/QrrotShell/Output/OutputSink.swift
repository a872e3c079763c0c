internal import QrrotCore
public import SystemPackage

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Where bytes go: a descriptor, or an array in tests.
public protocol OutputSink: AnyObject {
  /// Writes all of `bytes`.
  ///
  /// - Throws: `.outputClosed` if the reader has gone, `.outputFailed` on any other error.
  func write(_ bytes: [UInt8]) throws(ShellStop)
}

/// Writes to a file descriptor.
public final class DescriptorSink: OutputSink {
  private let descriptor: FileDescriptor
  private let signals: SignalState

  /// Writes to `descriptor`, which stays open. A signal that asks the program to end also ends a
  /// write that waits for a reader.
  public init(_ descriptor: FileDescriptor, signals: SignalState) {
    self.descriptor = descriptor
    self.signals = signals
  }

  /// Writes all of `bytes`, waiting for a slow reader.
  public func write(_ bytes: [UInt8]) throws(ShellStop) {
    var rest = bytes[...]
    while !rest.isEmpty {
      do {
        let count = try rest.withUnsafeBytes {
          try descriptor.write($0, retryOnInterrupt: false)
        }
        rest = rest.dropFirst(count)
      } catch Errno.interrupted {
        if let signal = signals.termination { throw .terminated(signal) }
        if signals.interrupt.isRaised { throw .interrupted }
      } catch Errno.resourceTemporarilyUnavailable {
        waitUntilWritable()
        if let signal = signals.termination { throw .terminated(signal) }
      } catch Errno.brokenPipe {
        throw .outputClosed
      } catch {
        throw .outputFailed((error as? Errno)?.description ?? "\(error)")
      }
    }
  }

  private func waitUntilWritable() {
    var poller = pollfd(fd: descriptor.rawValue, events: Int16(POLLOUT), revents: 0)
    _ = poll(&poller, 1, 1_000)
  }
}

/// Why a run ends before its input does.
public enum ShellStop: Error, Equatable, Sendable {
  /// `exit` or `quit`.
  case exit
  /// The reader of standard output went away.
  case outputClosed
  /// Standard output can't be written.
  case outputFailed(String)
  /// SIGTERM or SIGHUP.
  case terminated(Int32)
  /// Ctrl-C outside the prompt.
  case interrupted
}

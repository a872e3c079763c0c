#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A connection to a server of this machine, without a library between: what is sent is what a test says,
/// and nothing is read that it does not ask for.
///
/// Calls wait; only a hang takes as long as they do at most.
public final class TestSocket: Sendable {
  /// What went wrong, as the system says it.
  public struct Failure: Error, CustomStringConvertible {
    /// The call and the reason.
    public let description: String

    init(_ call: String) { description = "\(call): \(String(cString: strerror(errno)))" }
  }

  private let descriptor: Int32

  /// Connects to a port of 127.0.0.1.
  ///
  /// - Parameter receiveByteCount: how much the system is to take that was not read yet; nil for as much
  ///   as it likes.
  public init(port: Int, receiveByteCount: Int? = nil) throws {
    descriptor = Self.open()
    guard descriptor >= 0 else { throw Failure("socket") }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    if let receiveByteCount {
      var size = Int32(receiveByteCount)
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }
    var patience = timeval(tv_sec: 600, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
    let descriptor = descriptor
    guard Self.withAddress(port, { connect(descriptor, $0, $1) }) == 0 else {
      // What is whole is deinitialised though `init` throws: to close the descriptor here too would close
      // whatever has got its number since.
      throw Failure("connect")
    }
  }

  deinit { _ = close(descriptor) }

  private static func open() -> Int32 {
    #if canImport(Glibc)
      socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
      socket(AF_INET, SOCK_STREAM, 0)
    #endif
  }

  private static func withAddress(
    _ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }

  /// Whether a server could listen at this port of 127.0.0.1 now.
  static func isFree(_ port: Int) -> Bool {
    let descriptor = open()
    guard descriptor >= 0 else { return false }
    defer { _ = close(descriptor) }
    return withAddress(port) { bind(descriptor, $0, $1) } == 0
  }

  /// Sends all of it, waiting for room.
  ///
  /// - Throws: if the other side has gone.
  public func send(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        sendto(descriptor, $0.baseAddress, $0.count, Self.withoutSignal, nil, 0)
      }
      guard count > 0 else { throw Failure("send") }
      rest = rest.dropFirst(count)
    }
  }

  /// Sends text.
  public func send(_ text: String) throws { try send(Array(text.utf8)) }

  /// Sends a command of the Redis protocol.
  public func send(command words: String...) throws { try send(Self.command(words)) }

  /// A command of the Redis protocol, as it is sent.
  public static func command(_ words: [String]) -> [UInt8] {
    var bytes = Array("*\(words.count)\r\n".utf8)
    for word in words { bytes += Array("$\(word.utf8.count)\r\n\(word)\r\n".utf8) }
    return bytes
  }

  /// Sends as much as is taken without waiting.
  ///
  /// - Returns: how many bytes were taken.
  public func sendWithoutWaiting(_ bytes: [UInt8]) -> Int {
    bytes.withUnsafeBytes {
      let flags = Self.withoutSignal | Int32(MSG_DONTWAIT)
      return max(0, sendto(descriptor, $0.baseAddress, $0.count, flags, nil, 0))
    }
  }

  /// A connection that has gone is an error of the call, and does not end the tests.
  private static var withoutSignal: Int32 {
    #if canImport(Darwin)
      0
    #else
      Int32(MSG_NOSIGNAL)
    #endif
  }

  /// Reads what is there, waiting for the first byte.
  ///
  /// - Returns: nothing at the end.
  public func readSome(_ limit: Int = 65_536) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      let status = recv(descriptor, buffer.baseAddress, limit, 0)
      guard status >= 0 else { throw Failure("recv") }
      count = status
    }
  }

  /// Reads what is there, without waiting; nothing if nothing is.
  public func readWithoutWaiting(_ limit: Int = 65_536) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      count = max(0, recv(descriptor, buffer.baseAddress, limit, Int32(MSG_DONTWAIT)))
    }
  }

  /// Reads this many bytes, or up to the end.
  public func read(_ count: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      let more = try readSome(count - bytes.count)
      if more.isEmpty { break }
      bytes += more
    }
    return bytes
  }

  /// Reads what should be `text`, up to the first byte that is another, or up to the end.
  public func readText(like text: String) throws -> String {
    let wanted = Array(text.utf8)
    var bytes: [UInt8] = []
    while bytes.count < wanted.count, wanted.starts(with: bytes) {
      let more = try readSome(wanted.count - bytes.count)
      if more.isEmpty { break }
      bytes += more
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Reads up to the end.
  public func readToEnd() throws -> String {
    var bytes: [UInt8] = []
    while true {
      let more = try readSome()
      if more.isEmpty { return String(decoding: bytes, as: UTF8.self) }
      bytes += more
    }
  }

  /// Whether the other side has ended the connection, in whichever way; what comes before is dropped.
  public func waitForEnd() {
    while let bytes = try? readSome(), !bytes.isEmpty {}
  }

  /// Says that nothing more is sent; what comes can be read still.
  public func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Breaks the connection: the other side gets a reset.
  public func reset() {
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
    shutdown(descriptor, Int32(SHUT_RDWR))
  }
}

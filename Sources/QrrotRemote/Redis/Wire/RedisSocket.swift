internal import QrrotCore
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The threads that wait carry, without an event loop between: without TLS. One that sends or waits reads what
/// comes, for whomever it is; so a request and its reply cost two system calls and no change of threads.
final class RedisSocket: RedisCarrier {
  let descriptor: Int32
  private let line: RedisLine
  /// How long a server may take nothing, in milliseconds.
  private let patience: Int
  private let hasEnded = Atomic<Bool>(false)
  private let reading: Mutex<Reading>

  private struct Reading: ~Copyable {
    var feed = RedisFeed()
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)

    deinit { memory.deallocate() }
  }

  /// - Parameter descriptor: a socket that is connected; it is closed with the last owner of this.
  init(_ descriptor: Int32, _ line: RedisLine, patience: Int) {
    self.descriptor = descriptor
    self.line = line
    self.patience = patience
    reading = Mutex(Reading())
  }

  deinit { _ = Self.closeDescriptor(descriptor) }

  static func closeDescriptor(_ descriptor: Int32) -> Int32 {
    #if canImport(Glibc)
      Glibc.close(descriptor)
    #elseif canImport(Musl)
      Musl.close(descriptor)
    #else
      Darwin.close(descriptor)
    #endif
  }

  var isActive: Bool { !hasEnded.load(ordering: .acquiring) }

  func close() { end(.closed) }

  private func end(_ fault: PeerFault) {
    hasEnded.store(true, ordering: .releasing)
    line.end(fault)
    // The number stays taken as long as anybody could use it.
    shutdown(descriptor, Int32(SHUT_RDWR))
  }

  // MARK: - Sending

  func write(_ bytes: [UInt8], _ interrupt: Interrupt?) -> Bool {
    var sentCount = 0
    var lastProgress = RedisLine.now
    while sentCount < bytes.count {
      let count = bytes.withUnsafeBytes { bytes in
        let rest = UnsafeRawBufferPointer(rebasing: bytes[sentCount...])
        return send(descriptor, rest.baseAddress, rest.count, Self.flags)
      }
      if count > 0 {
        sentCount += count
        if sentCount < bytes.count { line.noteProgress() }
        lastProgress = RedisLine.now
        continue
      }
      let code = errno
      if code == EINTR { continue }
      guard code == EAGAIN || code == EWOULDBLOCK else {
        end(
          code == EPIPE || code == ECONNRESET ? .closed : .network(String(cString: strerror(code))))
        return sentCount > 0
      }
      // A server that is not read from may stop to read.
      if Self.wait([descriptor], forRoom: true, milliseconds: 20) { read() }
      if !isActive { return sentCount > 0 }
      if interrupt?.isRaised == true || RedisLine.now - lastProgress > patience {
        end(.silent)
        return sentCount > 0
      }
    }
    return true
  }

  private static var flags: Int32 {
    #if canImport(Darwin)
      Int32(MSG_DONTWAIT)
    #else
      Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
    #endif
  }

  // MARK: - Reading

  private static var portionLimit: Int { 16 }

  /// Waits until something can be read from one of some sockets.
  ///
  /// - Parameter forRoom: whether room for sending will do too.
  /// - Returns: whether there is something to do.
  static func wait(_ descriptors: [Int32], forRoom: Bool = false, milliseconds: Int) -> Bool {
    let events = Int16(POLLIN) | (forRoom ? Int16(POLLOUT) : 0)
    return withUnsafeTemporaryAllocation(of: pollfd.self, capacity: descriptors.count) { polled in
      for (index, descriptor) in descriptors.enumerated() {
        polled.initializeElement(
          at: index, to: pollfd(fd: descriptor, events: events, revents: 0))
      }
      return poll(polled.baseAddress, nfds_t(descriptors.count), Int32(milliseconds)) > 0
    }
  }

  /// Takes what has come, without waiting, unless another thread does; of much a part, so that whoever waits can
  /// look at other things.
  func read() {
    reading.withLockIfAvailable { reading in
      for _ in 0..<Self.portionLimit where isActive {
        let memory = reading.memory
        let count = recv(descriptor, memory.baseAddress, memory.count, Self.flags)
        if count > 0 {
          line.noteProgress()
          let bytes = UnsafeRawBufferPointer(rebasing: memory[..<count])
          if let fault = reading.feed.take(bytes, for: line) { return end(fault) }
          if count < memory.count { return }
          continue
        }
        if count == 0 { return end(.closed) }
        let code = errno
        if code == EINTR { continue }
        if code == EAGAIN || code == EWOULDBLOCK { return }
        return end(code == ECONNRESET ? .closed : .network(String(cString: strerror(code))))
      }
    }
  }
}

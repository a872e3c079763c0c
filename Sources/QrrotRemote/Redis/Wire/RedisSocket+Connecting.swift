internal import NIOPosix
internal import QrrotCore

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// An address in the form in which the system takes it.
private struct SocketTarget: Sendable {
  let family: Int32
  let bytes: [UInt8]
}

/// Getting a connection.
extension RedisSocket {
  /// Connects to the first address of a host that answers.
  ///
  /// - Returns: the number of a socket that does not wait.
  /// - Throws: the ``PeerFault``; the interrupt comes out as `silent`.
  static func connect(
    _ peer: Peer, milliseconds: Int, interrupt: Interrupt?
  ) throws(PeerFault) -> Int32 {
    let end = RedisLine.now + milliseconds
    var fault = PeerFault.unknownHost
    for target in try targets(peer, until: end, interrupt) {
      do throws(PeerFault) {
        return try connect(target, until: end, interrupt)
      } catch {
        fault = error
        if interrupt?.isRaised == true { break }
      }
    }
    throw fault
  }

  /// The addresses of a host. The system looks names up on a thread of its own, for it can't be interrupted.
  private static func targets(
    _ peer: Peer, until end: Int, _ interrupt: Interrupt?
  ) throws(PeerFault) -> [SocketTarget] {
    let (host, port) = (peer.host, peer.port)
    if let targets = lookUp(host, port, AI_NUMERICHOST) { return targets }
    let found = Mailbox<[SocketTarget]>()
    NIOThreadPool.singleton.submit { state in
      found.put(state == .active ? lookUp(host, port, 0) ?? [] : [])
    }
    while RedisLine.now < end, interrupt?.isRaised != true {
      if let targets = found.take(milliseconds: 20) {
        if targets.isEmpty { throw .unknownHost }
        return targets
      }
    }
    throw .silent
  }

  private static func lookUp(_ host: String, _ port: Int, _ flags: Int32) -> [SocketTarget]? {
    var hints = addrinfo()
    hints.ai_flags = flags
    #if canImport(Glibc)
      hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    #else
      hints.ai_socktype = SOCK_STREAM
    #endif
    var first: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, "\(port)", &hints, &first) == 0 else { return nil }
    defer { freeaddrinfo(first) }
    var targets: [SocketTarget] = []
    var next = first
    while let info = next?.pointee {
      if let address = info.ai_addr {
        let bytes = UnsafeRawBufferPointer(start: address, count: Int(info.ai_addrlen))
        targets.append(SocketTarget(family: info.ai_family, bytes: Array(bytes)))
      }
      next = info.ai_next
    }
    return targets
  }

  private static func connect(
    _ target: SocketTarget, until end: Int, _ interrupt: Interrupt?
  ) throws(PeerFault) -> Int32 {
    #if canImport(Glibc)
      let descriptor = socket(target.family, Int32(SOCK_STREAM.rawValue), 0)
    #else
      let descriptor = socket(target.family, SOCK_STREAM, 0)
    #endif
    guard descriptor >= 0 else { throw PeerFault(code: errno) }
    var isKept = false
    defer { if !isKept { _ = closeDescriptor(descriptor) } }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    set(TCP_NODELAY, Int32(IPPROTO_TCP), descriptor)
    set(SO_KEEPALIVE, SOL_SOCKET, descriptor)
    #if canImport(Darwin)
      set(SO_NOSIGPIPE, SOL_SOCKET, descriptor)
    #endif
    let status = target.bytes.withUnsafeBytes { bytes in
      bytes.withMemoryRebound(to: sockaddr.self) {
        connectDescriptor(descriptor, $0.baseAddress, socklen_t(target.bytes.count))
      }
    }
    if status != 0 {
      guard errno == EINPROGRESS else { throw PeerFault(code: errno) }
      while !wait([descriptor], forRoom: true, milliseconds: 20) {
        guard RedisLine.now < end, interrupt?.isRaised != true else { throw .silent }
      }
      var code: Int32 = 0
      var size = socklen_t(MemoryLayout<Int32>.size)
      getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
      guard code == 0 else { throw PeerFault(code: code) }
    }
    isKept = true
    return descriptor
  }

  private static func set(_ option: Int32, _ level: Int32, _ descriptor: Int32) {
    var one: Int32 = 1
    setsockopt(descriptor, level, option, &one, socklen_t(MemoryLayout<Int32>.size))
  }

  private static func connectDescriptor(
    _ descriptor: Int32, _ address: UnsafePointer<sockaddr>?, _ size: socklen_t
  ) -> Int32 {
    #if canImport(Glibc)
      Glibc.connect(descriptor, address, size)
    #elseif canImport(Musl)
      Musl.connect(descriptor, address, size)
    #else
      Darwin.connect(descriptor, address, size)
    #endif
  }
}

import QrrotStore
import SystemPackage

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Tells systemd, or whoever else has set `NOTIFY_SOCKET`, how the server fares. Without that variable it
/// does nothing; what can't be told is not told.
///
/// Source: sd_notify(3).
struct ServiceManager: Sendable {
  private let address: [UInt8]?
  private let lastExtension = Guarded<ContinuousClock.Instant?>(nil)

  init(environment: [String: String]) {
    address = environment["NOTIFY_SOCKET"].flatMap { Self.address(of: $0) }
  }

  /// The server can be used.
  func ready(_ status: String?) {
    tell(["READY=1"] + (status.map { ["STATUS=\($0)"] } ?? []))
  }

  /// It is about to end.
  func stopping() { tell(["STOPPING=1", "STATUS=stopping"]) }

  /// It does what SIGHUP asks for; ``ready(_:)`` follows.
  func reloading() {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    let microseconds = Int(time.tv_sec) * 1_000_000 + Int(time.tv_nsec) / 1_000
    tell(["RELOADING=1", "MONOTONIC_USEC=\(microseconds)"])
  }

  /// The database is being read, which takes as long as it takes.
  func opening() {
    guard address != nil else { return }
    let now = ContinuousClock.now
    let isDue = lastExtension.withLock { last in
      guard last.map({ now - $0 >= .seconds(5) }) ?? true else { return false }
      last = now
      return true
    }
    if isDue { tell(["EXTEND_TIMEOUT_USEC=60000000", "STATUS=opening the database"]) }
  }

  private func tell(_ lines: [String]) {
    guard let address else { return }
    // A status may hold the name of a folder, and that anything.
    let text = lines.map { $0.map { $0.isNewline ? "?" : String($0) }.joined() }
    let socket = socket(AF_UNIX, Self.datagram, 0)
    guard socket >= 0 else { return }
    defer { close(socket) }
    _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
    // Who does not read must not keep the server waiting.
    _ = fcntl(socket, F_SETFL, O_NONBLOCK)
    let bytes = Array(text.joined(separator: "\n").utf8)
    address.withUnsafeBytes { address in
      let pointer = address.baseAddress?.assumingMemoryBound(to: sockaddr.self)
      guard let pointer else { return }
      _ = sendto(socket, bytes, bytes.count, 0, pointer, socklen_t(address.count))
    }
  }

  /// A `sockaddr_un` as far as it is used: a path, or behind `@` a name that is no file. Nil for a
  /// name that can't be one.
  private static func address(of name: String) -> [UInt8]? {
    var path = Array(name.utf8)
    let isAbstract = path.first == UInt8(ascii: "@")
    guard isAbstract || path.first == UInt8(ascii: "/") else { return nil }
    if isAbstract { path[0] = 0 }
    var unix = sockaddr_un()
    unix.sun_family = sa_family_t(AF_UNIX)
    let header = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
    guard header + path.count < MemoryLayout<sockaddr_un>.size else { return nil }
    let start = withUnsafeBytes(of: &unix) { Array($0[..<header]) }
    return start + path + (isAbstract ? [] : [0])
  }

  #if canImport(Glibc)
    private static var datagram: Int32 { Int32(SOCK_DGRAM.rawValue) }
  #else
    private static var datagram: Int32 { SOCK_DGRAM }
  #endif
}

import Foundation
import QrrotTesting
import Testing

/// What systemd is told, and whoever else sets `NOTIFY_SOCKET`.
@Suite("Readiness of qrrot serve")
struct ServiceManagerTests {
  @Test("it says when it is ready, reloads and ends, on a socket with a path")
  func path() throws {
    let folder = try Folder()
    try check(try NotifySocket(path: folder.path + "/notify"), folder.path + "/notify")
  }

  #if os(Linux)
    @Test("and on one without")
    func abstract() throws {
      let name = "qrrot-test-\(UUID().uuidString)"
      try check(try NotifySocket(abstract: name), "@" + name)
    }
  #endif

  @Test("a name that can't be a socket, and one that nobody listens on, change nothing")
  func nobody() throws {
    let folder = try Folder()
    for name in ["relative", "@" + String(repeating: "x", count: 200), folder.path + "/none"] {
      let server = try ServedProgram([], environment: ["NOTIFY_SOCKET": name])
      #expect(try server.ask("PING\r\n") == "+PONG\r\n")
      #expect(server.stop().status == 0)
    }
  }

  private func check(_ socket: NotifySocket, _ name: String) throws {
    let server = try ServedProgram([], environment: ["NOTIFY_SOCKET": name])
    let ready = try socket.receive()
    #expect(ready == "READY=1\nSTATUS=serving memory on 127.0.0.1:\(server.port)")
    server.program.send(SIGHUP)
    #expect(try socket.receive().hasPrefix("RELOADING=1\nMONOTONIC_USEC="))
    #expect(try socket.receive() == "READY=1")
    server.program.send(SIGTERM)
    #expect(try socket.receive().hasPrefix("STOPPING=1\n"))
    #expect(server.program.waitForEnd().status == 0)
  }
}

/// The service manager's end.
private final class NotifySocket {
  private let descriptor: Int32

  convenience init(path: String) throws { try self.init(Array(path.utf8) + [0]) }

  convenience init(abstract name: String) throws { try self.init([0] + Array(name.utf8)) }

  private init(_ path: [UInt8]) throws {
    #if canImport(Glibc)
      descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    #else
      descriptor = socket(AF_UNIX, SOCK_DGRAM, 0)
    #endif
    var patience = timeval(tv_sec: 600, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
    withUnsafeMutableBytes(of: &address) { $0[offset...].copyBytes(from: path) }
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(offset + path.count))
      }
    }
    try #require(status == 0, "bind: \(String(cString: strerror(errno)))")
  }

  deinit { close(descriptor) }

  func receive() throws -> String {
    var bytes = [UInt8](repeating: 0, count: 4_096)
    let count = recv(descriptor, &bytes, bytes.count, 0)
    try #require(count > 0)
    return String(decoding: bytes.prefix(count), as: UTF8.self)
  }
}

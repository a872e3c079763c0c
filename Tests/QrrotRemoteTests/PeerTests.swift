import Foundation
import QrrotCore
import QrrotServer
import QrrotService
import QrrotTesting
import QrrotWire
import Testing

@testable import QrrotRemote

/// Who one may find in the place of the server, and what is said then.
@Suite("Wrong servers and wrong passwords")
struct PeerTests {
  private static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fixtures")
  private static let certificate = folder.path + "/Remote/test-only-certificate.pem"
  private static let key = folder.path + "/Remote/test-only-key.pem"
  private static let otherFolder = folder.path + "/Providers/tls"

  /// What connecting comes to; nil if it works.
  private func refusal(
    _ url: String, _ change: (inout RemoteOptions) -> Void = { _ in }
  ) throws -> QrrotError? {
    var options = RemoteOptions(try RemoteAddress(url))
    change(&options)
    do throws(QrrotError) {
      _ = try RemoteEngine(options)
      return nil
    } catch {
      return error
    }
  }

  @Test(
    "another server is told by what it says",
    arguments: [
      ("HTTP/1.1 400 Bad Request\r\n\r\n", false, "is a web server"),
      ("-ERR unknown command 'QRROT.CALL', with args\r\n", false, "speaks the protocol of Redis"),
      ("-ERR max number of clients reached\r\n", true, "as many clients as it takes"),
      ("\u{15}\u{3}\u{1}\0\u{2}\u{2}F", true, "speaks TLS; connect to qrrots://"),
      ("220 mail.example ESMTP\r\n", false, "is not a qrrot server; it says"),
      ("+OK\r\n", false, "is no qrrot server of a version"),
      ("$2\r\n\0\u{9}\r\n", false, "is no qrrot server of a version"),
      ("$99999999999\r\n", false, "is not a qrrot server; it says"),
      ("", true, "closed the connection before it answered; qrrots://"),
    ])
  func others(says: String, closes: Bool, sentence: String) async throws {
    let server = try await StubbornServer(saying: Array(says.utf8), closes: closes)
    let error = try refusal("qrrot://127.0.0.1:\(server.port)")
    #expect(error?.code == .network)
    #expect(error?.message.contains(sentence) == true, "\(error?.message ?? "it works")")
    await server.stop()
  }

  @Test("a server of another version, and one that says nothing")
  func versions() async throws {
    var writer = ReplyWriter()
    let answer = CallAnswer(
      context: .init(), result: .failure(QrrotError(.refused, "calls have version 9, not 1")))
    writer.bulk([0] + answer.encoded)
    let server = try await StubbornServer(saying: writer.bytes)
    let version = try refusal("qrrot://127.0.0.1:\(server.port)")
    #expect(version?.message == "calls have version 9, not 1", "\(version?.message ?? "")")
    await server.stop()
    let silent = try await StubbornServer(saying: [])
    let port = silent.port
    let error = try refusal("qrrot://127.0.0.1:\(port)") { $0.connectMilliseconds = 150 }
    #expect(error?.message == "no answer from 127.0.0.1:\(port) in time")
    await silent.stop()
    let nobody = try refusal("qrrot://127.0.0.1:\(port)")
    #expect(nobody?.message.hasPrefix("nobody listens at ") == true)
    #expect(
      try refusal("qrrot://no-such-host.invalid")?.message.hasPrefix("there is no host") == true)
  }

  @Test("the greeting is refused to a client of another version")
  func otherClient() async throws {
    let scene = try await RemoteScene()
    let options = try scene.options()
    do throws(PeerFault) {
      let connection = try RemoteConnection.make(
        options, number: 1, milliseconds: 5_000, interrupt: nil)
      let call = Call.hello(CallGreeting(version: 99, isReadOnly: false))
      let request = CallRequest(number: 0, context: CallContext(), call: call)
      connection.send([Array("QRROT.CALL".utf8), request.encoded])
      guard case .bulk(let bytes)? = try connection.receive(milliseconds: 10_000) else {
        Issue.record("no answer")
        return
      }
      let answer = bytes.dropFirst().withUnsafeBytes { try? CallAnswer($0) }
      #expect(throws: QrrotError.self) { try answer?.result.get() }
      // And whoever does not greet is not answered.
      connection.send([
        Array("QRROT.CALL".utf8),
        CallRequest(number: 1, context: CallContext(), call: .record([97])).encoded,
      ])
      guard case .error? = try connection.receive(milliseconds: 10_000) else {
        Issue.record("a call before the greeting")
        return
      }
    } catch {
      Issue.record("\(error)")
    }
    await scene.stop()
  }

  @Test("a password: missing, wrong, right, and one that nobody wanted")
  func passwords() async throws {
    let scene = try await RemoteScene { configuration, _ in
      configuration.password = Array("open sesame".utf8)
    }
    let url = "qrrot://127.0.0.1:\(scene.server.port)"
    let missing = try refusal(url)
    #expect(missing?.code == .auth && missing?.message.contains("QRROT_PASSWORD") == true)
    let wrong = try refusal(url) { $0.password = Array("guess".utf8) }
    #expect(wrong?.code == .auth && wrong?.message.contains("guess") == false)
    #expect(try refusal(url) { $0.password = Array("open sesame".utf8) } == nil)
    await scene.stop()
    let open = try await RemoteScene()
    #expect(
      try refusal("qrrot://127.0.0.1:\(open.server.port)") { $0.password = [65] } == nil)
    await open.stop()
  }

  @Test("max clients")
  func crowd() async throws {
    let scene = try await RemoteScene { configuration, _ in configuration.clientLimit = 1 }
    let first = try scene.connect()
    let error = try refusal("qrrot://127.0.0.1:\(scene.server.port)")
    #expect(error?.message.contains("as many clients as it takes") == true)
    first.close()
    await scene.stop()
  }

  @Test("TLS: an own authority, a stranger's, another host's certificate, and a server without it")
  func tls() async throws {
    let scene = try await RemoteScene { _, options in
      options.tls = .init(certificates: Self.certificate, key: Self.key)
    }
    let port = scene.server.port
    for host in ["127.0.0.1", "localhost"] {
      #expect(
        try refusal("qrrots://\(host):\(port)") { $0.authorityFile = Self.certificate } == nil)
    }
    let stranger = try refusal("qrrots://127.0.0.1:\(port)")
    #expect(stranger?.message.contains("does not verify") == true, "\(stranger?.message ?? "")")
    let plain = try refusal("qrrot://127.0.0.1:\(port)")
    #expect(plain?.message.contains("qrrots://") == true, "\(plain?.message ?? "")")
    let noFile = try refusal("qrrots://127.0.0.1:\(port)") { $0.authorityFile = "/nowhere" }
    #expect(noFile?.message.contains("--tls-ca") == true)
    await scene.stop()
    let other = try await RemoteScene { _, options in
      options.tls = .init(
        certificates: Self.otherFolder + "/test-only-certificate.pem",
        key: Self.otherFolder + "/test-only-key.pem")
    }
    let host = try refusal("qrrots://127.0.0.1:\(other.server.port)") {
      $0.authorityFile = Self.otherFolder + "/test-only-certificate.pem"
    }
    #expect(host?.message.contains("another host") == true, "\(host?.message ?? "")")
    await other.stop()
    let open = try await RemoteScene()
    let untold = try refusal("qrrots://127.0.0.1:\(open.server.port)")
    #expect(untold?.message.contains("qrrot://") == true, "\(untold?.message ?? "")")
    await open.stop()
  }

  @Test(
    "addresses",
    arguments: [
      ("qrrot://h", "h:7379"), ("QRROTS://h:1/", "h:1"), ("qrrot://[::1]:5", "[::1]:5"),
      ("qrrot://127.0.0.1", "127.0.0.1:7379"),
      ("redis://h", nil), ("h:7379", nil), ("qrrot://", nil), ("qrrot://:5", nil),
      ("qrrot://h:0", nil), ("qrrot://h:65536", nil), ("qrrot://h:+5", nil), ("qrrot://h/0", nil),
      ("qrrot://::1", nil), ("qrrot://[::1", nil), ("qrrot://h?x", nil), ("qrrot://a b", nil),
    ] as [(String, String?)])
  func addresses(text: String, name: String?) {
    #expect((try? RemoteAddress(text))?.name == name)
  }

  @Test("a password in the address is refused, and not repeated")
  func passwordInAddress() {
    #expect {
      try RemoteAddress("qrrot://ivan:geheim@h:7379")
    } throws: { error in
      let error = error as? QrrotError
      return error?.code == .refused && error?.message.contains("geheim") == false
    }
  }
}

import QrrotTesting

extension SceneServer {
  /// A scene as bytes of HTTP: a whole one ends the body, a cut one ends the connection before.
  ///
  /// - Parameter pieces: how the body is cut into chunks of HTTP; by default one.
  static func turn(_ scene: ProviderScene, pieces: [[UInt8]]? = nil) -> [Step] {
    guard scene.status == 200, scene.headers.contains(where: { $0.value == "text/event-stream" })
    else {
      return [.send(head(scene, "content-length: \(scene.body.count)") + scene.body)]
    }
    var steps = [Step.send(head(scene, "transfer-encoding: chunked"))]
    for piece in pieces ?? [scene.body] where !piece.isEmpty { steps.append(.send(chunk(piece))) }
    steps.append(scene.isCut ? .close : .send(Array("0\r\n\r\n".utf8)))
    return steps
  }

  /// One chunk of a chunked body.
  static func chunk(_ bytes: [UInt8]) -> [UInt8] {
    Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + Array("\r\n".utf8)
  }

  /// A chunked answer's head.
  static var streamHead: [UInt8] {
    Array(
      "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        .utf8)
  }

  private static func head(_ scene: ProviderScene, _ framing: String) -> [UInt8] {
    var text = "HTTP/1.1 \(scene.status) X\r\n"
    for header in scene.headers { text += "\(header.name): \(header.value)\r\n" }
    return Array((text + framing + "\r\n\r\n").utf8)
  }
}

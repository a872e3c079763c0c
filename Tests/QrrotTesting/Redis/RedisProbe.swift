/// A connection on which tests ask a Redis server, as one would with nc.
public struct RedisProbe {
  private let socket: TestSocket

  /// Connects to a port of 127.0.0.1.
  public init(port: Int) throws {
    socket = try TestSocket(port: port)
  }

  /// The reply to a command as text: a simple string, an error, an integer, a bulk string, "nil", or the
  /// items of an array in parentheses.
  public func ask(_ words: String...) throws -> String { try ask(words) }

  /// The reply to a command as text.
  public func ask(_ words: [String]) throws -> String {
    try socket.send(TestSocket.command(words))
    return try reply()
  }

  private func reply() throws -> String {
    var line: [UInt8] = []
    while !line.ends(with: [0x0D, 0x0A]) {
      let byte = try socket.read(1)
      guard !byte.isEmpty else { throw RedisUnready("the connection was closed") }
      line += byte
    }
    let text = String(decoding: line.dropFirst().dropLast(2), as: UTF8.self)
    switch line[0] {
    case UInt8(ascii: "$"):
      guard let count = Int(text), count >= 0 else { return "nil" }
      return String(decoding: try socket.read(count + 2).dropLast(2), as: UTF8.self)
    case UInt8(ascii: "*"):
      let items = try (0..<max(0, Int(text) ?? 0)).map { _ in try reply() }
      return "(" + items.joined(separator: " ") + ")"
    default: return text
    }
  }
}

extension [UInt8] {
  fileprivate func ends(with suffix: [UInt8]) -> Bool { self.suffix(suffix.count) == suffix[...] }
}

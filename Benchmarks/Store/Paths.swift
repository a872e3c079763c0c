import QrrotCore
import QrrotParser
import QrrotStore

/// Reads inside a JSON value of 1 KB.
struct Paths {
  private let engine = LocalEngine()
  private static let line = Array("get user:1 $.a.b".utf8)

  init() {
    var command = Command(.put)
    command.append(.key, Array("user:1".utf8))
    command.append(.json(Self.document))
    var session = Session()
    var reply = Reply()
    do { try engine.execute(command, in: &session, into: &reply) } catch {
      preconditionFailure("\(error)")
    }
  }

  /// The member that is looked for lies in the middle.
  private static var document: [UInt8] {
    func members(_ name: String) -> [String] {
      (0..<16).map { "\"\(name)\($0)\":\"value \($0) of sixteen\"" }
    }
    let text =
      "{"
      + (members("before") + ["\"a\":{\"x\":[1,2,3],\"b\":42}"] + members("after"))
      .joined(separator: ",") + "}"
    return Array(text.utf8)
  }

  static var documentByteCount: Int { document.count }

  /// `get user:1 $.a.b`, parsed once, to its reply.
  func get(_ count: Int) {
    var parser = Parser()
    var command = Command()
    var session = Session()
    var reply = Reply()
    do {
      _ = try parser.parse(Self.line.span, isFinal: true, into: &command)
      for _ in 0..<count { try engine.execute(command, in: &session, into: &reply) }
    } catch {
      preconditionFailure("\(error)")
    }
    precondition(reply.bytes == Array("42".utf8), "the path leads to another value")
    consume(reply.bytes.count)
  }

  /// The same from the line's bytes to the reply's.
  func line(_ count: Int) {
    var parser = Parser()
    var command = Command()
    var session = Session()
    var reply = Reply()
    var output: [UInt8] = []
    for _ in 0..<count {
      do {
        _ = try parser.parse(Self.line.span, isFinal: true, into: &command)
        try engine.execute(command, in: &session, into: &reply)
      } catch {
        preconditionFailure("\(error)")
      }
      output.removeAll(keepingCapacity: true)
      TextForm.append(reply, to: &output)
    }
    consume(output.count)
  }
}

import QrrotCore
import QrrotParser
import QrrotStore

/// Measures on a table of one key, in one thread.
struct OneKey {
  static let key = Array("user:1".utf8)
  static let value = Array("hello world".utf8)
  static let getLine = Array("get user:1".utf8)
  static let pathLine = Array("get doc:1 $.a.b".utf8)
  static let putLine = Array(#"put user:1 "some \"quoted\" value""#.utf8)

  let engine = LocalEngine()

  /// The loops, by name; each does `count` operations.
  func loop(_ name: String) -> ((Int) -> Void)? {
    put(1)
    switch name {
    case "hot-get": return get
    case "hot-put": return put
    case "parse-get": return { parse(Self.getLine, $0) }
    case "parse-put": return { parse(Self.putLine, $0) }
    case "line-get": return { line(Self.getLine, $0) }
    case "line-path":
      putDocument()
      return { line(Self.pathLine, $0) }
    case "line-put": return { line(Self.putLine, $0) }
    case "insert": return insert
    case "remove": return remove
    default: return nil
    }
  }

  /// What is timed.
  static let names = [
    "hot-get", "hot-put", "parse-get", "parse-put", "line-get", "line-put", "line-path",
  ]
  /// What instructions are counted of; these two can't be repeated on the same table.
  static let loopNames = names + ["insert", "remove"]

  func get(_ count: Int) {
    Self.key.withUnsafeBytes { key in
      var sum = 0
      for _ in 0..<count { sum &+= engine.withValue(of: key) { $1.count } ?? 0 }
      consume(sum)
    }
  }

  func put(_ count: Int) {
    Self.key.withUnsafeBytes { key in
      Self.value.withUnsafeBytes { value in
        for _ in 0..<count {
          do { try engine.put(string: value, forKey: key) } catch {
            preconditionFailure("\(error)")
          }
        }
      }
    }
  }

  /// A json value of 1 KB with an object at `a` in its middle.
  private func putDocument() {
    let members = (0..<16).map { "\"member \($0)\":\"some text of a few words\"" }
    let half = members.prefix(8).joined(separator: ",")
    let rest = members.suffix(8).joined(separator: ",")
    let text = "{\(half),\"a\":{\(half),\"b\":42},\(rest)}"
    var command = Command(.put)
    command.append(.key, Array("doc:1".utf8))
    command.append(.value(.json), Array(text.utf8))
    var session = Session()
    var reply = Reply()
    do { try engine.execute(command, in: &session, into: &reply) } catch {
      preconditionFailure("\(error)")
    }
  }

  /// New keys, splits and all.
  private func insert(_ count: Int) {
    ManyKeys.fill(LocalEngine(), Keys(count: count))
  }

  /// New keys, and a `del` for each: take away what `insert` needs.
  private func remove(_ count: Int) {
    let engine = LocalEngine()
    let keys = Keys(count: count)
    ManyKeys.fill(engine, keys)
    var command = Command()
    var session = Session()
    var reply = Reply()
    for offset in stride(from: 0, to: keys.bytes.count, by: Keys.byteCount) {
      command.reset(to: .del)
      command.append(.key) { $0 += keys.bytes[offset..<(offset + Keys.byteCount)] }
      do { try engine.execute(command, in: &session, into: &reply) } catch {
        preconditionFailure("\(error)")
      }
    }
  }

  /// Bytes to a command.
  private func parse(_ line: [UInt8], _ count: Int) {
    var parser = Parser()
    var command = Command()
    var sum = 0
    for _ in 0..<count {
      do {
        sum &+= try parser.parse(line.span, isFinal: true, into: &command).byteCount
      } catch {
        preconditionFailure("\(error)")
      }
    }
    consume(sum)
  }

  /// Bytes to a command, to a reply, to bytes.
  private func line(_ line: [UInt8], _ count: Int) {
    var parser = Parser()
    var command = Command()
    var session = Session()
    var reply = Reply()
    var output: [UInt8] = []
    for _ in 0..<count {
      do {
        _ = try parser.parse(line.span, isFinal: true, into: &command)
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

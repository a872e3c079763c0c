import QrrotAgent
import QrrotCore
import QrrotParser
import QrrotStore
import QrrotTesting

/// A database, a session that changes it at once, and one that stages changes, as the agent does.
final class PlanScene {
  let clock: TestClock
  let engine: LocalEngine
  /// Somebody else, or the person before the request.
  var other = Session()
  /// The request's.
  var staging = Session()
  private var parser = Parser()
  private var reply = Reply()

  init(clock: TestClock = TestClock()) {
    self.clock = clock
    engine = LocalEngine(clock: clock.wallClock, sweeps: false)
    staging.transaction = Transaction()
  }

  /// A scene whose database these lines have made.
  convenience init(_ lines: String...) throws {
    self.init()
    for line in lines { try put(line) }
  }

  /// Changes the database.
  @discardableResult
  func put(_ line: String) throws -> String { try run(Array(line.utf8), in: \.other) }

  /// Stages a change, or reads what is staged.
  @discardableResult
  func stage(_ line: String) throws -> String { try run(Array(line.utf8), in: \.staging) }

  @discardableResult
  func run(_ line: [UInt8], in session: ReferenceWritableKeyPath<PlanScene, Session>) throws
    -> String
  {
    var command = Command()
    do throws(ParseFailure) {
      _ = try parser.parse(line.span, isFinal: true, into: &command)
    } catch {
      throw error.error
    }
    try engine.execute(command, in: &self[keyPath: session], into: &reply)
    var text: [UInt8] = []
    TextForm.append(reply, to: &text)
    if text.last == 0x0A { text.removeLast() }
    return String(decoding: text, as: UTF8.self)
  }

  /// The plan of what is staged.
  func plan() async throws -> Plan { try await Plan.make(of: &staging, on: engine) }

  /// Applies what is staged.
  func commit() throws { _ = try stage("commit") }

  /// Every key with its state.
  func contents() throws -> [[UInt8]: StoredRecord] {
    var session = Session()
    let reading = try engine.beginReading(matching: nil, in: &session)
    var contents: [[UInt8]: StoredRecord] = [:]
    while try reading.next({ record in
      let value: Value =
        switch record.type {
        case .string: .string(Array(record.value))
        case .json: .json(Array(record.value))
        case .int: .int(record.integer)
        }
      contents[Array(record.key)] = StoredRecord(value: value, expiry: record.expiry)
    }) {}
    return contents
  }
}

/// The error that `body` throws; nil without one.
func error(of body: () async throws -> Void) async -> QrrotError? {
  do {
    try await body()
    return nil
  } catch {
    return error as? QrrotError
  }
}

internal import QrrotCore
public import QrrotStore

/// A store that several clients use at once, for ``StoreHistories``.
public protocol ConcurrentStore: Sendable {
  /// What one thread makes its calls with.
  associatedtype Client: StoreClient

  /// A client for one thread; `seed` decides about its pauses.
  func makeClient(number: Int, seed: UInt64) -> Client
}

/// One thread's way to a store.
public protocol StoreClient {
  /// Makes one call and waits for its answer.
  mutating func perform(_ operation: StoreOperation) -> StoreReply
}

/// The embedded engine as a store.
public struct EngineStore: ConcurrentStore {
  private let engine = LocalEngine()

  /// A new, empty engine.
  public init() {}

  /// A client with a session of its own.
  public func makeClient(number: Int, seed: UInt64) -> EngineStoreClient {
    EngineStoreClient(engine, seed: seed)
  }
}

/// A session with an engine that takes ``StoreOperation``s.
///
/// Outside transactions half of the gets, and half of the puts of strings, go the way of embedders:
/// `withValue(of:)` and `put(string:forKey:)`, which take the lock in ways of their own.
public struct EngineStoreClient: StoreClient {
  private let engine: LocalEngine
  private var session = Session()
  private var command = Command()
  private var reply = Reply()
  /// Decides which way a call goes.
  private var ways: SeededGenerator
  /// Delays between the steps of transactions.
  public var pauses: Pauses
  /// The engine's clock, where time passes.
  private let clock: TestClock?
  /// What it shows when a history begins.
  package static let clockStart: Int64 = 1_000_000_000_000

  /// A new session with `engine`; `seed` decides about pauses and ways.
  public init(_ engine: LocalEngine, seed: UInt64) {
    self.init(engine, seed: seed, clock: nil)
  }

  /// The same with the engine's clock, for histories in which time passes.
  package init(_ engine: LocalEngine, seed: UInt64, clock: TestClock?) {
    self.engine = engine
    self.clock = clock
    pauses = Pauses(seed: seed)
    ways = SeededGenerator(seed: ~seed)
  }

  /// See ``StoreClient/perform(_:)``.
  public mutating func perform(_ operation: StoreOperation) -> StoreReply {
    switch operation {
    case .get(let key):
      if goesEmbedded() { return .value(embeddedGet(key)) }
      return run(.get, keys: [key]) { client in
        .value(client.reply.shape == .none ? nil : client.value(client.reply.cells[0]))
      }
    case .put(let key, let value):
      if case .string(let bytes) = value, goesEmbedded() { return embeddedPut(key, bytes) }
      prepare(.put, keys: [key])
      command.append(value)
      return run { _ in .ok }
    case .del(let keys): return run(.del, keys: keys) { $0.number }
    case .exists(let keys): return run(.exists, keys: keys) { $0.number }
    case .add(let key, let by):
      prepare(by < 0 ? .decr : .incr, keys: [key])
      command.append(.number, abs(by))
      return run { $0.number }
    case .addPart(let key, let by):
      prepare(.incr, keys: [key])
      command.append(.path, Array("$.n".utf8))
      command.append(.number, by)
      return run { $0.number }
    case .all: return run(.all, keys: []) { $0.rows }
    case .size: return run(.size, keys: []) { $0.number }
    case .clear: return run(.clear, keys: []) { $0.number }
    case .expire(let key, let time):
      prepare(.expireat, keys: [key])
      command.append(.number, Self.clockStart + time)
      return run { $0.number }
    case .pass(let milliseconds):
      clock?.advance(milliseconds: milliseconds)
      return .ok
    case .transaction(let steps, let commits):
      begin()
      let replies = steps.map { step in
        pauses.next()
        return perform(step)
      }
      pauses.next()
      if commits { return commit() ? .committed(replies) : .conflicted }
      rollback()
      return .rolledBack
    }
  }

  /// Opens a transaction.
  public mutating func begin() { _ = run(.begin, keys: []) { _ in .ok } }

  /// Ends the transaction.
  ///
  /// - Returns: whether it was applied.
  public mutating func commit() -> Bool { run(.commit, keys: []) { _ in .ok } == .ok }

  /// Drops the transaction.
  public mutating func rollback() { _ = run(.rollback, keys: []) { _ in .ok } }

  /// The calls for embedders know nothing of a session's transaction.
  private mutating func goesEmbedded() -> Bool {
    session.transaction == nil && ways.next() % 2 == 0
  }

  private func embeddedGet(_ key: Int) -> Value? {
    Self.name(of: key).withUnsafeBytes { key in
      engine.withValue(of: key) { Value(storedType: $0, bytes: $1) } ?? nil
    }
  }

  private func embeddedPut(_ key: Int, _ value: [UInt8]) -> StoreReply {
    do {
      try Self.name(of: key).withUnsafeBytes { key in
        try value.withUnsafeBytes { try engine.put(string: $0, forKey: key) }
      }
      return .ok
    } catch {
      return .failed((error as? QrrotError)?.code ?? .refused)
    }
  }

  private mutating func prepare(_ name: CommandName, keys: [Int]) {
    command.reset(to: name)
    for key in keys { command.append(.key, Self.name(of: key)) }
  }

  private mutating func run(
    _ name: CommandName, keys: [Int], _ read: (borrowing EngineStoreClient) -> StoreReply
  ) -> StoreReply {
    prepare(name, keys: keys)
    return run(read)
  }

  private mutating func run(_ read: (borrowing EngineStoreClient) -> StoreReply) -> StoreReply {
    do throws(QrrotError) {
      try engine.execute(command, in: &session, into: &reply)
    } catch {
      return .failed(error.code)
    }
    return read(self)
  }

  private var number: StoreReply { .number(reply.cells[0].integer) }

  private var rows: StoreReply {
    var rows: [Int: Value] = [:]
    for row in 0..<reply.rowCount {
      let cells = reply.cells[(row * 3)..<(row * 3 + 3)]
      guard let key = Self.number(ofKey: reply.content(of: cells[row * 3])) else { continue }
      rows[key] = value(cells[row * 3 + 2])
    }
    return .rows(rows)
  }

  private func value(_ cell: Reply.Cell) -> Value? {
    switch cell.kind {
    case .value(.int): .int(cell.integer)
    case .value(.string): .string(reply.content(of: cell))
    case .value(.json), .json: .json(reply.content(of: cell))
    default: nil
    }
  }

  private static let firstName = UInt8(ascii: "a")

  /// The number of the key that is called so.
  public static func number(ofKey name: some Collection<UInt8>) -> Int? {
    name.first.map { Int($0) - Int(firstName) }
  }

  /// Keys are the letters from `a`.
  private static func name(of key: Int) -> [UInt8] { [firstName + UInt8(key)] }
}

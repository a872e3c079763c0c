internal import QrrotCore
internal import QrrotStore

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
    EngineStoreClient(engine, pauses: Pauses(seed: seed))
  }
}

/// A session with an engine that takes ``StoreOperation``s.
public struct EngineStoreClient: StoreClient {
  private let engine: any SynchronousEngine
  private var session = Session()
  private var command = Command()
  private var reply = Reply()
  /// Delays between the steps of transactions.
  public var pauses: Pauses

  /// A new session with `engine`.
  public init(_ engine: any SynchronousEngine, pauses: Pauses) {
    self.engine = engine
    self.pauses = pauses
  }

  /// See ``StoreClient/perform(_:)``.
  public mutating func perform(_ operation: StoreOperation) -> StoreReply {
    switch operation {
    case .get(let key):
      return run(.get, keys: [key]) { client in
        .value(client.reply.shape == .none ? nil : client.value(client.reply.cells[0]))
      }
    case .put(let key, let value):
      prepare(.put, keys: [key])
      command.append(value)
      return run { _ in .ok }
    case .del(let keys): return run(.del, keys: keys) { $0.number }
    case .exists(let keys): return run(.exists, keys: keys) { $0.number }
    case .add(let key, let by):
      prepare(by < 0 ? .decr : .incr, keys: [key])
      command.append(.number, abs(by))
      return run { $0.number }
    case .all: return run(.all, keys: []) { $0.rows }
    case .size: return run(.size, keys: []) { $0.number }
    case .clear: return run(.clear, keys: []) { $0.number }
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
      rows[Int(reply.content(of: cells[row * 3])[0] - Self.firstName)] = value(cells[row * 3 + 2])
    }
    return .rows(rows)
  }

  private func value(_ cell: Reply.Cell) -> Value? {
    switch cell.kind {
    case .value(.int): .int(cell.integer)
    case .value(.string): .string(reply.content(of: cell))
    case .value(.json): .json(reply.content(of: cell))
    default: nil
    }
  }

  private static let firstName = UInt8(ascii: "a")

  /// Keys are the letters from `a`.
  private static func name(of key: Int) -> [UInt8] { [firstName + UInt8(key)] }
}

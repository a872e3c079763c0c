public import QrrotCore

/// One call of a recorded history of a store. Keys are numbers from 0.
///
/// To record another operation: add a case here, say in ``StoreModel`` what it does and in
/// ``EngineStoreClient`` how it is asked for, and give it a weight in ``StoreMix``.
public enum StoreOperation: Hashable, Sendable {
  case get(Int)
  case put(Int, Value)
  case del([Int])
  case exists([Int])
  /// `incr`, or `decr` of what is negative.
  case add(Int, Int64)
  /// The same at the member `n` of a json value.
  case addPart(Int, Int64)
  case all
  case size
  case clear
  /// The key vanishes at this time of the history's clock, which begins at 0.
  case expire(Int, at: Int64)
  /// Time goes on by so many milliseconds.
  case pass(Int64)
  /// The calls between `begin` and `commit` (or `rollback`): one call, which does all or nothing.
  indirect case transaction([StoreOperation], commits: Bool)

  /// The one key that the operation touches, if it is one.
  public var onlyKey: Int? {
    switch self {
    case .get(let key), .put(let key, _), .add(let key, _), .addPart(let key, _): key
    case .expire(let key, _): key
    case .del(let keys), .exists(let keys): keys.count == 1 ? keys[0] : nil
    case .all, .size, .clear, .pass, .transaction: nil
    }
  }
}

/// The answer to a ``StoreOperation``.
public enum StoreReply: Hashable, Sendable {
  case ok
  case value(Value?)
  case number(Int64)
  case rows([Int: Value])
  case failed(QrrotError.Code)
  /// Applied; with the answers given on the way.
  case committed([StoreReply])
  /// Not applied, because it was not to be.
  case rolledBack
  /// Not applied, because somebody else was in the way.
  case conflicted
}

/// A call of a store's history.
public typealias StoreCall = RecordedCall<StoreOperation, StoreReply>

/// A store as a few slots.
///
/// A conflict is always a right answer, and changes nothing. What a transaction that is not applied
/// has read is not looked at: it is over when somebody notices.
public struct StoreModel: SequentialModel {
  /// How many keys there are.
  public let keyCount: Int

  /// A model of the keys below `keyCount`.
  public init(keyCount: Int) {
    self.keyCount = keyCount
  }

  /// What the store is at some moment.
  public struct State: Hashable, Sendable {
    /// A value, and when it vanishes; 0 for never.
    struct Slot: Hashable {
      var value: Value
      var expiry: Int64 = 0
    }

    var slots: [Slot?]
    var now: Int64 = 0

    subscript(key: Int) -> Slot? {
      get { slots[key] }
      set { slots[key] = newValue }
    }

    /// Takes out what is due.
    mutating func pass(_ milliseconds: Int64) {
      now += milliseconds
      for (key, slot) in slots.enumerated() {
        if let slot, slot.expiry != 0, slot.expiry <= now { slots[key] = nil }
      }
    }
  }

  /// All keys are absent.
  public var initialState: State { State(slots: Array(repeating: nil, count: keyCount)) }

  /// See ``SequentialModel/state(after:answered:in:)``.
  public func state(
    after operation: StoreOperation, answered reply: StoreReply, in state: State
  ) -> State? {
    var state = state
    guard case .transaction(let steps, let commits) = operation else {
      return answer(operation, &state) == reply ? state : nil
    }
    switch reply {
    case .rolledBack: return commits ? nil : state
    case .conflicted: return commits ? state : nil
    case .committed(let replies):
      guard commits, steps.count == replies.count else { return nil }
      for (step, reply) in zip(steps, replies) where answer(step, &state) != reply { return nil }
      return state
    default: return nil
    }
  }

  private func answer(_ operation: StoreOperation, _ state: inout State) -> StoreReply? {
    switch operation {
    case .get(let key): return .value(state[key]?.value)
    case .put(let key, let value):
      state[key] = State.Slot(value: value)
      return .ok
    case .del(let keys):
      let found = Set(keys).filter { state[$0] != nil }
      for key in found { state[key] = nil }
      return .number(Int64(found.count))
    case .exists(let keys): return .number(Int64(keys.count { state[$0] != nil }))
    case .add(let key, let by):
      let slot = state[key] ?? State.Slot(value: .int(0))
      guard case .int(let integer) = slot.value else { return .failed(.type) }
      state[key] = State.Slot(value: .int(integer + by), expiry: slot.expiry)
      return .number(integer + by)
    case .addPart(let key, let by):
      guard let slot = state[key] else { return .failed(.path) }
      guard case .json(let text) = slot.value, let before = Self.number(in: text) else {
        return .failed(.type)
      }
      state[key] = State.Slot(value: Self.document(holding: before + by), expiry: slot.expiry)
      return .number(before + by)
    case .expire(let key, let time):
      guard let slot = state[key] else { return .number(0) }
      state[key] = time <= state.now ? nil : State.Slot(value: slot.value, expiry: time)
      return .number(1)
    case .pass(let milliseconds):
      state.pass(milliseconds)
      return .ok
    case .all: return .rows(Self.rows(state.slots))
    case .size: return .number(Int64(state.slots.count { $0 != nil }))
    case .clear:
      let count = state.slots.count { $0 != nil }
      for key in state.slots.indices { state[key] = nil }
      return .number(Int64(count))
    case .transaction: return nil
    }
  }

  /// A json value whose member `n` is this number: what ``StoreOperation/addPart(_:_:)`` adds to.
  public static func document(holding number: Int64) -> Value {
    .json(Array("{\"n\":\(number),\"s\":\"x\"}".utf8))
  }

  private static func number(in document: [UInt8]) -> Int64? {
    Int64(String(decoding: document.dropFirst(5).prefix { $0 != UInt8(ascii: ",") }, as: UTF8.self))
  }

  private static func rows(_ slots: [State.Slot?]) -> [Int: Value] {
    var rows: [Int: Value] = [:]
    for (key, slot) in slots.enumerated() { rows[key] = slot?.value }
    return rows
  }
}

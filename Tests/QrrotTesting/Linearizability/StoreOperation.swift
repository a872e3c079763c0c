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
  /// The calls between `begin` and `commit` (or `rollback`): one call, which does all or nothing.
  indirect case transaction([StoreOperation], commits: Bool)

  /// The one key that the operation touches, if it is one.
  public var onlyKey: Int? {
    switch self {
    case .get(let key), .put(let key, _), .add(let key, _), .addPart(let key, _): key
    case .del(let keys), .exists(let keys): keys.count == 1 ? keys[0] : nil
    case .all, .size, .clear, .transaction: nil
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

  /// All keys are absent.
  public var initialState: [Value?] { Array(repeating: nil, count: keyCount) }

  /// See ``SequentialModel/state(after:answered:in:)``.
  public func state(
    after operation: StoreOperation, answered reply: StoreReply, in state: [Value?]
  ) -> [Value?]? {
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

  private func answer(_ operation: StoreOperation, _ slots: inout [Value?]) -> StoreReply? {
    switch operation {
    case .get(let key): return .value(slots[key])
    case .put(let key, let value):
      slots[key] = value
      return .ok
    case .del(let keys):
      let found = Set(keys).filter { slots[$0] != nil }
      for key in found { slots[key] = nil }
      return .number(Int64(found.count))
    case .exists(let keys): return .number(Int64(keys.count { slots[$0] != nil }))
    case .add(let key, let by):
      guard case .int(let integer) = slots[key] ?? .int(0) else { return .failed(.type) }
      slots[key] = .int(integer + by)
      return .number(integer + by)
    case .addPart(let key, let by):
      guard let value = slots[key] else { return .failed(.path) }
      guard case .json(let text) = value, let before = Self.number(in: text) else {
        return .failed(.type)
      }
      slots[key] = Self.document(holding: before + by)
      return .number(before + by)
    case .all: return .rows(Self.rows(slots))
    case .size: return .number(Int64(slots.count { $0 != nil }))
    case .clear:
      let count = slots.count { $0 != nil }
      slots = initialState
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

  private static func rows(_ slots: [Value?]) -> [Int: Value] {
    var rows: [Int: Value] = [:]
    for (key, value) in slots.enumerated() { rows[key] = value }
    return rows
  }
}

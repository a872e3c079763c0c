import QrrotCore
import QrrotTesting

/// The faults of transactions.
extension FaultyClient {
  /// A transaction with the fault, or nil where it is to be done right.
  mutating func transaction(_ steps: [StoreOperation], commits: Bool) -> StoreReply? {
    switch (fault, commits) {
    case (.dirtyRead, false):
      guard case .rows(let before) = engine.perform(.all) else { return nil }
      _ = oneByOne(steps)
      for key in 0..<keyCount { set(key, before[key]) }
      return .rolledBack
    case (.leakedRollback, false):
      _ = engine.perform(.transaction(steps, commits: true))
      return .rolledBack
    case (.tornTransaction, true): return .committed(oneByOne(steps))
    case (.writeSkew, true): return writeSkew(steps)
    case (.ignoredConflict, true): return ignoringConflict(steps)
    case (.commitAfterConflict, true), (.partialConflict, true), (.staleRetry, true):
      engine.begin()
      let replies = oneByOne(steps)
      if engine.commit() { return .committed(replies) }
      return afterConflict(steps, replies)
    default: return nil
    }
  }

  private mutating func afterConflict(
    _ steps: [StoreOperation], _ replies: [StoreReply]
  ) -> StoreReply {
    switch fault {
    case .commitAfterConflict: return .committed(replies)
    case .partialConflict:
      if let first = steps.first(where: \.isWrite) { _ = engine.perform(first) }
      return .conflicted
    default:
      if case .committed = engine.perform(.transaction(steps, commits: true)) {
        return .committed(replies)
      }
      return .conflicted
    }
  }

  /// Reads outside the transaction whatever it has not written itself.
  private mutating func writeSkew(_ steps: [StoreOperation]) -> StoreReply {
    engine.begin()
    var writtenKeys: Set<Int> = []
    var replies: [StoreReply] = []
    for step in steps {
      let keys = step.keys
      let isOutside = !step.isWrite && writtenKeys.isDisjoint(with: keys)
      replies.append(isOutside ? reader.perform(step) : engine.perform(step))
      if step.isWrite { writtenKeys.formUnion(keys) }
      pauses.long()
    }
    return engine.commit() ? .committed(replies) : .conflicted
  }

  private mutating func ignoringConflict(_ steps: [StoreOperation]) -> StoreReply {
    engine.begin()
    let replies = oneByOne(steps)
    let writtenKeys = Set(steps.filter(\.isWrite).flatMap(\.keys))
    let values = writtenKeys.map { ($0, value($0)) }
    if !engine.commit() {
      engine.begin()
      for (key, value) in values { set(key, value) }
      _ = engine.commit()
    }
    return .committed(replies)
  }

  private mutating func oneByOne(_ steps: [StoreOperation]) -> [StoreReply] {
    steps.map { step in
      let reply = engine.perform(step)
      pauses.long()
      return reply
    }
  }
}

extension StoreOperation {
  fileprivate var isWrite: Bool {
    switch self {
    case .put, .del, .add, .clear: true
    default: false
    }
  }

  fileprivate var keys: [Int] {
    switch self {
    case .get(let key), .put(let key, _), .add(let key, _): [key]
    case .del(let keys), .exists(let keys): keys
    default: []
    }
  }
}

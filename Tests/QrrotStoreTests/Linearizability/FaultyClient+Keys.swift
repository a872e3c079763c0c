import QrrotCore
import QrrotTesting

/// The faults of calls outside transactions. Each function answers nil where the call is done right.
extension FaultyClient {
  mutating func add(_ key: Int, _ by: Int64) -> StoreReply? {
    switch fault {
    case .lostIncrement:
      guard case .int(let before) = value(key) ?? .int(0) else { return nil }
      pauses.long()
      set(key, .int(before + by))
      return .number(before + by)
    case .doubledIncrement:
      let reply = engine.perform(.add(key, by))
      if isTime(period: 4) { _ = engine.perform(.add(key, by)) }
      return reply
    case .staleSum:
      let before = value(key)
      pauses.long()
      let reply = engine.perform(.add(key, by))
      guard case .int(let integer) = before, case .number = reply else { return reply }
      return .number(integer + by)
    default: return nil
    }
  }

  mutating func get(_ key: Int) -> StoreReply? {
    switch fault {
    case .staleCache:
      if let known = cache[key], !isTime(period: 3) { return known }
      let reply = engine.perform(.get(key))
      cache[key] = reply
      return reply
    case .olderValue: return isTime(period: 4) ? aside.perform(.get(key)) : nil
    case .swappedReply:
      guard case .value(let value) = engine.perform(.get(key)) else { return nil }
      // One place for the answers to all, whatever the key.
      _ = aside.perform(value.map { .put(0, $0) } ?? .del([0]))
      pauses.long()
      return aside.perform(.get(0))
    default: return nil
    }
  }

  mutating func put(_ key: Int, _ value: Value) -> StoreReply? {
    switch fault {
    case .staleCache: cache[key] = nil
    case .olderValue:
      if let before = self.value(key) { _ = aside.perform(.put(key, before)) }
    case .droppedPut: return isTime(period: 8) ? .ok : nil
    case .delayedPut:
      guard isTime(period: 4) else { return nil }
      postponed = .put(key, value)
      return .ok
    default: break
    }
    return nil
  }

  mutating func del(_ keys: [Int]) -> StoreReply? {
    switch fault {
    case .resurrectingDelete:
      guard isTime(period: 3), let before = value(keys[0]) else { return nil }
      postponed = .put(keys[0], before)
      return nil
    case .doubledDelete:
      let found = engine.perform(.exists(keys))
      pauses.long()
      _ = engine.perform(.del(keys))
      return found
    case .tornDelete: return .number(removeOneByOne(keys))
    default: return nil
    }
  }

  mutating func exists(_ keys: [Int]) -> StoreReply? {
    guard fault == .staleCount else { return nil }
    if isTime(period: 3), case .rows(let rows) = engine.perform(.all) { knownRows = rows }
    return .number(Int64(keys.count { knownRows[$0] != nil }))
  }

  mutating func whole(_ operation: StoreOperation) -> StoreReply? {
    switch (fault, operation) {
    case (.tornScan, .all):
      var rows: [Int: Value] = [:]
      for key in 0..<keyCount {
        rows[key] = value(key)
        pauses.long()
      }
      return .rows(rows)
    case (.tornClear, .clear): return .number(removeOneByOne(Array(0..<keyCount)))
    default: return nil
    }
  }

  private mutating func removeOneByOne(_ keys: [Int]) -> Int64 {
    var count: Int64 = 0
    for key in keys {
      if case .number(let found) = engine.perform(.del([key])) { count += found }
      pauses.long()
    }
    return count
  }
}

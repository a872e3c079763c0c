import QrrotAgent
import QrrotCore
import QrrotTesting

/// What a plan destroys, decided once more, slowly, on trees.
struct PlanOracle {
  /// How many stored numbers become other numbers.
  private(set) var numberCount = 0
  /// The keys that lose something.
  private(set) var destroyedKeys: Set<[UInt8]> = []
  private(set) var keyCount = 0

  init(
    from before: [[UInt8]: StoredRecord], to after: [[UInt8]: StoredRecord]
  ) {
    for key in Set(before.keys).union(after.keys) where before[key] != after[key] {
      keyCount += 1
      guard let old = before[key] else { continue }
      guard let new = after[key] else {
        destroyedKeys.insert(key)
        continue
      }
      let expiry = (old.expiry, new.expiry)
      if expiry.1 != 0, expiry.0 == 0 || expiry.1 < expiry.0 { destroyedKeys.insert(key) }
      if destroys(old.value, new.value) { destroyedKeys.insert(key) }
    }
  }

  var destroys: Bool { !destroyedKeys.isEmpty || keyCount > 100 }

  private mutating func destroys(_ before: Value, _ after: Value) -> Bool {
    if before == after { return false }
    if let old = Self.tree(before), let new = Self.tree(after) {
      let effect = Self.effect(old, new)
      numberCount += effect.numberCount
      // The number 5 as an int and as json are two values.
      if old == new { numberCount += 1 }
      return effect.destroys
    }
    return true
  }

  /// The tree of a value that is JSON, or a number.
  private static func tree(_ value: Value) -> WrittenJSON? {
    switch value {
    case .json(let text): WrittenJSON(parsing: text)
    case .int(let integer): .scalar(String(integer))
    case .string: nil
    }
  }

  private static func isNumber(_ tree: WrittenJSON) -> Bool {
    guard case .scalar(let text) = tree, let first = text.first else { return false }
    return first == "-" || first.isNumber
  }

  private static func effect(
    _ before: WrittenJSON, _ after: WrittenJSON
  ) -> (numberCount: Int, destroys: Bool) {
    if before.text == after.text { return (0, false) }
    if isNumber(before), isNumber(after) { return (1, false) }
    switch (before, after) {
    case (.array(let old), .array(let new)) where new.count >= old.count:
      return sum(zip(old, new).map { effect($0, $1) })
    case (.object(let old), .object(let new)):
      let kept = old.filter { member in new.contains { $0.text == member.text } }
      guard
        hasDistinctNames(old + new.filter { member in !old.contains { $0.text == member.text } }),
        hasDistinctNames(new),
        kept.map(\.text) == new.prefix(kept.count).map(\.text)
      else { return (0, true) }
      let inside = sum(zip(kept, new).map { effect($0.value, $1.value) })
      return (inside.numberCount, inside.destroys || kept.count < old.count)
    default:
      return (0, true)
    }
  }

  private static func sum(
    _ effects: [(numberCount: Int, destroys: Bool)]
  ) -> (numberCount: Int, destroys: Bool) {
    (effects.reduce(0) { $0 + $1.numberCount }, effects.contains(where: \.destroys))
  }

  private static func hasDistinctNames(_ members: [WrittenJSON.Member]) -> Bool {
    Set(members.map { Array($0.name.unicodeScalars) }).count == members.count
  }
}

internal import QrrotCore

/// Which operations a history is made of.
public enum StoreMix: Sendable, CaseIterable {
  /// Each touches one key, so that keys can be judged one by one.
  case singleKey
  /// Also several keys at a time, the whole store, and transactions.
  case multiKey
  /// The same while time passes and keys vanish.
  case expiring

  /// The operations of one client: written values are its own and differ.
  public func operations(
    _ count: Int, keys: Int, client: Int, using random: inout SeededGenerator
  ) -> [StoreOperation] {
    var value = (client + 1) * 100_000
    return (0..<count).map { _ in
      value += 100
      return operation(keys, value, &random)
    }
  }

  private func operation(
    _ keys: Int, _ value: Int, _ random: inout SeededGenerator
  ) -> StoreOperation {
    let number = Int.random(in: 0..<100, using: &random)
    switch self {
    case .singleKey: return Self.single(number, keys, value, &random)
    case .expiring where Int.random(in: 0..<3, using: &random) == 0:
      if number < 40 { return .pass(Int64(number % 4) * 100) }
      return .expire(number % keys, at: Int64.random(in: 1...20, using: &random) * 100)
    case .multiKey, .expiring:
      let some = Self.someKeys(keys, &random)
      switch number {
      case 0..<12: return .del(some)
      case 12..<22: return .exists(some)
      case 22..<32: return .all
      case 32..<37: return .size
      case 37..<40: return .clear
      case 40..<62: return Self.transaction(keys, value, &random)
      default: return Self.single((number - 62) * 100 / 38, keys, value, &random)
      }
    }
  }

  private static func single(
    _ number: Int, _ keys: Int, _ value: Int, _ random: inout SeededGenerator
  ) -> StoreOperation {
    let key = Int.random(in: 0..<keys, using: &random)
    switch number {
    case 0..<32: return .get(key)
    case 32..<50: return .put(key, .int(Int64(value)))
    // Text makes `incr` fail. Most of it is as long as an int, so that it is written in its place.
    case 50..<53: return .put(key, .string(Array("v.\(value)".utf8)))
    case 53..<57: return .put(key, StoreModel.document(holding: Int64(value)))
    case 57..<60: return .put(key, .string(Array("\(value)".utf8)))
    case 60..<66: return .add(key, 1)
    case 66..<72: return .addPart(key, 2)
    case 72..<80: return .add(key, -3)
    case 80..<91: return .del([key])
    default: return .exists([key])
    }
  }

  private static func transaction(
    _ keys: Int, _ value: Int, _ random: inout SeededGenerator
  ) -> StoreOperation {
    let count = Int.random(in: 2...4, using: &random)
    let steps = (0..<count).map { step in
      let number = Int.random(in: 0..<110, using: &random)
      return number < 100
        ? single(number, keys, value + step + 1, &random) : .del(someKeys(keys, &random))
    }
    return .transaction(steps, commits: Int.random(in: 0..<5, using: &random) > 0)
  }

  private static func someKeys(_ keys: Int, _ random: inout SeededGenerator) -> [Int] {
    (0..<Int.random(in: 2...3, using: &random)).map { _ in Int.random(in: 0..<keys, using: &random)
    }
  }
}

/// Where decisions come from: a seed, or a fuzzer's bytes.
package protocol Choices {
  /// A number from 0 to `limit - 1`.
  mutating func number(below limit: Int) -> Int
}

extension Choices {
  /// Yes once in `count` times.
  package mutating func oneIn(_ count: Int) -> Bool { number(below: count) == count - 1 }

  /// One of `all`, which is not empty.
  package mutating func choose<T>(_ all: [T]) -> T { all[number(below: all.count)] }
}

extension FuzzInput: Choices {}

/// Decisions that follow from a seed.
package struct SeededChoices: Choices {
  private var generator: SeededGenerator

  package init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  package mutating func number(below limit: Int) -> Int {
    limit <= 1 ? 0 : Int.random(in: 0..<limit, using: &generator)
  }
}

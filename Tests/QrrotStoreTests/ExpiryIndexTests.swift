import QrrotTesting
import Testing

@testable import QrrotStore

/// The order of what expires, beside a sorted array.
@Suite("Expiry index")
struct ExpiryIndexTests {
  private static func entry(_ time: Int64, _ number: Int) -> ExpiryIndex.Entry {
    // Never followed: the address alone counts.
    let base = UnsafeMutableRawPointer(bitPattern: 8 * (number + 1))
    return ExpiryIndex.Entry(time: time, record: Record(base: base ?? Self.any))
  }

  private nonisolated(unsafe) static let any = UnsafeMutableRawPointer.allocate(
    byteCount: 8, alignment: 8)

  @Test(
    "insertions and removals in any order agree with a sorted array",
    arguments: [2, 3, 8, ExpiryIndex.usualCapacity], [1, 5, 1_000_000])
  func model(capacity: Int, times: Int) {
    var random = SeededGenerator(seed: UInt64(capacity * 7 + times))
    var index = ExpiryIndex(capacity: capacity)
    var entries: [ExpiryIndex.Entry] = []
    var number = 0
    for round in 0..<6_000 {
      // It grows, shrinks to nothing and grows again.
      let isGrowing = round / 1_500 % 2 == 0
      if entries.isEmpty || Int.random(in: 0..<10, using: &random) < (isGrowing ? 8 : 2) {
        let time = Int64.random(in: 0..<Int64(times), using: &random)
        number += 1
        let entry = Self.entry(time, Int.random(in: 0..<1_000, using: &random) << 20 | number)
        index.insert(entry)
        entries.insert(entry, at: entries.firstIndex { entry < $0 } ?? entries.count)
      } else {
        let position =
          round % 3 == 0 ? 0 : Int.random(in: 0..<entries.count, using: &random)
        index.remove(entries.remove(at: position))
      }
      #expect(index.first == entries.first && index.count == entries.count)
      guard round % 50 == 0 else { continue }
      let moment = Int64.random(in: -1...Int64(times), using: &random)
      #expect(index.dueCount(at: moment) == entries.count { $0.time <= moment })
      #expect(index.isSound())
      var all: [ExpiryIndex.Entry] = []
      index.forEach { all.append($0) }
      #expect(all == entries)
    }
    for entry in entries.shuffled(using: &random) { index.remove(entry) }
    #expect(index.count == 0 && index.first == nil && index.byteCount == 0)
  }

  @Test("16 bytes an entry in order of time, and under 26 in any order")
  func memory() {
    var random = SeededGenerator(seed: 5)
    var ordered = ExpiryIndex()
    var mixed = ExpiryIndex()
    for number in 0..<200_000 {
      ordered.insert(Self.entry(Int64(number), number))
      mixed.insert(Self.entry(Int64.random(in: 0..<1 << 40, using: &random), number))
    }
    #expect(ordered.byteCount < 200_000 * 17 && mixed.byteCount < 200_000 * 26)
    // What is left of many takes little.
    for number in 0..<200_000 where number % 100 != 0 {
      ordered.remove(Self.entry(Int64(number), number))
    }
    #expect(ordered.isSound() && ordered.byteCount < 2_000 * 80)
    ordered.removeAll()
    mixed.removeAll()
    #expect(ordered.byteCount == 0)
  }
}

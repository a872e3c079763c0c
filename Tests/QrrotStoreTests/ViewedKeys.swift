import QrrotCore
import QrrotTesting

@testable import QrrotStore

/// The keys of one writer, which get one value after the other, in order of the keys; and others
/// that come and go, so that the table changes its shape.
struct ViewedKeys {
  static let count = 16

  private let engine: LocalEngine
  private let writer: UInt8
  private let client: EngineClient
  private var random: SeededGenerator
  private var number: UInt8 = 0

  init(_ engine: LocalEngine, _ writer: Int, seed: UInt64) {
    self.engine = engine
    self.writer = UInt8(writer)
    client = EngineClient(engine)
    random = SeededGenerator(seed: seed)
  }

  /// Gives all the keys the next value.
  mutating func putNext() {
    let value = Self.value(number)
    for key in 0..<Self.count {
      _ = client.embed([writer, UInt8(key)], value)
      let other = "other \(Int.random(in: 0..<600, using: &random))"
      // Waves, so that segments split and merge.
      if number % 128 < 64 {
        _ = client.embed(Array(other.utf8), [])
      } else if key % 2 == 0 {
        _ = client.run("del \"\(other)\"")
      }
    }
    number &+= 1
  }

  private static func value(_ number: UInt8) -> [UInt8] {
    [UInt8](repeating: number, count: number % 16 == 15 ? 24 : 8)
  }

  /// Reads a view to its end.
  ///
  /// - Returns: what is wrong with it, if anything is.
  static func mistake(
    _ engine: LocalEngine, _ writers: Int, _ random: inout SeededGenerator
  ) -> String? {
    var found = Array(repeating: [UInt8?](repeating: nil, count: count), count: writers)
    var others: Set<[UInt8]> = []
    var mistake: String?
    let view = engine.beginView()
    defer { engine.endView(view) }
    var isMore = true
    while isMore {
      let limit = Int.random(in: 1...64, using: &random)
      isMore = engine.next(of: view, limit: limit) { record in
        let (key, type, value) = (record.key, record.type, record.value)
        if record.version > view.version { mistake = "\(Array(key)) is newer than the view" }
        guard key.count == 2 else {
          if !others.insert(Array(key)).inserted { mistake = "\(Array(key)) came twice" }
          return
        }
        let (writer, index) = (Int(key[0]), Int(key[1]))
        if found[writer][index] != nil { mistake = "\(Array(key)) came twice" }
        guard let first = value.first, type == .string, value.elementsEqual(Self.value(first))
        else {
          mistake = "\(Array(key)) holds \(Array(value))"
          return
        }
        found[writer][index] = first
      }
    }
    for values in found where !isOneMoment(values) { mistake = "\(values) is of no moment" }
    return mistake
  }

  /// Whether the values are one number up to some key and the one before it from there on.
  private static func isOneMoment(_ values: [UInt8?]) -> Bool {
    guard let first = values[0] else { return false }
    guard let change = values.firstIndex(where: { $0 != first }) else { return true }
    return values[change...].allSatisfy { $0 == first &- 1 }
  }
}

import QrrotTesting

/// Keys of 16 bytes in one buffer, and an order in which to ask for them.
///
/// The reference makes the same ones by the same rule, so both tables hold and look up the same.
final class Keys: Sendable {
  static let byteCount = 16

  let count: Int
  /// All keys, one after another, in the order of insertion.
  let bytes: [UInt8]

  /// - Parameter count: how many keys.
  init(count: Int) {
    self.count = count
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    var generator = SeededGenerator(seed: 42)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count * Self.byteCount)
    for _ in 0..<(count * 2) {
      let word = generator.next()
      for shift in 0..<8 { bytes.append(letters[Int(word >> UInt64(6 * shift) & 63)]) }
    }
    self.bytes = bytes
  }

  /// The same keys in another order, shuffled as Fisher and Yates do.
  func shuffled() -> [UInt8] {
    var order = Array(0..<count)
    var generator = SeededGenerator(seed: 7)
    for index in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(index, Int(generator.next() % UInt64(index + 1)))
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(self.bytes.count)
    for key in order {
      bytes += self.bytes[(key * Self.byteCount)..<((key + 1) * Self.byteCount)]
    }
    return bytes
  }
}

/// A value of 32 bytes.
let thirtyTwoBytes = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef".utf8)

import QrrotTesting

/// Ways to damage a file, each a case of a test.
struct Damage {
  /// What was done, for messages.
  var text: String
  /// The first byte that is not as it was.
  var offset: Int
  var bytes: [UInt8]

  /// Hands every case for a file to `body`; in a short run one in `stride`, with an offset that
  /// follows from the seed.
  static func forEach(
    of original: [UInt8], stride: Int, seed: UInt64, _ body: (Damage) throws -> Void
  ) rethrows {
    var random = SeededGenerator(seed: seed)
    let stride = TestSettings.isLong ? 1 : stride
    for bit in Swift.stride(
      from: Int.random(in: 0..<stride, using: &random), to: original.count * 8, by: stride)
    {
      var bytes = original
      bytes[bit / 8] ^= 1 << (bit % 8)
      try body(Damage(text: "bit \(bit % 8) flipped", offset: bit / 8, bytes: bytes))
    }
    for offset in Swift.stride(
      from: Int.random(in: 0..<stride, using: &random), to: original.count, by: stride)
    {
      try body(Damage(text: "cut off", offset: offset, bytes: Array(original[..<offset])))
      for damage in others(of: original, at: offset, using: &random) { try body(damage) }
    }
  }

  /// Damage at one place that is neither one bit nor a cut, where it changes anything.
  private static func others(
    of original: [UInt8], at offset: Int, using random: inout SeededGenerator
  ) -> [Damage] {
    var cases: [Damage] = []
    func add(_ text: String, _ change: (inout [UInt8]) -> Void) {
      var bytes = original
      change(&bytes)
      let first = zip(bytes, original).enumerated().first { $0.element.0 != $0.element.1 }?.offset
      let isSame = first == nil && bytes.count == original.count
      if isSame { return }
      cases.append(
        Damage(
          text: text, offset: first ?? min(bytes.count, original.count), bytes: bytes))
    }
    let noise = UInt8.random(in: 0...255, using: &random)
    let end = min(original.count, (offset / 512 + 1) * 512)
    add("a byte overwritten") { $0[offset] = noise }
    add("the rest zeroed") { bytes in
      for index in offset..<bytes.count { bytes[index] = 0 }
    }
    add("the sector's rest zeroed") { bytes in
      for index in offset..<end { bytes[index] = 0 }
    }
    add("a byte missing") { $0.remove(at: offset) }
    add("a byte too many") { $0.insert(noise, at: offset) }
    add("a piece twice") { $0.insert(contentsOf: original[offset..<end], at: offset) }
    return cases
  }
}

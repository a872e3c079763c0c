import QrrotTesting
import Testing

@testable import QrrotStore

@Suite("Raw bytes")
struct RawBytesTests {
  @Test("two keys are equal only if every byte is", arguments: 1...16)
  func equality(count: Int) {
    var generator = SeededGenerator(seed: UInt64(count))
    let key = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    #expect(areEqual(key, key))
    for index in 0..<count {
      for bit in 0..<8 {
        var other = key
        other[index] ^= 1 << UInt8(bit)
        #expect(!areEqual(key, other), "byte \(index), bit \(bit)")
        #expect(!areEqual(other, key), "byte \(index), bit \(bit)")
      }
      // Differences at both ends must not cancel out.
      var other = key
      other[index] ^= 0x55
      other[count - 1 - index] ^= 0x55
      #expect(areEqual(key, other) == (key == other), "bytes \(index) and \(count - 1 - index)")
    }
  }

  private func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.withUnsafeBytes { left in
      right.withUnsafeBytes { right in
        guard let a = left.baseAddress, let b = right.baseAddress else { return false }
        return RawBytes.equalUpTo16(a, b, left.count)
          && RawBytes.equal(a, b, left.count)
      }
    }
  }
}

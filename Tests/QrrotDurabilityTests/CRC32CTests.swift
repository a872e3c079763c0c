import QrrotTesting
import Testing

@testable import QrrotStore

@Suite struct CRC32CTests {
  static func checksum(_ bytes: [UInt8], seed: UInt32 = 0) -> UInt32 {
    bytes.withUnsafeBytes { CRC32C.checksum($0, seed: seed) }
  }

  static func portable(_ bytes: [UInt8], seed: UInt32 = 0) -> UInt32 {
    ~bytes.withUnsafeBytes { CRC32C.portable(~seed, $0) }
  }

  /// RFC 3720, appendix B.4, and the check value of the CRC catalogue.
  static let known: [([UInt8], UInt32)] = [
    ([UInt8](repeating: 0, count: 32), 0x8a91_36aa),
    ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43),
    (Array(0..<32), 0x46dd_794e),
    (Array((0..<32).reversed()), 0x113f_db5c),
    (
      [
        0x01, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x14, 0, 0, 0, 0, 0, 0x04, 0, 0, 0, 0,
        0x14, 0, 0, 0, 0x18, 0x28, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0, 0,
      ], 0xd996_3a56
    ),
    (Array("123456789".utf8), 0xe306_9283),
    ([], 0),
  ]

  @Test("the checksums of RFC 3720 come out, by the processor and without it")
  func knownAnswers() {
    for (bytes, expected) in Self.known {
      #expect(Self.checksum(bytes) == expected)
      #expect(Self.portable(bytes) == expected)
    }
  }

  @Test("both ways agree on random bytes at any alignment, in any parts")
  func agreement() {
    let seed = TestSettings.seed(31)
    var random = SeededGenerator(seed: seed)
    for _ in 0..<TestSettings.count(400) {
      let bytes = (0..<Int.random(in: 0...300, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      let start = Int.random(in: 0...min(9, bytes.count), using: &random)
      let cut = Int.random(in: start...bytes.count, using: &random)
      let salt = UInt32.random(in: 0...UInt32.max, using: &random)
      bytes.withUnsafeBytes { buffer in
        let all = UnsafeRawBufferPointer(rebasing: buffer[start...])
        let expected = ~CRC32C.portable(~salt, all)
        #expect(CRC32C.checksum(all, seed: salt) == expected, "seed \(seed)")
        var parts = CRC32C(seed: salt)
        parts.update(UnsafeRawBufferPointer(rebasing: buffer[start..<cut]))
        parts.update(UnsafeRawBufferPointer(rebasing: buffer[cut...]))
        #expect(parts.value == expected, "seed \(seed)")
      }
    }
  }

  @Test("another seed gives another checksum")
  func seeds() {
    let bytes = Array("the same bytes".utf8)
    #expect(Set((0..<1_000).map { Self.checksum(bytes, seed: $0) }).count == 1_000)
  }
}

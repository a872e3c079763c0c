/// The seeded hash of a key.
///
/// Every table draws its own secret words, so that someone who chooses keys cannot choose hashes:
/// without the secret, keys that fall into one bucket cannot be computed in advance. The hash is
/// not a cryptographic one and is never stored in a file.
///
/// The construction follows the wyhash family: the key's words are mixed with secret words, and
/// 64 x 64 -> 128 bit products are folded by exclusive or. A key of up to 16 bytes costs two
/// multiplications; a longer one costs one for each further 16 bytes, in three independent lanes
/// from 48 bytes on.
///
/// - Complexity: O(*n*) in the key's length.
struct KeyHash {
  private let secret0: UInt64
  private let secret1: UInt64
  private let secret2: UInt64
  private let secret3: UInt64
  /// Where the second and the third lane begin. A lane must not begin with the secret that its other
  /// factor is mixed with: exchanging two words would not change the product.
  private let lane1Start: UInt64
  private let lane2Start: UInt64

  /// Derives the secret words from a seed of 128 bits.
  init(seed: (UInt64, UInt64)) {
    secret0 = Self.scramble(seed.0 ^ 0x8d1f_2ab7_6c53_e09b)
    secret1 = Self.scramble(seed.1 ^ 0x3c79_d4e2_905a_b16d)
    secret2 = Self.scramble(secret0 &+ (seed.1 << 1 | 1))
    secret3 = Self.scramble(secret1 &+ (seed.0 << 1 | 1))
    lane1Start = Self.scramble(secret2 ^ seed.0)
    lane2Start = Self.scramble(secret3 ^ seed.1)
  }

  /// The longest key that `short(_:)` takes.
  static let shortByteLimit = 16

  /// The hash of a key of at most 16 bytes, the empty one included.
  @inline(__always)
  func short(_ key: UnsafeRawBufferPointer) -> UInt64 {
    // A buffer without an address is empty.
    guard let base = key.baseAddress else { return finish(0, 0, count: 0) }
    let words = Self.shortWords(base, key.count)
    return finish(words.0, words.1, count: key.count)
  }

  /// The words of a key of at most 16 bytes. They overlap when the key is no whole number of words,
  /// so that there is neither a loop nor a read outside the key.
  @inline(__always)
  private static func shortWords(_ base: UnsafeRawPointer, _ count: Int) -> (UInt64, UInt64) {
    if count >= 8 {
      return (RawBytes.word(base), RawBytes.word(base + (count &- 8)))
    }
    if count >= 4 {
      return (RawBytes.halfWord(base), RawBytes.halfWord(base + (count &- 4)))
    }
    if count == 0 { return (0, 0) }
    let first = UInt64(base.load(as: UInt8.self))
    let middle = UInt64(base.load(fromByteOffset: count >> 1, as: UInt8.self))
    let last = UInt64(base.load(fromByteOffset: count &- 1, as: UInt8.self))
    return (first << 16 | middle << 8 | last, 0)
  }

  /// The hash of a key of more than 16 bytes.
  func long(_ key: UnsafeRawBufferPointer) -> UInt64 {
    guard var base = key.baseAddress else { return finish(0, 0, count: 0) }
    let count = key.count
    var left = count
    var state = secret2
    if left > 48 {
      var lane1 = lane1Start
      var lane2 = lane2Start
      repeat {
        state = Self.fold(RawBytes.word(base) ^ secret0, RawBytes.word(base + 8) ^ state)
        lane1 = Self.fold(RawBytes.word(base + 16) ^ secret1, RawBytes.word(base + 24) ^ lane1)
        lane2 = Self.fold(RawBytes.word(base + 32) ^ secret3, RawBytes.word(base + 40) ^ lane2)
        base += 48
        left &-= 48
      } while left > 48
      state ^= lane1 &+ (lane2 << 32 | lane2 >> 32)
    }
    while left > 16 {
      state = Self.fold(RawBytes.word(base) ^ secret0, RawBytes.word(base + 8) ^ state)
      base += 16
      left &-= 16
    }
    // The last 16 bytes of the key; they may overlap what has been read.
    let first = RawBytes.word(base + (left &- 16))
    let second = RawBytes.word(base + (left &- 8))
    return finish(first ^ state, second, count: count)
  }

  @inline(__always)
  private func finish(_ first: UInt64, _ second: UInt64, count: Int) -> UInt64 {
    let product = (first ^ secret0).multipliedFullWidth(by: second ^ secret1)
    return Self.fold(
      product.low ^ secret2, product.high ^ secret3 ^ UInt64(truncatingIfNeeded: count))
  }

  @inline(__always)
  private static func fold(_ first: UInt64, _ second: UInt64) -> UInt64 {
    let product = first.multipliedFullWidth(by: second)
    return product.low ^ product.high
  }

  /// A bijection of 64-bit words in which every input bit reaches every output bit.
  private static func scramble(_ word: UInt64) -> UInt64 {
    var mixed = word
    for _ in 0..<3 {
      mixed ^= mixed >> 31
      mixed = mixed &* 0x9e6c_63d0_876a_9a69
      mixed ^= mixed >> 29
    }
    return mixed
  }
}

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// The content of a JSON string as it stands in a text, without its quotes, compared without being
/// copied.
///
/// Escapes mean the characters that they stand for. A lone surrogate, which is no Unicode scalar
/// value, counts as one character in its place in the order of code points.
struct JSONStringText {
  let start: UnsafePointer<UInt8>
  let count: Int
  /// Whether there are escapes.
  let isEscaped: Bool

  init(start: UnsafePointer<UInt8>, count: Int, isEscaped: Bool) {
    self.start = start
    self.count = count
    self.isEscaped = isEscaped
  }

  /// The content that `bytes` are.
  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    // No bytes may have no address: any will do, nothing is read there.
    start = bytes.baseAddress ?? ("" as StaticString).utf8Start
    count = bytes.count
    isEscaped = bytes.contains(UInt8(ascii: "\\"))
  }

  /// Whether both mean the same characters.
  ///
  /// - Complexity: O(n).
  static func == (left: JSONStringText, right: JSONStringText) -> Bool {
    if left.isEscaped || right.isEscaped { return compareCharacters(left, right) == 0 }
    return left.count == right.count && memcmp(left.start, right.start, left.count) == 0
  }

  /// Negative, zero or positive as `left` is less than, equal to or greater than `right`, by Unicode
  /// scalar values.
  ///
  /// The order of UTF-8's bytes is that of the scalar values.
  ///
  /// - Complexity: O(n).
  static func compare(_ left: JSONStringText, _ right: JSONStringText) -> Int {
    if left.isEscaped || right.isEscaped { return compareCharacters(left, right) }
    let order = Int(memcmp(left.start, right.start, min(left.count, right.count)))
    return order != 0 ? order : left.count - right.count
  }

  private static func compareCharacters(_ left: JSONStringText, _ right: JSONStringText) -> Int {
    var leftBytes = Unescaped(left)
    var rightBytes = Unescaped(right)
    while true {
      switch (leftBytes.next(), rightBytes.next()) {
      case (nil, nil): return 0
      case (nil, _): return -1
      case (_, nil): return 1
      case (let a?, let b?): if a != b { return Int(a) - Int(b) }
      }
    }
  }

  /// How many characters (Unicode scalar values) there are.
  ///
  /// - Complexity: O(n).
  var characterCount: Int {
    var characters = 0
    // Each character has one byte that does not continue another.
    if isEscaped {
      var bytes = Unescaped(self)
      while let byte = bytes.next() { if byte & 0xC0 != 0x80 { characters += 1 } }
    } else {
      for index in 0..<count where start[index] & 0xC0 != 0x80 { characters += 1 }
    }
    return characters
  }

  /// A hash of the characters: equal strings have equal hashes, however they are escaped.
  ///
  /// - Complexity: O(n).
  var hash: UInt64 {
    var hash: UInt64 = 0
    var index = 0
    if isEscaped {
      var bytes = Unescaped(self)
      var word: UInt64 = 0
      while let byte = bytes.next() {
        word |= UInt64(byte) << UInt64(8 * (index & 7))
        index += 1
        if index & 7 == 0 {
          hash = Self.mixed(hash, word)
          word = 0
        }
      }
      return Self.mixed(hash, word ^ UInt64(index) << 56)
    }
    while index + ByteWord.byteCount <= count {
      hash = Self.mixed(hash, ByteWord.load(start + index))
      index += ByteWord.byteCount
    }
    let rest = index < count ? ByteWord.load(start + index, count: count - index) : 0
    return Self.mixed(hash, rest ^ UInt64(count) << 56)
  }

  /// Both halves of a product, so that every bit of both counts.
  @inline(__always)
  private static func mixed(_ hash: UInt64, _ word: UInt64) -> UInt64 {
    let product = (hash ^ word ^ 0x9E37_79B9_7F4A_7C15)
      .multipliedFullWidth(by: 0xBF58_476D_1CE4_E5B9)
    return product.high ^ product.low
  }

  /// Appends the characters in UTF-8; a lone surrogate in the form that UTF-8 would give it.
  func append(to output: inout [UInt8]) {
    var bytes = Unescaped(self)
    while let byte = bytes.next() { output.append(byte) }
  }
}

extension JSONStringText {
  /// The bytes of a string's characters in UTF-8, one by one.
  struct Unescaped {
    private var at: UnsafePointer<UInt8>
    private let end: UnsafePointer<UInt8>
    /// The bytes of an escaped character that have not been handed out, the next one lowest.
    private var pending: UInt32 = 0

    init(_ text: JSONStringText) {
      at = text.start
      end = text.start + text.count
    }

    @inline(__always)
    mutating func next() -> UInt8? {
      if pending != 0 {
        let byte = UInt8(truncatingIfNeeded: pending)
        pending >>= 8
        return byte
      }
      guard at < end else { return nil }
      let byte = at[0]
      at += 1
      if byte == UInt8(ascii: "\\"), at < end { return readEscape() }
      return byte
    }

    /// The first byte of what the escape means whose letter is next.
    private mutating func readEscape() -> UInt8 {
      let letter = at[0]
      at += 1
      switch letter {
      case UInt8(ascii: "b"): return 0x08
      case UInt8(ascii: "f"): return 0x0C
      case UInt8(ascii: "n"): return 0x0A
      case UInt8(ascii: "r"): return 0x0D
      case UInt8(ascii: "t"): return 0x09
      case UInt8(ascii: "u"): break
      default: return letter
      }
      var scalar = readHexadecimal()
      if 0xD800..<0xDC00 ~= scalar, end - at >= 6, at[0] == UInt8(ascii: "\\"),
        at[1] == UInt8(ascii: "u")
      {
        let saved = at
        at += 2
        let low = readHexadecimal()
        if 0xDC00..<0xE000 ~= low {
          scalar = 0x1_0000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
        } else {
          at = saved
        }
      }
      let encoded = JSONStringText.encoded(scalar)
      pending = encoded >> 8
      return UInt8(truncatingIfNeeded: encoded)
    }

    private mutating func readHexadecimal() -> UInt32 {
      var number: UInt32 = 0
      for _ in 0..<4 where at < end {
        number = number << 4 | (JSONStringText.hexadecimalValue(at[0]) ?? 0)
        at += 1
      }
      return number
    }
  }

  /// The value of a hexadecimal digit.
  static func hexadecimalValue(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
    default: nil
    }
  }

  /// The bytes of `scalar` in UTF-8, the first one lowest; those behind the last one are zero.
  static func encoded(_ scalar: UInt32) -> UInt32 {
    switch scalar {
    case 0..<0x80: return scalar
    case 0x80..<0x800: return (0xC0 | scalar >> 6) | (0x80 | scalar & 0x3F) << 8
    case 0x800..<0x1_0000:
      return (0xE0 | scalar >> 12) | (0x80 | scalar >> 6 & 0x3F) << 8
        | (0x80 | scalar & 0x3F) << 16
    default:
      return (0xF0 | scalar >> 18 & 7) | (0x80 | scalar >> 12 & 0x3F) << 8
        | (0x80 | scalar >> 6 & 0x3F) << 16 | (0x80 | scalar & 0x3F) << 24
    }
  }

  /// Appends `scalar` in UTF-8.
  static func append(_ scalar: UInt32, to output: inout [UInt8]) {
    var encoded = encoded(scalar)
    repeat {
      output.append(UInt8(truncatingIfNeeded: encoded))
      encoded >>= 8
    } while encoded != 0
  }
}

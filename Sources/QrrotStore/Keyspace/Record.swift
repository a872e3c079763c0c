import QrrotCore

/// A key with its value, version and expiry, where the table keeps them.
///
/// A record is a plain pointer into the table's memory. It is valid until the next mutation of the
/// `Keyspace` it came from; using it afterwards is a programmer error that nothing detects.
///
/// ```
/// short   | word | key | value
/// long    | word | lengths | key | value
/// expiring| word | lengths | expiry | key | value
/// ```
///
/// `word` holds the version in bits 0 to 47 and the form in bits 62 and 63: a type's raw value (a
/// short record), or 3 (a long one). In a short record bits 48 to 54 are the key's length and bits
/// 55 to 61 the value's. In a long one `lengths` holds the value's length in bits 0 to 31, the key's
/// in bits 32 to 55, the type in bits 56 to 59 and, in bit 60, whether an expiry follows.
/// Most records are short and pay 8 bytes.
struct Record {
  /// The address of the first word, a multiple of 8.
  let base: UnsafeMutableRawPointer

  @inline(__always)
  init(base: UnsafeMutableRawPointer) { self.base = base }

  /// The key's bytes.
  @inline(__always)
  var key: UnsafeRawBufferPointer {
    let layout = layout
    return UnsafeRawBufferPointer(
      start: base + layout.headerByteCount, count: layout.keyByteCount)
  }

  /// The value's bytes; eight of them, little endian or whatever the caller stored, for an integer.
  @inline(__always)
  var value: UnsafeRawBufferPointer {
    let layout = layout
    return UnsafeRawBufferPointer(
      start: base + (layout.headerByteCount &+ layout.keyByteCount), count: layout.valueByteCount)
  }

  /// The value's type.
  @inline(__always)
  var type: ValueType {
    let word = word
    let bits = word >> 62 == Self.longForm ? lengths >> 56 & 0xf : word >> 62
    // Only raw values of the three types are ever written.
    return ValueType(rawValue: UInt8(truncatingIfNeeded: bits)) ?? .json
  }

  /// The number of the write that made this value, below 2^48.
  @inline(__always)
  var version: UInt64 { word & Self.versionMask }

  /// When the record expires, in milliseconds since 1970; 0 for never.
  @inline(__always)
  var expiry: Int64 { hasRoomForExpiry ? base.load(fromByteOffset: 16, as: Int64.self) : 0 }

  /// Whether the record may have an expiry: one look at its first word says no for most.
  @inline(__always)
  var hasRoomForExpiry: Bool { word >> 62 == Self.longForm && lengths & Self.expiryFlag != 0 }

  /// Whether the record's time is up at `time`, in milliseconds since 1970.
  @inline(__always)
  func isDue(at time: Int64) -> Bool {
    let expiry = expiry
    return expiry != 0 && expiry <= time
  }
}

extension Record {
  static let longForm: UInt64 = 3
  static let versionMask: UInt64 = 1 << 48 &- 1
  static let expiryFlag: UInt64 = 1 << 60

  @inline(__always)
  var word: UInt64 { base.load(as: UInt64.self) }

  /// Whether a first word is a short record's with a key of this length.
  @inline(__always)
  static func isShort(_ word: UInt64, keyByteCount: Int) -> Bool {
    word >> 62 != longForm && Int(truncatingIfNeeded: word >> 48 & 0x7f) == keyByteCount
  }

  /// The length of the value of a short record, from its first word.
  @inline(__always)
  static func shortValueByteCount(_ word: UInt64) -> Int {
    Int(truncatingIfNeeded: word >> 55 & 0x7f)
  }

  /// The type of a short record, from its first word.
  @inline(__always)
  static func shortType(_ word: UInt64) -> ValueType {
    // Only raw values of the three types are ever written.
    ValueType(rawValue: UInt8(truncatingIfNeeded: word >> 62)) ?? .json
  }

  @inline(__always)
  private var lengths: UInt64 { base.load(fromByteOffset: 8, as: UInt64.self) }

  /// How the record's bytes are laid out.
  @inline(__always)
  var layout: RecordLayout {
    let word = word
    if word >> 62 != Self.longForm {
      return RecordLayout(
        headerByteCount: 8, keyByteCount: Int(truncatingIfNeeded: word >> 48 & 0x7f),
        valueByteCount: Int(truncatingIfNeeded: word >> 55 & 0x7f))
    }
    let lengths = lengths
    return RecordLayout(
      headerByteCount: lengths & Self.expiryFlag == 0 ? 16 : 24,
      keyByteCount: Int(truncatingIfNeeded: lengths >> 32 & 0xff_ffff),
      valueByteCount: Int(truncatingIfNeeded: lengths & 0xffff_ffff))
  }

  /// Whether this is the record of `other`, which is not empty when its address is nil.
  ///
  /// The common form is tried on the one word that has been loaded.
  @inline(__always)
  func hasKey(_ other: UnsafeRawBufferPointer) -> Bool {
    let word = word
    let count: Int
    let start: UnsafeMutableRawPointer
    if word >> 62 != Self.longForm {
      count = Int(truncatingIfNeeded: word >> 48 & 0x7f)
      start = base + 8
    } else {
      let layout = layout
      count = layout.keyByteCount
      start = base + layout.headerByteCount
    }
    guard count == other.count else { return false }
    guard let otherStart = other.baseAddress else { return count == 0 }
    return RawBytes.equal(start, otherStart, count)
  }

  /// Writes all of the header. The key and the value stay as they are.
  @inline(__always)
  func writeHeader(layout: RecordLayout, type: ValueType, version: UInt64, expiry: Int64) {
    if layout.isShort {
      writeShortHeader(
        keyByteCount: layout.keyByteCount, valueByteCount: layout.valueByteCount, type: type,
        version: version)
      return
    }
    base.storeBytes(of: version & Self.versionMask | Self.longForm << 62, as: UInt64.self)
    let key = UInt64(truncatingIfNeeded: layout.keyByteCount)
    let value = UInt64(truncatingIfNeeded: layout.valueByteCount)
    let type = UInt64(type.rawValue)
    let flag = layout.hasExpiry ? Self.expiryFlag : 0
    base.storeBytes(of: value | key << 32 | type << 56 | flag, toByteOffset: 8, as: UInt64.self)
    if layout.hasExpiry { base.storeBytes(of: expiry, toByteOffset: 16, as: Int64.self) }
  }

  /// Writes the one word of a short record.
  @inline(__always)
  func writeShortHeader(keyByteCount: Int, valueByteCount: Int, type: ValueType, version: UInt64) {
    let key = UInt64(truncatingIfNeeded: keyByteCount)
    let value = UInt64(truncatingIfNeeded: valueByteCount)
    let type = UInt64(type.rawValue)
    base.storeBytes(
      of: version & Self.versionMask | key << 48 | value << 55 | type << 62, as: UInt64.self)
  }

  /// Writes the version alone.
  @inline(__always)
  func writeVersion(_ version: UInt64) {
    base.storeBytes(of: word & ~Self.versionMask | version & Self.versionMask, as: UInt64.self)
  }
}

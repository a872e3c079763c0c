/// How many bytes the parts of a record take.
///
/// The layout follows from the lengths and from whether there is an expiry, so the same content
/// always has the same layout, and a record need not store how much memory it was given.
struct RecordLayout: Equatable {
  /// The most bytes a key can have here; the limit for users is lower.
  static let keyByteLimit = 1 << 24 - 1
  /// The most bytes a value can have here; the limit for users is lower.
  static let valueByteLimit = 1 << 32 - 1
  /// The longest key, and the longest value, of a short record.
  static let shortByteLimit = 127

  /// 8 for a short record, 16 for a long one, 24 for one with an expiry.
  let headerByteCount: Int
  let keyByteCount: Int
  let valueByteCount: Int

  @inline(__always)
  init(headerByteCount: Int, keyByteCount: Int, valueByteCount: Int) {
    self.headerByteCount = headerByteCount
    self.keyByteCount = keyByteCount
    self.valueByteCount = valueByteCount
  }

  /// The layout for some content.
  ///
  /// A record that leaves the slabs always has room for an expiry, so that setting one never copies
  /// a large value.
  @inline(__always)
  init(keyByteCount: Int, valueByteCount: Int, expiry: Int64) {
    let isShort = keyByteCount | valueByteCount <= Self.shortByteLimit && expiry == 0
    let isLarge = keyByteCount &+ valueByteCount > SizeClass.slabByteLimit &- 16
    self.init(
      headerByteCount: isShort ? 8 : expiry == 0 && !isLarge ? 16 : 24,
      keyByteCount: keyByteCount, valueByteCount: valueByteCount)
  }

  @inline(__always)
  var isShort: Bool { headerByteCount == 8 }

  @inline(__always)
  var hasExpiry: Bool { headerByteCount == 24 }

  /// All bytes of the record.
  @inline(__always)
  var byteCount: Int { headerByteCount &+ keyByteCount &+ valueByteCount }

  /// The bytes of the key and the value.
  @inline(__always)
  var dataByteCount: Int { keyByteCount &+ valueByteCount }

  /// Whether a record of this layout can be overwritten by one of `other`, for the same key,
  /// without moving: the header has the same size and the memory too.
  @inline(__always)
  func canBecome(_ other: RecordLayout) -> Bool {
    headerByteCount == other.headerByteCount
      && SizeClass.capacity(byteCount) == SizeClass.capacity(other.byteCount)
  }
}

/// A word of the table: a record's address with what is needed without touching the record.
///
/// Bits 0 to 2 hold how many buckets after its home the record lies, bits 3 to 47 the address (a
/// multiple of 8), bits 48 to 63 the hash's lowest 16 bits. Those are the bits by which segments
/// split, so the first 16 splits of any segment read no record.
struct RecordWord: Equatable {
  let bits: UInt64

  static let hashBitCount = 16
  private static let addressMask: UInt64 = 0xffff_ffff_fff8

  @inline(__always)
  init(bits: UInt64) { self.bits = bits }

  @inline(__always)
  init(_ record: Record, hash: UInt64) {
    // The address has 48 bits, which was checked when its memory was obtained.
    bits = UInt64(UInt(bitPattern: record.base)) | hash << 48
  }

  @inline(__always)
  var record: Record? {
    UnsafeMutableRawPointer(bitPattern: UInt(bits & Self.addressMask)).map(Record.init(base:))
  }

  @inline(__always)
  var displacement: Int { Int(truncatingIfNeeded: bits & 7) }

  /// The hash's lowest 16 bits.
  @inline(__always)
  var hashBits: UInt64 { bits >> 48 }

  @inline(__always)
  func displaced(by displacement: Int) -> RecordWord {
    RecordWord(bits: bits & ~7 | UInt64(truncatingIfNeeded: displacement))
  }
}

/// One cache line: a control word and seven record words.
///
/// The control word's lowest seven bytes are tags: 0 for a free slot, else bit 7 and seven bits of
/// the hash. Its highest byte holds the overflow marks of the records whose home is this bucket: bit
/// *d* is set while any of them lies *d* buckets further on, bit 0 while any is in the stash. So a
/// search visits no other bucket unless there is something to find, and marks go away with the last
/// record that needs them.
///
/// Tags are compared all at once in plain 64-bit arithmetic (the zero-byte test of "SIMD within a
/// register"), which needs no instruction set beyond the common one.
struct Bucket {
  static let byteCount = 64
  static let slotCount = 7
  static let stashMark: UInt64 = 1 << 56

  private static let ones: UInt64 = 0x0001_0101_0101_0101
  private static let highBits: UInt64 = 0x0080_8080_8080_8080
  private static let markBits: UInt64 = 0xff << 56

  let base: UnsafeMutableRawPointer

  @inline(__always)
  init(base: UnsafeMutableRawPointer) { self.base = base }

  @inline(__always)
  var control: UInt64 {
    get { base.load(as: UInt64.self) }
    nonmutating set { base.storeBytes(of: newValue, as: UInt64.self) }
  }

  /// The record word in a slot; meaningful only while the slot is taken.
  @inline(__always)
  subscript(slot: Int) -> RecordWord {
    get { RecordWord(bits: base.load(fromByteOffset: 8 &+ slot << 3, as: UInt64.self)) }
    nonmutating set {
      base.storeBytes(of: newValue.bits, toByteOffset: 8 &+ slot << 3, as: UInt64.self)
    }
  }

  /// Takes a free slot. There must be one.
  @inline(__always)
  func insert(_ word: RecordWord, tag: UInt64) {
    let slot = Self.freeSlots(control).firstSlot
    control |= tag << UInt64(truncatingIfNeeded: slot << 3)
    self[slot] = word
  }

  @inline(__always)
  func clear(slot: Int) {
    control &= ~(0xff << UInt64(truncatingIfNeeded: slot << 3))
  }

  @inline(__always)
  func tag(slot: Int) -> UInt64 {
    control >> UInt64(truncatingIfNeeded: slot << 3) & 0xff
  }

  @inline(__always)
  func clearMarks() { control &= ~Self.markBits }

  /// Whether a record word with this displacement is here whose home is `displacement` buckets
  /// before this one.
  func holds(displacement: Int) -> Bool {
    var slots = Self.takenSlots(control)
    while let slot = slots.next() {
      if self[slot].displacement == displacement { return true }
    }
    return false
  }
}

extension Bucket {
  /// A set of slots: bit 7 of byte *i* stands for slot *i*.
  struct Slots {
    var bits: UInt64

    @inline(__always)
    var isEmpty: Bool { bits == 0 }

    @inline(__always)
    var count: Int { bits.nonzeroBitCount }

    /// The lowest slot of a set that is not empty.
    @inline(__always)
    var firstSlot: Int { bits.trailingZeroBitCount >> 3 }

    /// Removes the lowest slot and returns it.
    @inline(__always)
    mutating func next() -> Int? {
      guard bits != 0 else { return nil }
      let slot = firstSlot
      bits &= bits &- 1
      return slot
    }
  }

  /// The tag of a hash: bits 57 to 63, never 0.
  @inline(__always)
  static func tag(_ hash: UInt64) -> UInt64 { hash >> 57 | 0x80 }

  @inline(__always)
  static func freeSlots(_ control: UInt64) -> Slots { Slots(bits: ~control & highBits) }

  @inline(__always)
  static func takenSlots(_ control: UInt64) -> Slots { Slots(bits: control & highBits) }

  /// The slots whose tag is `tag`.
  ///
  /// A borrow can add a slot above a true match whose tag differs in its lowest bit; the comparison
  /// of record words turns it away.
  @inline(__always)
  static func matches(_ control: UInt64, tag: UInt64) -> Slots {
    let difference = control ^ (tag &* ones)
    return Slots(bits: (difference &- ones) & ~difference & highBits)
  }

  /// The overflow marks of a control word, in bits 0 to 7.
  @inline(__always)
  static func marks(_ control: UInt64) -> UInt64 { control >> 56 }

  @inline(__always)
  static func mark(displacement: Int) -> UInt64 {
    stashMark << UInt64(truncatingIfNeeded: displacement)
  }
}

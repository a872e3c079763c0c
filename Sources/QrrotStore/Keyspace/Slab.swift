/// The head of a slab: 32 KB of records of one size class.
///
/// A slab is aligned to its size, so the slab of a record is found by clearing low bits of the
/// record's address. Free slots form a list through their first words; slots that were never used
/// are taken in order of address, so a new slab is not touched before it is needed.
struct Slab {
  /// The distance of slabs, and their alignment.
  static let byteCount = 32_768
  /// What is asked for. The 16 bytes less leave room for the allocator's own word, so that slabs
  /// asked for one after another lie one after another.
  static let requestByteCount = byteCount - 16
  /// Where the first slot begins.
  static let headByteCount = 48

  typealias Pointer = UnsafeMutablePointer<Slab>

  /// Neighbours in the one list that the slab is in: that of its class while it has free slots, that
  /// of the full slabs otherwise.
  var next: Pointer?
  var previous: Pointer?
  /// The first slot that was used and is free again.
  var freeSlot: UnsafeMutableRawPointer?
  /// The offset of the first slot that was never used.
  var unusedOffset: UInt32
  /// Records that live here.
  var liveCount: UInt32
  var slotByteCount: UInt32
  var classIndex: UInt32

  init(classIndex: Int) {
    next = nil
    previous = nil
    freeSlot = nil
    unusedOffset = UInt32(Self.headByteCount)
    liveCount = 0
    slotByteCount = UInt32(truncatingIfNeeded: SizeClass.byteCount(ofClass: classIndex))
    self.classIndex = UInt32(truncatingIfNeeded: classIndex)
  }

  @inline(__always)
  var isFull: Bool {
    freeSlot == nil && unusedOffset &+ slotByteCount > UInt32(Self.requestByteCount)
  }

  /// The slab that holds the record at `address`, which must have come from a slab.
  @inline(__always)
  static func containing(_ address: UnsafeMutableRawPointer) -> Pointer {
    let offset = Int(bitPattern: address) & (byteCount &- 1)
    // The head was initialised as a `Slab` when the memory was obtained, and is never rebound.
    return (address - offset).assumingMemoryBound(to: Slab.self)
  }

  /// Takes a slot. There must be one.
  @inline(__always)
  static func takeSlot(_ slab: Pointer) -> UnsafeMutableRawPointer {
    slab.pointee.liveCount &+= 1
    if let slot = slab.pointee.freeSlot {
      slab.pointee.freeSlot = slot.load(as: UnsafeMutableRawPointer?.self)
      return slot
    }
    let slot = UnsafeMutableRawPointer(slab) + Int(slab.pointee.unusedOffset)
    slab.pointee.unusedOffset &+= slab.pointee.slotByteCount
    return slot
  }

  /// Gives a slot back.
  @inline(__always)
  static func returnSlot(_ slot: UnsafeMutableRawPointer, to slab: Pointer) {
    slab.pointee.liveCount &-= 1
    // A slot is at least 16 bytes and a multiple of 8: the link fits and is aligned.
    slot.storeBytes(of: slab.pointee.freeSlot, as: UnsafeMutableRawPointer?.self)
    slab.pointee.freeSlot = slot
  }

  static func push(_ slab: Pointer, on list: inout Pointer?) {
    slab.pointee.previous = nil
    slab.pointee.next = list
    list?.pointee.previous = slab
    list = slab
  }

  static func unlink(_ slab: Pointer, from list: inout Pointer?) {
    if let previous = slab.pointee.previous {
      previous.pointee.next = slab.pointee.next
    } else {
      list = slab.pointee.next
    }
    slab.pointee.next?.pointee.previous = slab.pointee.previous
  }
}

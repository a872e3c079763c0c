internal import CProcessor

/// A walk over all records of a table in the order in which they lie in memory: several times as fast as
/// one in the order of the hashes, where each record is a wait for memory and for the page tables.
///
/// It goes on from call to call as long as no slab and no large record has come or gone. What it has
/// visited it remembers by address, so that another walk can do the rest.
struct MemoryWalk {
  /// What is to be walked over next.
  private enum Place {
    case fullSlabs
    /// The slabs of this class that have free slots.
    case openSlabs(Int)
    case largeRecords
    case end
  }

  private var place = Place.fullSlabs
  private var slab: Slab.Pointer?
  private var large: UnsafeMutablePointer<RecordAllocator.LargeHead>?
  private var listVersion: Int
  /// The addresses of the slabs and of the large records that have been visited.
  private var visited: Set<UInt> = []
  /// Which slots of the slab at hand are free, one bit each.
  private var freeSlots: [UInt64] = []

  init(_ keyspace: borrowing Keyspace) {
    let allocator = keyspace.state.pointee.allocator
    listVersion = allocator.listVersion
    slab = allocator.fullSlabs
  }

  /// Whether the walk can go on, rather than another one that does the rest.
  func isGood(in keyspace: borrowing Keyspace) -> Bool {
    listVersion == keyspace.state.pointee.allocator.listVersion
  }

  /// Whether the record's memory was visited.
  func hasVisited(_ record: Record) -> Bool {
    let address = UInt(bitPattern: record.base)
    let isLarge = record.layout.byteCount > SizeClass.slabByteLimit
    return visited.contains(isLarge ? address : address & ~UInt(Slab.byteCount - 1))
  }

  /// Hands some records to `body`. The table must not be changed meanwhile, and the walk be good.
  ///
  /// - Parameter limit: after how many records to stop; whole slabs are visited, so there may be some two
  ///   thousand more.
  /// - Returns: whether there are more.
  /// - Throws: what `body` throws; the walk is of no use then.
  mutating func next<E: Error>(
    in keyspace: borrowing Keyspace, limit: Int, _ body: (Record) throws(E) -> Void
  ) throws(E) -> Bool {
    var count = 0
    while count < limit {
      if let slab {
        self.slab = slab.pointee.next
        if let next = slab.pointee.next { qrrot_prefetch(next) }
        visited.insert(UInt(bitPattern: slab))
        count += Int(slab.pointee.liveCount)
        try visit(slab, body)
      } else if let large {
        self.large = large.pointee.next
        if let next = large.pointee.next { qrrot_prefetch(next) }
        let memory = UnsafeMutableRawPointer(large) + RecordAllocator.largeHeadByteCount
        visited.insert(UInt(bitPattern: memory))
        count += 1
        try body(Record(base: memory))
      } else if !advance(in: keyspace) {
        return false
      }
    }
    return true
  }

  /// Goes to the next list; false if there is none.
  private mutating func advance(in keyspace: borrowing Keyspace) -> Bool {
    let allocator = keyspace.state.pointee.allocator
    switch place {
    case .fullSlabs:
      place = .openSlabs(0)
      slab = allocator.openSlabs[0]
    case .openSlabs(let index) where index + 1 < SizeClass.count:
      place = .openSlabs(index + 1)
      slab = allocator.openSlabs[index + 1]
    case .openSlabs:
      place = .largeRecords
      large = allocator.largeRecords
    case .largeRecords, .end:
      place = .end
      return false
    }
    return true
  }

  private mutating func visit<E: Error>(
    _ slab: Slab.Pointer, _ body: (Record) throws(E) -> Void
  ) throws(E) {
    let slotByteCount = Int(slab.pointee.slotByteCount)
    let base = UnsafeMutableRawPointer(slab)
    let end = min(Int(slab.pointee.unusedOffset), Slab.requestByteCount)
    guard slab.pointee.freeSlot != nil else {
      var offset = Slab.headByteCount
      while offset &+ slotByteCount <= end {
        // The processor follows a slab by itself, but not from one page to the next.
        qrrot_prefetch(base + (offset &+ Self.prefetchDistance))
        try body(Record(base: base + offset))
        offset &+= slotByteCount
      }
      return
    }
    noteFreeSlots(of: slab)
    var index = 0
    var offset = Slab.headByteCount
    while offset &+ slotByteCount <= end {
      if freeSlots[index >> 6] >> UInt64(index & 63) & 1 == 0 {
        try body(Record(base: base + offset))
      }
      index &+= 1
      offset &+= slotByteCount
    }
  }

  private mutating func noteFreeSlots(of slab: Slab.Pointer) {
    let slotByteCount = Int(slab.pointee.slotByteCount)
    let slotCount = (Slab.byteCount - Slab.headByteCount) / slotByteCount
    freeSlots.removeAll(keepingCapacity: true)
    freeSlots.append(contentsOf: repeatElement(0, count: slotCount / 64 + 1))
    let first = UnsafeMutableRawPointer(slab) + Slab.headByteCount
    var free = slab.pointee.freeSlot
    while let slot = free {
      let index = (slot - first) / slotByteCount
      freeSlots[index >> 6] |= 1 << UInt64(index & 63)
      free = slot.load(as: UnsafeMutableRawPointer?.self)
    }
  }

  private static let prefetchDistance = 2_048
}

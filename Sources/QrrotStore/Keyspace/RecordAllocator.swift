/// The memory of a table's records.
///
/// Records of up to 2,048 bytes live in slabs, one size class a slab; larger ones have an allocation
/// each. A slab whose last record goes is given to whatever class needs one next: one is kept, the
/// others return to the system at once, as large records do.
///
/// - Complexity: O(1) for each operation, apart from what the C library does for a slab or a large
///   record.
struct RecordAllocator {
  /// What precedes a large record: its neighbours in the list of all large records.
  struct LargeHead {
    var next: UnsafeMutablePointer<LargeHead>?
    var previous: UnsafeMutablePointer<LargeHead>?
  }

  /// Bytes before a large record; also roughly what the C library needs for itself, counted once
  /// more.
  static let largeHeadByteCount = 16
  static let largeOverheadByteCount = 2 * largeHeadByteCount

  /// For each class, the slabs that have free slots.
  var openSlabs: UnsafeMutablePointer<Slab.Pointer?>
  var fullSlabs: Slab.Pointer?
  /// One slab that no class uses, so that a record that comes and goes costs no system call.
  var spareSlab: Slab.Pointer?
  var largeRecords: UnsafeMutablePointer<LargeHead>?
  /// Changes whenever a slab or a large record comes, goes or gets into another list: as long as it is
  /// the same, a place in the lists stays good.
  var listVersion = 0
  /// All memory held, in bytes, the allocator's own included.
  var byteCount: Int

  init() {
    openSlabs = .allocate(capacity: SizeClass.count)
    openSlabs.initialize(repeating: nil, count: SizeClass.count)
    byteCount = SizeClass.count * MemoryLayout<Slab.Pointer?>.stride
  }

  /// How much memory `allocate` would have to obtain for a record of `byteCount` bytes.
  @inline(__always)
  func newMemory(_ byteCount: Int) -> Int {
    guard byteCount <= SizeClass.slabByteLimit else {
      return SizeClass.capacity(byteCount) &+ Self.largeOverheadByteCount
    }
    if openSlabs[SizeClass.index(byteCount)] != nil || spareSlab != nil { return 0 }
    return Slab.byteCount
  }

  /// Memory for a record of `byteCount` bytes, aligned to 8, with any content.
  @inline(__always)
  mutating func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer {
    guard byteCount <= SizeClass.slabByteLimit else { return allocateLarge(byteCount) }
    let index = SizeClass.index(byteCount)
    let slab = openSlabs[index] ?? openSlab(classIndex: index)
    let slot = Slab.takeSlot(slab)
    if slab.pointee.isFull {
      Slab.unlink(slab, from: &openSlabs[index])
      Slab.push(slab, on: &fullSlabs)
      listVersion &+= 1
    }
    return slot
  }

  /// Returns the memory of a record of `byteCount` bytes.
  @inline(__always)
  mutating func deallocate(_ memory: UnsafeMutableRawPointer, _ byteCount: Int) {
    guard byteCount <= SizeClass.slabByteLimit else { return deallocateLarge(memory, byteCount) }
    let slab = Slab.containing(memory)
    let index = Int(slab.pointee.classIndex)
    if slab.pointee.isFull {
      Slab.unlink(slab, from: &fullSlabs)
      Slab.push(slab, on: &openSlabs[index])
      listVersion &+= 1
    }
    Slab.returnSlot(memory, to: slab)
    if slab.pointee.liveCount == 0 {
      Slab.unlink(slab, from: &openSlabs[index])
      retire(slab)
    }
  }

  /// Returns all memory; the allocator is as new afterwards.
  ///
  /// - Complexity: O(slabs + large records).
  mutating func deallocateAll() {
    listVersion &+= 1
    for index in 0..<SizeClass.count {
      releaseList(openSlabs[index])
      openSlabs[index] = nil
    }
    releaseList(fullSlabs)
    fullSlabs = nil
    releaseList(spareSlab)
    spareSlab = nil
    while let head = largeRecords {
      largeRecords = head.pointee.next
      RawMemory.deallocate(UnsafeMutableRawPointer(head))
    }
    byteCount = SizeClass.count * MemoryLayout<Slab.Pointer?>.stride
  }

  /// Returns all memory, the allocator's own included; it must not be used again.
  mutating func destroy() {
    deallocateAll()
    openSlabs.deallocate()
  }
}

extension RecordAllocator {
  /// Makes every place in the lists that was known before a bad one.
  ///
  /// - Parameter other: the version of the lists that this allocator's owner had before.
  mutating func renewLists(past other: Int) { listVersion = max(listVersion, other) &+ 1 }

  @inline(never)
  private mutating func openSlab(classIndex: Int) -> Slab.Pointer {
    listVersion &+= 1
    let slab: Slab.Pointer
    if let spare = spareSlab {
      slab = spare
      spareSlab = nil
    } else {
      let memory = RawMemory.allocate(Slab.requestByteCount, alignment: Slab.byteCount)
      slab = memory.bindMemory(to: Slab.self, capacity: 1)
      byteCount &+= Slab.byteCount
    }
    slab.initialize(to: Slab(classIndex: classIndex))
    Slab.push(slab, on: &openSlabs[classIndex])
    return slab
  }

  @inline(never)
  private mutating func retire(_ slab: Slab.Pointer) {
    listVersion &+= 1
    if spareSlab == nil {
      slab.pointee.next = nil
      spareSlab = slab
    } else {
      byteCount &-= Slab.byteCount
      RawMemory.deallocate(UnsafeMutableRawPointer(slab))
    }
  }

  private func releaseList(_ list: Slab.Pointer?) {
    var rest = list
    while let slab = rest {
      rest = slab.pointee.next
      RawMemory.deallocate(UnsafeMutableRawPointer(slab))
    }
  }

  @inline(never)
  private mutating func allocateLarge(_ byteCount: Int) -> UnsafeMutableRawPointer {
    let capacity = SizeClass.capacity(byteCount)
    let memory = RawMemory.allocate(capacity &+ Self.largeHeadByteCount)
    listVersion &+= 1
    let head = memory.bindMemory(to: LargeHead.self, capacity: 1)
    head.initialize(to: LargeHead(next: largeRecords, previous: nil))
    largeRecords?.pointee.previous = head
    largeRecords = head
    self.byteCount &+= capacity &+ Self.largeOverheadByteCount
    return memory + Self.largeHeadByteCount
  }

  @inline(never)
  private mutating func deallocateLarge(_ record: UnsafeMutableRawPointer, _ byteCount: Int) {
    let memory = record - Self.largeHeadByteCount
    listVersion &+= 1
    // Every large record was preceded by a head when its memory was obtained.
    let head = memory.assumingMemoryBound(to: LargeHead.self)
    if let previous = head.pointee.previous {
      previous.pointee.next = head.pointee.next
    } else {
      largeRecords = head.pointee.next
    }
    head.pointee.next?.pointee.previous = head.pointee.previous
    self.byteCount &-= SizeClass.capacity(byteCount) &+ Self.largeOverheadByteCount
    RawMemory.deallocate(memory)
  }
}

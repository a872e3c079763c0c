/// The records that expire, in the order in which they do.
///
/// A row of chunks, each a sorted array of up to 511 entries: the time in milliseconds and the
/// record's address, 16 bytes. Two binary searches lead to an entry; a full chunk splits, two that
/// have emptied join. Entries that come in order, as those of keys with the same lifetime do, fill
/// their chunks to the end.
///
/// So an entry takes 16 bytes when times come in order and about 23 when they don't, what is due can
/// be counted without visiting it, and the next to go is at hand.
///
/// - Complexity: O(log n) to find; an insertion moves at most 8 KB, and every few hundredth one the
///   row, of 32 bytes a chunk, too. The first entry is removed in O(1).
/// - Note: the scheme of Python's `sortedcontainers` (a list of sorted lists), with a first key beside
///   each chunk.
struct ExpiryIndex {
  /// A time, and who goes then.
  struct Entry: Comparable {
    let time: Int64
    let record: Record

    @inline(__always)
    static func < (a: Entry, b: Entry) -> Bool {
      a.time != b.time ? a.time < b.time : a.record.base < b.record.base
    }

    @inline(__always)
    static func == (a: Entry, b: Entry) -> Bool {
      a.time == b.time && a.record.base == b.record.base
    }
  }

  private struct Chunk {
    /// A copy of the first entry, so that a search for a chunk reads none.
    var first: Entry
    let base: UnsafeMutablePointer<Entry>
    /// Where in the memory the entries begin.
    var start: Int32
    var storedCount: Int32

    var count: Int { Int(storedCount) }
    var entries: UnsafeMutablePointer<Entry> { base + Int(start) }
    var last: Entry { entries[count - 1] }
  }

  /// 16 bytes less than 8 KB, for the allocator's own word.
  static let usualCapacity = 511

  /// How many records there are.
  private(set) var count = 0
  private let capacity: Int
  /// The chunks from `head` on, none of them empty; those before have gone.
  private var chunks: [Chunk] = []
  private var head = 0

  /// An empty index; a test makes chunks tiny.
  init(capacity: Int = Self.usualCapacity) {
    precondition(capacity >= 2, "a chunk that splits has two entries")
    self.capacity = capacity
  }

  /// All memory held, in bytes.
  var byteCount: Int {
    (chunks.count &- head) &* (chunkByteCount &+ 16) &+ chunks.capacity
      &* MemoryLayout<Chunk>.stride
  }

  private var chunkByteCount: Int { capacity &* MemoryLayout<Entry>.stride }

  /// The next that goes; nil if none does.
  var first: Entry? { head < chunks.count ? chunks[head].first : nil }

  /// How many are due at this time, in milliseconds since 1970.
  ///
  /// - Complexity: O(those / 256).
  func dueCount(at time: Int64) -> Int {
    var due = 0
    for index in head..<chunks.count {
      let chunk = chunks[index]
      guard chunk.first.time <= time else { break }
      if index + 1 < chunks.count, chunks[index + 1].first.time <= time {
        due += chunk.count
      } else {
        due += Self.position(in: chunk) { $0.time <= time }
      }
    }
    return due
  }

  /// Hands all entries to `body`, in their order.
  func forEach<E: Error>(_ body: (Entry) throws(E) -> Void) throws(E) {
    for chunk in chunks[head...] {
      for index in 0..<chunk.count { try body(chunk.entries[index]) }
    }
  }

  /// Forgets all records and returns the memory.
  mutating func removeAll() {
    for chunk in chunks[head...] { release(chunk) }
    chunks = []
    head = 0
    count = 0
  }
}

extension ExpiryIndex {
  /// Adds an entry that is not there.
  mutating func insert(_ entry: Entry) {
    count += 1
    guard head < chunks.count else {
      chunks.append(makeChunk([entry]))
      return
    }
    var index = chunkIndex(of: entry)
    if chunks[index].count == capacity {
      if index == chunks.count - 1, chunks[index].last < entry {
        chunks.append(makeChunk([entry]))
        return
      }
      split(index)
      if !(entry < chunks[index + 1].first) { index += 1 }
    }
    let position = Self.position(in: chunks[index]) { $0 < entry }
    Self.open(position, in: &chunks[index], capacity: capacity)
    (chunks[index].entries + position).initialize(to: entry)
    if position == 0 { chunks[index].first = entry }
  }

  /// Removes an entry. It must be there.
  mutating func remove(_ entry: Entry) {
    let index = chunkIndex(of: entry)
    let position = Self.position(in: chunks[index]) { $0 < entry }
    precondition(
      position < chunks[index].count && chunks[index].entries[position] == entry,
      "a record that expires is in the index")
    count -= 1
    Self.close(position, in: &chunks[index])
    guard chunks[index].count > 0 else { return removeChunk(index) }
    if position == 0 { chunks[index].first = chunks[index].entries[0] }
    if chunks[index].count * 4 <= capacity { join(index) }
  }

  /// The last chunk that does not begin behind the entry, or the first.
  private func chunkIndex(of entry: Entry) -> Int {
    var low = head + 1
    var high = chunks.count
    while low < high {
      let middle = (low + high) / 2
      if entry < chunks[middle].first { high = middle } else { low = middle + 1 }
    }
    return low - 1
  }

  /// How many entries there are before the first that is not as wanted.
  private static func position(in chunk: Chunk, where isBefore: (Entry) -> Bool) -> Int {
    var low = 0
    var high = chunk.count
    while low < high {
      let middle = (low + high) / 2
      if isBefore(chunk.entries[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Makes room for one at `position` of a chunk that is not full.
  ///
  /// Static, as is `close`: what has `self` beside a chunk of it copies all chunks.
  private static func open(_ position: Int, in chunk: inout Chunk, capacity: Int) {
    let count = chunk.count
    let hasRoomBehind = Int(chunk.start) + count < capacity
    if chunk.start > 0, position * 2 < count || !hasRoomBehind {
      let entries = chunk.entries
      (entries - 1).update(from: entries, count: position)
      chunk.start -= 1
    } else {
      let place = chunk.entries + position
      (place + 1).update(from: place, count: count - position)
    }
    chunk.storedCount += 1
  }

  /// Takes out the one at `position`.
  private static func close(_ position: Int, in chunk: inout Chunk) {
    let entries = chunk.entries
    if position * 2 < chunk.count {
      (entries + 1).update(from: entries, count: position)
      chunk.start += 1
    } else {
      let place = entries + position
      place.update(from: place + 1, count: chunk.count - position - 1)
    }
    chunk.storedCount -= 1
  }

  private mutating func split(_ index: Int) {
    let chunk = chunks[index]
    let kept = chunk.count / 2
    let upper = UnsafeBufferPointer(start: chunk.entries + kept, count: chunk.count - kept)
    chunks[index].storedCount = Int32(truncatingIfNeeded: kept)
    chunks.insert(makeChunk(upper), at: index + 1)
  }

  /// Joins a chunk with a neighbour if the two are half a chunk at most.
  private mutating func join(_ index: Int) {
    for left in [index, index - 1] where left >= head && left + 1 < chunks.count {
      let right = chunks[left + 1]
      let sum = chunks[left].count + right.count
      guard sum * 2 <= capacity else { continue }
      let target = chunks[left]
      // Both to the front: there is room for the two.
      target.base.update(from: target.entries, count: target.count)
      (target.base + target.count).update(from: right.entries, count: right.count)
      chunks[left].start = 0
      chunks[left].storedCount = Int32(truncatingIfNeeded: sum)
      removeChunk(left + 1)
      return
    }
  }

  private func makeChunk(_ entries: some Collection<Entry>) -> Chunk {
    let base = RawMemory.allocate(chunkByteCount).bindMemory(to: Entry.self, capacity: capacity)
    var count: Int32 = 0
    for entry in entries {
      (base + Int(count)).initialize(to: entry)
      count += 1
    }
    return Chunk(first: base[0], base: base, start: 0, storedCount: count)
  }

  private func release(_ chunk: Chunk) { RawMemory.deallocate(UnsafeMutableRawPointer(chunk.base)) }

  private mutating func removeChunk(_ index: Int) {
    release(chunks[index])
    guard index == head else {
      chunks.remove(at: index)
      return
    }
    head += 1
    // Moving the rest to the front costs as much as has gone since the last time.
    if head * 2 > chunks.count {
      chunks.removeFirst(head)
      head = 0
      if chunks.isEmpty { chunks = [] }
    }
  }
}

extension ExpiryIndex {
  /// Whether all that must hold between two operations does; for tests and debugging.
  func isSound() -> Bool {
    var counted = 0
    var previous: Entry?
    for index in head..<chunks.count {
      let chunk = chunks[index]
      guard chunk.count > 0, chunk.first == chunk.entries[0], chunk.start >= 0,
        Int(chunk.start) + chunk.count <= capacity
      else { return false }
      for position in 0..<chunk.count {
        if let previous, !(previous < chunk.entries[position]) { return false }
        previous = chunk.entries[position]
      }
      counted += chunk.count
    }
    return counted == count
  }
}

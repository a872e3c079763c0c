/// Records that have no place in their segment although splitting it would not help.
///
/// With a secret seed this does not happen: it takes dozens of keys whose hashes agree in all bits
/// that matter. The table must be right all the same, so such records go to one list for the whole
/// table, which is searched from end to end, and the marks of their home buckets lead there.
///
/// - Complexity: O(*n*) for a search, where *n* is the number of stashed records.
struct Stash {
  struct Entry {
    let hash: UInt64
    var record: Record
  }

  private var entries: UnsafeMutablePointer<Entry>?
  private(set) var count = 0
  private var capacity = 0

  var byteCount: Int { capacity * MemoryLayout<Entry>.stride }

  subscript(index: Int) -> Entry {
    get {
      precondition(index >= 0 && index < count, "no such entry")
      guard let entries else { preconditionFailure("a stash with entries has memory") }
      return entries[index]
    }
    set {
      precondition(index >= 0 && index < count, "no such entry")
      entries?[index] = newValue
    }
  }

  mutating func append(_ entry: Entry) {
    if count == capacity { reserve(max(8, capacity * 2)) }
    guard let entries else { preconditionFailure("a stash with capacity has memory") }
    (entries + count).initialize(to: entry)
    count += 1
  }

  /// Removes an entry; the last one takes its place. The memory goes with the last entry.
  mutating func remove(at index: Int) {
    self[index] = self[count - 1]
    count -= 1
    if count == 0 { removeAll() }
  }

  mutating func removeAll() {
    entries?.deallocate()
    entries = nil
    count = 0
    capacity = 0
  }

  private mutating func reserve(_ newCapacity: Int) {
    let larger = UnsafeMutablePointer<Entry>.allocate(capacity: newCapacity)
    if let entries {
      larger.moveInitialize(from: entries, count: count)
      entries.deallocate()
    }
    entries = larger
    capacity = newCapacity
  }
}

internal import QrrotWire

/// Requests that are sent together, encoded already.
struct RedisBatch: Sendable {
  /// One request.
  struct Entry: Sendable {
    /// Where it begins in the bytes.
    var start: Int
    /// The slot of its key; -1 if any node will do.
    var slot: Int32
    /// Whether it changes nothing and may be repeated.
    var isRead: Bool
    /// Where its key lies, from its start; 0 if it has none.
    fileprivate(set) var keyOffset: UInt32 = 0
    fileprivate(set) var keyCount: UInt32 = 0
  }

  private var writer = ReplyWriter()
  /// The requests in order.
  private(set) var entries: [Entry] = []

  /// The bytes to send.
  var bytes: [UInt8] { writer.bytes }

  /// Makes one without requests.
  init() {}

  /// Adds a request.
  ///
  /// - Parameters:
  ///   - words: the command and its arguments.
  ///   - key: which word is the key that decides on the node; nil: none.
  ///   - isRead: whether it changes nothing and may be repeated.
  mutating func append(_ words: [[UInt8]], key: Int?, isRead: Bool) {
    var entry = Entry(start: writer.bytes.count, slot: -1, isRead: isRead)
    writer.array(count: words.count)
    for (index, word) in words.enumerated() {
      writer.bulk(word)
      if index == key { note(word, in: &entry) }
    }
    entries.append(entry)
  }

  /// Adds a request; the first of `words`, if there are any, is its key.
  mutating func append(_ name: StaticString, _ words: [UInt8]..., isRead: Bool) {
    var entry = Entry(start: writer.bytes.count, slot: -1, isRead: isRead)
    writer.array(count: words.count + 1)
    writer.bulk(UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    for (index, word) in words.enumerated() {
      writer.bulk(word)
      if index == 0 { note(word, in: &entry) }
    }
    entries.append(entry)
  }

  /// Notes that the word which was written last is the key.
  private mutating func note(_ key: [UInt8], in entry: inout Entry) {
    entry.slot = RedisSlot.of(key)
    entry.keyCount = UInt32(truncatingIfNeeded: key.count)
    entry.keyOffset = UInt32(truncatingIfNeeded: writer.bytes.count - 2 - key.count - entry.start)
  }

  var count: Int { entries.count }
  var isEmpty: Bool { entries.isEmpty }

  /// Begins anew, with the memory that there is.
  mutating func removeAll() {
    writer.bytes.removeAll(keepingCapacity: true)
    entries.removeAll(keepingCapacity: true)
  }

  /// Where a request lies in the bytes.
  func range(_ index: Int) -> Range<Int> {
    entries[index].start..<(index + 1 < entries.count ? entries[index + 1].start : bytes.count)
  }

  /// The key of a request.
  func key(_ index: Int) -> ArraySlice<UInt8> {
    let entry = entries[index]
    let start = entry.start + Int(entry.keyOffset)
    return bytes[start..<(start + Int(entry.keyCount))]
  }
}

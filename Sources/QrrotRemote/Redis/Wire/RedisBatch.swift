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

  /// Adds `SET key text GET`, for who adds a million of them.
  mutating func appendSetGet(_ key: UnsafeRawBufferPointer, _ text: UnsafeRawBufferPointer) {
    var entry = Entry(start: writer.bytes.count, slot: RedisSlot.of(key), isRead: false)
    Self.append(Self.setHead, to: &writer.bytes)
    writer.bulk(key)
    entry.keyCount = UInt32(truncatingIfNeeded: key.count)
    entry.keyOffset = UInt32(truncatingIfNeeded: writer.bytes.count - 2 - key.count - entry.start)
    writer.bulk(text)
    Self.append(Self.getWord, to: &writer.bytes)
    entries.append(entry)
  }

  private static let setHead: StaticString = "*4\r\n$3\r\nSET\r\n"
  private static let getWord: StaticString = "$3\r\nGET\r\n"

  private static func append(_ text: StaticString, to bytes: inout [UInt8]) {
    bytes.append(
      contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// The word behind the key of a request.
  func wordBehindKey(_ index: Int) -> [UInt8] {
    let rest = bytes[(key(index).endIndex + 2)..<range(index).upperBound]
    guard let end = rest.firstIndex(of: UInt8(ascii: "\r")),
      let count = Int(String(decoding: rest[(rest.startIndex + 1)..<end], as: UTF8.self))
    else { return [] }
    return Array(rest[(end + 2)..<(end + 2 + count)])
  }

  /// Notes that the word which was written last is the key.
  private mutating func note(_ key: [UInt8], in entry: inout Entry) {
    entry.slot = RedisSlot.of(key)
    entry.keyCount = UInt32(truncatingIfNeeded: key.count)
    entry.keyOffset = UInt32(truncatingIfNeeded: writer.bytes.count - 2 - key.count - entry.start)
  }

  var count: Int { entries.count }
  /// How many bytes there are to send.
  var byteCount: Int { writer.bytes.count }
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

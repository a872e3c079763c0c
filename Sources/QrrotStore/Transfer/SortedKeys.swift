internal import QrrotCore

/// What is wanted after a key.
public enum ReadingStep {
  /// The next one.
  case next
  /// To go on behind it another time.
  case pause
  /// To go on with it another time.
  case stay
}

/// Copies of keys, in byte order once they have been sorted: all at once, or part by part
/// (``endRun()``, ``merge(limit:)``).
package struct SortedKeys {
  struct Entry {
    /// The key's first bytes: most comparisons end here.
    var prefix: UInt64
    var offset: Int
    var byteCount: Int
  }

  private(set) var bytes: [UInt8] = []
  var entries: [Entry] = []
  /// What is sorted part by part.
  var runs = Runs()

  /// None.
  package init() {}

  /// How many there are.
  package var count: Int { entries.count }

  /// The memory that they take, about.
  package var byteCount: Int {
    bytes.capacity + (entries.capacity + runs.merged.capacity) * MemoryLayout<Entry>.stride
  }

  /// Adds a key at the end.
  package mutating func append(_ key: UnsafeRawBufferPointer) {
    entries.append(Entry(prefix: sortPrefix(key), offset: bytes.count, byteCount: key.count))
    bytes.append(contentsOf: key)
  }

  /// Brings them into order.
  ///
  /// - Throws: `interrupted`.
  /// - Complexity: O(n log n).
  mutating func sort(_ interrupt: Interrupt) throws(QrrotError) {
    var countdown = Self.interruptInterval
    let bytes = bytes
    do {
      try bytes.withUnsafeBytes { bytes in
        try entries.sort { a, b in
          countdown -= 1
          if countdown == 0 {
            countdown = Self.interruptInterval
            try interrupt.check()
          }
          return Self.precedes(a, b, bytes)
        }
      }
    } catch let error as QrrotError {
      throw error
    } catch {
      // The comparison above throws nothing else.
      throw QrrotError(.interrupted, "stopped")
    }
  }

  /// Hands keys to `body`, in order, until it has had enough.
  ///
  /// - Parameter start: the first of them.
  /// - Returns: where to go on.
  package func forEach(from start: Int, _ body: (UnsafeRawBufferPointer) -> ReadingStep) -> Int {
    bytes.withRawBytes { bytes in
      var index = start
      while index < entries.count {
        let step = body(Self.key(entries[index], bytes))
        if step == .stay { break }
        index += 1
        if step == .pause { break }
      }
      return index
    }
  }

  static func key(_ entry: Entry, _ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[entry.offset..<(entry.offset + entry.byteCount)])
  }

  @inline(__always)
  static func precedes(_ a: Entry, _ b: Entry, _ bytes: UnsafeRawBufferPointer) -> Bool {
    if a.prefix != b.prefix { return a.prefix < b.prefix }
    return compareBytes(key(a, bytes), key(b, bytes)) < 0
  }

  private static let interruptInterval = 4_096
}

internal import QrrotCore

/// Copies of keys, in byte order.
struct SortedKeys {
  private struct Entry {
    /// The key's first bytes: most comparisons end here.
    var prefix: UInt64
    var offset: Int
    var byteCount: Int
  }

  private var bytes: [UInt8] = []
  private var entries: [Entry] = []

  /// How many there are.
  var count: Int { entries.count }

  mutating func append(_ key: UnsafeRawBufferPointer) {
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
          if a.prefix != b.prefix { return a.prefix < b.prefix }
          return compareBytes(Self.key(a, bytes), Self.key(b, bytes)) < 0
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
  /// - Returns: behind the last one.
  func forEach(from start: Int, _ body: (UnsafeRawBufferPointer) -> Bool) -> Int {
    bytes.withRawBytes { bytes in
      var index = start
      while index < entries.count {
        let goesOn = body(Self.key(entries[index], bytes))
        index += 1
        if !goesOn { break }
      }
      return index
    }
  }

  private static func key(
    _ entry: Entry, _ bytes: UnsafeRawBufferPointer
  ) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[entry.offset..<(entry.offset + entry.byteCount)])
  }

  private static let interruptInterval = 4_096
}

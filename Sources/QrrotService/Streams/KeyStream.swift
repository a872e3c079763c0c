internal import QrrotCore
internal import QrrotStore
internal import QrrotWire

/// What KEYS finds in a large table: first the keys are counted, then they are written, some at a time.
final class KeyStream: ReplyStream {
  private let pattern: RedisPattern
  /// What is left to be counted; nil once all has been.
  private var counting: MomentKeys?
  private let listing: MomentKeys
  private var count = 0
  private(set) var hasBegun = false

  /// - Parameter keys: two looks at the same keys.
  init(matching pattern: RedisPattern, _ keys: (MomentKeys, MomentKeys)) {
    self.pattern = pattern
    (counting, listing) = keys
  }

  var version: UInt64 { listing.version }
  var isOverrun: Bool { listing.isOverrun || counting?.isOverrun ?? false }
  var isOfLanguage: Bool { false }

  func next(into writer: inout ReplyWriter, limit: Int) throws(QrrotError) -> Bool {
    if let counting {
      let hasMore = try counting.next(limit: StreamTurn.keyCount) { key in
        if pattern.matches(key) { count += 1 }
      }
      guard !hasMore else { return true }
      self.counting = nil
      writer.array(count: count)
      hasBegun = true
      return count > 0
    }
    let start = writer.bytes.count
    var hasMore = true
    var work = 0
    while hasMore, work < StreamTurn.keyCount, writer.bytes.count - start < limit {
      hasMore = try listing.next(limit: Self.sliceCount) { key in
        if pattern.matches(key) { writer.bulk(key) }
      }
      work += Self.sliceCount
    }
    return hasMore
  }

  /// A key may be long, so that few at a time are written without a look at the room.
  private static var sliceCount: Int { 64 }
}

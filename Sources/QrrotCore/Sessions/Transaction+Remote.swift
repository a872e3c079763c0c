/// For transactions whose engine is far away: the server has the transaction, the client a mirror of it.
extension Transaction {
  /// What a transaction knows of a key, without what it has made of it.
  public struct Sight: Equatable, Sendable {
    /// The key.
    public var key: [UInt8]
    /// The version that it had when the transaction saw it.
    public var version: UInt64
    /// Whether it has been written.
    public var isWritten: Bool

    /// Describes it.
    public init(key: [UInt8], version: UInt64, isWritten: Bool) {
      self.key = key
      self.version = version
      self.isWritten = isWritten
    }
  }

  /// Whether it was lost with the connection to where it was kept: it can only be dropped.
  package var isLost: Bool { place?.number == Self.lostNumber }

  /// The place of a transaction that was lost.
  package static var lostNumber: UInt64 { .max }

  /// All that it knows, the written keys last, in the order of their first write.
  package var sights: [Sight] {
    let reads = entries.lazy.filter { $0.value.staged == nil }.map { key, entry in
      Sight(key: key, version: entry.seenVersion, isWritten: false)
    }
    return Array(reads) + writtenKeys.compactMap(sight)
  }

  /// What it knows of a key; nil if nothing.
  func sight(_ key: [UInt8]) -> Sight? {
    entries[key].map {
      Sight(key: key, version: $0.seenVersion, isWritten: $0.staged != nil)
    }
  }
}

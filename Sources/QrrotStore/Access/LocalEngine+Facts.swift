public import QrrotCore

/// What an engine is made of at one moment, for those who watch over it.
public struct EngineFacts: Equatable, Sendable {
  /// The keys that have not expired.
  public var keyCount = 0
  /// Those of them that will.
  public var expiringKeyCount = 0
  /// The bytes that the data takes in memory.
  public var dataByteCount = 0
  /// The number of the last commit.
  public var lastCommit: UInt64 = 0
  /// The bytes of the log behind the last snapshot; 0 in memory.
  public var logByteCount = 0
  /// How often the disk was asked to make the log durable since the database was opened.
  public var syncCount = 0
  /// How often it could not.
  public var failedSyncCount = 0
}

extension EngineState {
  func exceeds(count: Int, byteCount: Int) -> Bool {
    keyspace.count > count || keyspace.dataByteCount > byteCount
  }
}

extension LocalEngine {
  /// Whether the table has more keys, or more bytes of keys and values, than that.
  package func exceeds(count: Int, byteCount: Int) -> Bool {
    reading { state in state.exceeds(count: count, byteCount: byteCount) }
  }

  /// What there is now.
  ///
  /// - Complexity: O(1), and O(1/256) for each key that has expired and not been dropped yet.
  public var facts: EngineFacts {
    var facts = reading { state in
      let moment = state.clock.milliseconds()
      let due = state.keyspace.dueCount(at: moment)
      return EngineFacts(
        keyCount: state.keyspace.count - due,
        expiringKeyCount: state.keyspace.expiringCount - due,
        dataByteCount: state.keyspace.allocatedByteCount, lastCommit: state.version,
        logByteCount: state.log.map { Int(clamping: $0.byteCount) } ?? 0)
    }
    if let durability {
      (facts.syncCount, facts.failedSyncCount) = durability.progress.syncCounts
    }
    return facts
  }

  /// Why nothing can be written any more; nil as long as it can be.
  public var writeFailure: QrrotError? {
    guard let durability else { return nil }
    return reading { _ in durability.log.failure }
  }
}

/// What an open transaction has read and staged: an overlay of the database that nobody else sees.
///
/// For each key that was read or written it keeps the version first seen, absence included, so that
/// a commit can tell whether somebody else has changed what it relies on.
public struct Transaction: Sendable {
  /// One key's part in a transaction.
  public struct Entry: Sendable {
    /// The version that the key had when the transaction first saw it; its absence has one too.
    public var seenVersion: UInt64
    /// What the transaction has made of it, if it has written it.
    public var staged: Staged?
  }

  /// What a transaction has made of a key.
  public enum Staged: Equatable, Sendable {
    /// It has this value.
    case value(Value)
    /// It is gone.
    case removed
  }

  /// The keys that were read or written.
  public private(set) var entries: [[UInt8]: Entry] = [:]
  /// The keys among them that were written.
  public private(set) var writtenKeys: [[UInt8]] = []
  /// The keyspace's version when the whole of it was first read, if it was.
  public private(set) var seenKeyspaceVersion: UInt64?

  /// The bytes of all staged keys and values.
  public private(set) var stagedByteCount = 0

  /// Begins an empty transaction.
  public init() {}

  /// What the transaction has made of `key`; nil if it has not written it.
  public func staged(_ key: [UInt8]) -> Staged? { entries[key]?.staged }

  /// Notes that `key` was read at `version`, unless it is known already.
  public mutating func sawKey(_ key: [UInt8], version: UInt64) {
    if entries[key] == nil { entries[key] = Entry(seenVersion: version, staged: nil) }
  }

  /// Notes that the whole keyspace was read at `version`, unless it was before.
  public mutating func sawKeyspace(version: UInt64) {
    if seenKeyspaceVersion == nil { seenKeyspaceVersion = version }
  }

  /// Stages a write of `key`, which has `version` underneath.
  public mutating func stage(_ staged: Staged, at key: [UInt8], version: UInt64) {
    var isFirstWrite = false
    var difference = Self.byteCount(staged, key)
    withEntry(key, version: version) { entry in
      isFirstWrite = entry.staged == nil
      if let before = entry.staged { difference -= Self.byteCount(before, key) }
      entry.staged = staged
    }
    stagedByteCount += difference
    if isFirstWrite { writtenKeys.append(key) }
  }

  private static func byteCount(_ staged: Staged, _ key: [UInt8]) -> Int {
    guard case .value(let value) = staged else { return key.count }
    return key.count + value.storedByteCount
  }

  private mutating func withEntry(_ key: [UInt8], version: UInt64, _ body: (inout Entry) -> Void) {
    body(&entries[key, default: Entry(seenVersion: version, staged: nil)])
  }
}

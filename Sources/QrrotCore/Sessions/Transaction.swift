/// What an open transaction has read and staged: an overlay of the database that nobody else sees.
///
/// For each key that was read or written it keeps the version first seen, absence included, so that
/// a commit can tell whether somebody else has changed what it relies on.
public struct Transaction: Sendable {
  /// One key's part in a transaction.
  public struct Entry: Sendable {
    /// The version that the key had when the transaction saw it (its absence has one too), or
    /// ``seenInTwoStates`` if it was seen twice and had changed.
    public var seenVersion: UInt64
    /// What the transaction has made of it, if it has written it.
    public var staged: Staged?

    /// A version that no key has, so that the commit is a conflict: no moment explains both reads,
    /// even if the first state is back by then.
    public static let seenInTwoStates = UInt64.max
  }

  /// What a transaction has made of a key.
  public enum Staged: Equatable, Sendable {
    /// It has this value, and expires then, in milliseconds since 1970; 0 for never.
    case value(Value, expiry: Int64)
    /// It is gone.
    case removed
  }

  /// The keys that were read or written.
  public private(set) var entries: [[UInt8]: Entry] = [:]
  /// The keys among them that were written.
  public private(set) var writtenKeys: [[UInt8]] = []
  /// The keyspace's version when the whole of it was first read, if it was.
  public private(set) var seenKeyspaceVersion: UInt64?
  /// How many keys had expired by then.
  public private(set) var seenExpirationCount: UInt64 = 0

  /// The bytes of all staged keys and values.
  public private(set) var stagedByteCount = 0

  /// The memory that the staged writes take, about: their bytes, and what goes with each key.
  public var stagedMemory: Int { stagedByteCount + writtenKeys.count * Self.bookkeepingByteCount }

  /// What it takes to stage a key beside the bytes of key and value: its place in a table and in a list,
  /// each of which holds a key in a box of its own.
  public static let bookkeepingByteCount = 160

  /// Where a server keeps it; nil for one that is kept here. It then mirrors what the server has: of a
  /// key that is written only that it is, as if it were removed.
  package var place: RemotePlace?
  /// The keys that were touched since ``keepJournal()``, some of them more than once; nil if nobody asks.
  private var journal: [[UInt8]]?

  /// Begins an empty transaction.
  public init() {}

  /// What the transaction has made of `key`; nil if it has not written it.
  public func staged(_ key: [UInt8]) -> Staged? { entries[key]?.staged }

  /// Notes that `key` was read at `version`.
  public mutating func sawKey(_ key: [UInt8], version: UInt64) {
    withEntry(key, version: version) { _ in }
  }

  /// Notes that the whole keyspace was read at `version`, when so many keys had expired since the
  /// engine began, unless it was before.
  public mutating func sawKeyspace(version: UInt64, expirationCount: UInt64 = 0) {
    guard seenKeyspaceVersion == nil else { return }
    seenKeyspaceVersion = version
    seenExpirationCount = expirationCount
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

  /// What ``stagedMemory`` would be with a value of so many bytes staged at `key`.
  func stagedMemory(with key: [UInt8], valueByteCount: Int) -> Int {
    guard let before = staged(key) else {
      return stagedMemory + Self.bookkeepingByteCount + key.count + valueByteCount
    }
    return stagedMemory - Self.byteCount(before, key) + key.count + valueByteCount
  }

  private static func byteCount(_ staged: Staged, _ key: [UInt8]) -> Int {
    guard case .value(let value, _) = staged else { return key.count }
    return key.count + value.storedByteCount
  }

  private mutating func withEntry(_ key: [UInt8], version: UInt64, _ body: (inout Entry) -> Void) {
    journal?.append(key)
    Self.update(&entries[key, default: Entry(seenVersion: version, staged: nil)], version, body)
  }

  private static func update(
    _ entry: inout Entry, _ version: UInt64, _ body: (inout Entry) -> Void
  ) {
    if entry.seenVersion != version { entry.seenVersion = Entry.seenInTwoStates }
    body(&entry)
  }
}

/// For transactions whose engine is far away.
extension Transaction {
  /// Begins to note which keys are touched.
  package mutating func keepJournal() { journal = [] }

  /// What has become of the keys that were touched since ``keepJournal()``, and ends noting them.
  ///
  /// - Complexity: O(keys touched).
  package mutating func takeJournal() -> [Sight] {
    let touched = journal ?? []
    journal = nil
    var seen: Set<[UInt8]> = []
    return touched.compactMap { key in seen.insert(key).inserted ? sight(key) : nil }
  }

  /// Takes over what the server's transaction knows of a key.
  package mutating func mirror(_ sight: Sight) {
    var entry = entries[sight.key] ?? Entry(seenVersion: sight.version, staged: nil)
    entry.seenVersion = sight.version
    if sight.isWritten, entry.staged == nil {
      entry.staged = .removed
      writtenKeys.append(sight.key)
    }
    entries[sight.key] = entry
  }

  /// Whether a copy of it is kept at the same place.
  package mutating func sharesPlace() -> Bool {
    place != nil && !isKnownUniquelyReferenced(&place)
  }
}

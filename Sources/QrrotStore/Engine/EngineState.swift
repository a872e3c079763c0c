internal import QrrotCore

/// The table and what belongs to it, behind the engine's lock.
struct EngineState: ~Copyable {
  var keyspace: Keyspace
  /// The bytes that the table may take.
  let memoryLimit: Int
  /// The time that decides what has expired.
  let clock: WallClock
  private var removals = Removals()
  /// How many records were taken out because their time was up.
  var droppedCount: UInt64 = 0
  /// Whether a thread takes out what is due, or none is wanted.
  var isSweeping: Bool
  /// The moment for which files are read; what is due then is left out.
  var recoveryMoment: Int64?
  /// Where commits are written before they are applied; nil in memory.
  var log: CommitLog? {
    didSet { noteObservers() }
  }
  /// Why nothing may be written; nil if it may.
  var refusal: QrrotError? {
    didSet { noteObservers() }
  }
  /// What `info` says of where the data is.
  var place = DataPlace()
  /// The views that are open; a change of a key leaves behind what they need of it.
  var views: [PointInTimeView] = [] {
    didSet {
      hasViews = !views.isEmpty
      noteObservers()
    }
  }
  /// Whether there are views.
  private(set) var hasViews = false
  /// Whether anybody must be told of a change, or asked: a view, the log, a refusal. In one byte, for
  /// those who must be quick.
  private(set) var isObserved = false
  /// The number of the last commit; every record that it changed carries it.
  private(set) var version: UInt64 = 0
  /// Whether the running command has changed a record.
  private var isChanged = false
  /// Whether the log has outgrown the data, so that a snapshot is worth its while.
  var isCompactionDue: Bool {
    log?.isCompactionDue(dataByteCount: keyspace.dataByteCount) ?? false
  }

  init(
    memoryLimit: Int, keyspace: consuming Keyspace = Keyspace(), clock: WallClock = .system,
    sweeps: Bool = true
  ) {
    isSweeping = !sweeps
    self.memoryLimit = memoryLimit
    self.clock = clock
    self.keyspace = keyspace
  }

  private mutating func noteObservers() { isObserved = hasViews || log != nil || refusal != nil }

  /// The version of the records that the running command changes.
  var nextVersion: UInt64 { version + 1 }

  /// Begins a commit that is sure to change something.
  ///
  /// - Returns: its version.
  @inline(__always)
  mutating func advance() -> UInt64 {
    version &+= 1
    return version
  }

  /// Writes a commit to the log, if there is one, before it is applied: `body` adds its changes.
  ///
  /// - Throws: see `CommitLog.append`; `refusal`. Nothing must be applied then.
  mutating func write(_ body: (inout LogWriter) -> Void) throws(QrrotError) {
    if let refusal { throw refusal }
    guard let log else { return }
    assert(log.nextLSN == nextVersion, "the log counts the same commits")
    try log.append(body)
    // Also where nothing but versions changes: a commit in the log has a number.
    isChanged = true
  }

  /// Notes that a record has been changed.
  mutating func markChanged() { isChanged = true }

  /// Begins behind what was read from files.
  mutating func setVersion(_ version: UInt64) { self.version = version }

  /// Ends a command that may have written.
  mutating func endCommand() {
    if isChanged { version += 1 }
    isChanged = false
  }

  /// Gives `key` a value, recording what it was; writing the same value again changes nothing.
  ///
  /// - Parameters:
  ///   - touches: whether the same value is a change all the same: the record gets its version.
  ///   - record: what the table holds under `key` now, with `hash` the key's hash.
  ///   - expiry: when the key expires, in milliseconds since 1970; 0 for never.
  ///   - version: the record's new version; the running commit's unless an undo brings an older one
  ///     back.
  mutating func store(
    _ key: UnsafeRawBufferPointer, hash: UInt64, over record: Record?, _ value: StoredValue,
    expiry: Int64, version: UInt64, touches: Bool = false, undo: inout UndoLog
  ) {
    if let record {
      if !touches, Self.isSame(record, value, expiry: expiry) { return }
      if hasViews { preserve(key, hash: hash, record) }
      undo.record(
        key: key, type: record.type, value: record.value, expiry: record.expiry,
        versionBefore: record.version, versionAfter: version)
      _ = keyspace.update(
        record, hash: hash, type: value.type, value: value.bytes, version: version, expiry: expiry)
    } else {
      undo.record(
        key: key, type: nil, value: UnsafeRawBufferPointer(start: nil, count: 0),
        versionBefore: absenceVersion(of: key, hash: hash), versionAfter: version)
      _ = keyspace.insert(
        key, hash: hash, type: value.type, value: value.bytes, version: version, expiry: expiry)
    }
    isChanged = true
  }

  /// Gives `key` a value, recording what it was at `moment`.
  mutating func store(
    _ key: UnsafeRawBufferPointer, _ value: Value, expiry: Int64, version: UInt64, at moment: Int64,
    touches: Bool = false, undo: inout UndoLog
  ) {
    let hash = keyspace.hash(key)
    let record = findToWrite(key, hash: hash, at: moment)
    value.withStoredBytes { type, bytes in
      store(
        key, hash: hash, over: record, StoredValue(type: type, bytes: bytes), expiry: expiry,
        version: version, touches: touches, undo: &undo)
    }
  }

  /// Gives `key` back a value, its expiry and the version that went with both, for an undo.
  mutating func restore(
    _ key: UnsafeRawBufferPointer, _ value: Value, expiry: Int64, version: UInt64, at moment: Int64
  ) {
    if hasViews {
      let hash = keyspace.hash(key)
      preserve(key, hash: hash, findToWrite(key, hash: hash, at: moment), bringsBack: true)
    }
    var unrecorded = UndoLog()
    store(key, value, expiry: expiry, version: version, at: moment, undo: &unrecorded)
    // Where the value is the same, the record was left alone, version and all.
    if let record = keyspace.find(key, hash: keyspace.hash(key)), record.version != version {
      keyspace.setVersion(version, of: record)
    }
  }

  /// Removes `key`, recording what it was.
  ///
  /// - Returns: whether it was there at `moment`.
  mutating func remove(
    _ key: UnsafeRawBufferPointer, at moment: Int64, undo: inout UndoLog
  ) -> Bool {
    let hash = keyspace.hash(key)
    guard let record = findToWrite(key, hash: hash, at: moment) else { return false }
    if hasViews { preserve(key, hash: hash, record) }
    undo.record(
      key: key, type: record.type, value: record.value, expiry: record.expiry,
      versionBefore: record.version, versionAfter: Removals.flag | nextVersion)
    keyspace.remove(record, hash: hash)
    noteRemoval(of: key, hash: hash, version: nextVersion)
    isChanged = true
    return true
  }

  /// Takes `key` away again, for an undo: its absence gets back the version that it had.
  mutating func restoreAbsence(
    _ key: UnsafeRawBufferPointer, version: UInt64, at moment: Int64
  ) {
    let hash = keyspace.hash(key)
    if let record = findToWrite(key, hash: hash, at: moment) {
      if hasViews { preserve(key, hash: hash, record) }
      keyspace.remove(record, hash: hash)
      isChanged = true
    }
    noteRemoval(of: key, hash: hash, version: version)
  }

  /// Removes every key, recording what those were that had not expired at `moment`, if `undo` has room
  /// for it.
  mutating func removeAll(at moment: Int64, undo: inout UndoLog) {
    guard keyspace.count > 0 else { return }
    let version = nextVersion
    let areKept = keyspace.count <= Removals.limit
    if !areKept { removals.noteAll(version: version) }
    let reader = keyspace.reader
    keyspace.forEach { record in
      if hasViews { preserve(record.key, hash: keyspace.hash(record.key), record) }
      let isDue = record.isDue(at: moment)
      if areKept {
        let key = record.key
        removals.note(
          reader.fullHash(key, hash: reader.hash(key)), version: isDue ? record.version : version)
      }
      if isDue {
        droppedCount += 1
        return
      }
      undo.record(
        key: record.key, type: record.type, value: record.value, expiry: record.expiry,
        versionBefore: record.version, versionAfter: Removals.flag | version)
    }
    keyspace.removeAll()
    isChanged = true
  }

  /// Takes the records of a table that was made like this one's, all with the version of the commit
  /// that this is; the other one has what was here before. Nobody can undo it and no log is told.
  mutating func replaceAll(with other: borrowing Keyspace) {
    if hasViews {
      keyspace.forEach { preserve($0.key, hash: keyspace.hash($0.key), $0) }
    }
    keyspace.exchange(with: other)
    removals.noteAll(version: nextVersion)
    _ = advance()
  }

  /// The version of `key` at `moment`: that of its value, or that of its absence.
  func version(of key: UnsafeRawBufferPointer, at moment: Int64) -> UInt64 {
    let hash = keyspace.hash(key)
    guard let record = keyspace.find(key, hash: hash) else {
      return absenceVersion(of: key, hash: hash)
    }
    return record.isDue(at: moment) ? Removals.flag | record.version : record.version
  }

  func absenceVersion(of key: UnsafeRawBufferPointer, hash: UInt64) -> UInt64 {
    removals.version(of: keyspace.reader.fullHash(key, hash: hash))
  }

  /// Notes that `key` is absent since commit `version`, or that what this commit gave it has expired.
  mutating func noteRemoval(
    of key: UnsafeRawBufferPointer, hash: UInt64, version: UInt64
  ) {
    removals.note(keyspace.reader.fullHash(key, hash: hash), version: version)
  }

  /// What it takes to remember what `key` holds at `moment`.
  func imageByteCount(of key: UnsafeRawBufferPointer, at moment: Int64) -> Int {
    Self.imageByteCount(key, over: find(key, at: moment))
  }

  /// What it takes to remember what `key` holds.
  @inline(__always)
  static func imageByteCount(_ key: UnsafeRawBufferPointer, over record: Record?) -> Int {
    UndoLog.imageByteCount(
      keyByteCount: key.count, valueByteCount: record?.value.count ?? 0,
      hasExpiry: record.map { $0.expiry != 0 } ?? false)
  }

  /// Begins a write: to the log, and for undo.
  ///
  /// - Parameter changes: adds what the write changes to the log.
  /// - Throws: `refused` with detail `exceedsUndo` if it can't be kept and the session wants to know
  ///   beforehand; what `CommitLog.append` throws. Nothing has been done then.
  mutating func beginWrite(
    imageByteCount: Int, in session: inout Session, _ changes: (inout LogWriter) -> Void
  ) throws(QrrotError) {
    guard session.keepsUndo else { return try write(changes) }
    if imageByteCount > Limits.undoByteCount, !session.allowsWritesBeyondUndo {
      throw .exceedsUndo(byteCount: imageByteCount)
    }
    try write(changes)
    session.undo.begin(byteCount: imageByteCount)
  }

  /// Whether `record` holds just this value, with this expiry.
  static func isSame(_ record: Record, _ value: StoredValue, expiry: Int64) -> Bool {
    record.type == value.type && record.value.count == value.bytes.count
      && record.expiry == expiry && compareBytes(record.value, value.bytes) == 0
  }
}

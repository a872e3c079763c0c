public import QrrotCore

/// The keys of a database while its lock is held: several reads and writes that nobody else's come
/// between. For those who answer in another language than commands, such as a network protocol.
///
/// It ends, and the lock is given back, when it goes out of scope. Until then its thread must not call
/// the engine, and should not take long: everybody else waits. What it hands out as bytes is good until
/// the next write through it, or its end.
///
/// While the session has a transaction open, reads see what is staged and writes are staged; otherwise
/// each write is a commit of its own.
public struct KeyAccess: ~Copyable {
  let engine: LocalEngine
  fileprivate let session: UnsafeMutablePointer<Session>
  private let wasBiased: Bool
  /// Copies of staged values that have been handed out.
  private var kept: [UnsafeMutableRawBufferPointer] = []

  /// What a key holds.
  public struct Found {
    /// The type of the value.
    public let type: ValueType
    /// The value: the bytes of a string, a JSON text, the eight bytes of an int, little-endian.
    public let bytes: UnsafeRawBufferPointer
    /// When it expires, in milliseconds since 1970; 0 for never.
    public let expiry: Int64

    /// The number that an int value is.
    public var integer: Int64 { bytes.storedInteger }
  }

  /// What a write makes of a key's expiry.
  public enum Expiry {
    /// It never expires any more.
    case end
    /// It stays as it is.
    case keep
    /// It expires then, in milliseconds since 1970; the time is not past.
    case at(Int64)
  }

  fileprivate init(_ engine: LocalEngine, _ session: UnsafeMutablePointer<Session>) {
    self.engine = engine
    self.session = session
    if let postponement = engine.postponement { engine.beginWriting(postponement) }
    wasBiased = engine.lock.pointee.lock()
    session.pointee.moment = nil
  }

  deinit {
    for copy in kept { copy.deallocate() }
    engine.state.pointee.endCommand()
    session.pointee.seenLSN = engine.state.pointee.version
    let needsSweeper = engine.state.pointee.needsSweeper
    engine.lock.pointee.unlock(wasBiased: wasBiased)
    if needsSweeper { engine.startSweepingIfNeeded() }
  }

  /// The moment at which all of this happens, in milliseconds since 1970.
  public var moment: Int64 { engine.state.pointee.moment(in: &session.pointee) }

  /// What `key` holds; nil if it is absent.
  ///
  /// - Complexity: O(length of the key); in a transaction also of the value, which is copied.
  public mutating func find(_ key: UnsafeRawBufferPointer) -> Found? {
    if session.pointee.transaction != nil { return findStaged(key) }
    let state = engine.state
    guard
      let record = state.pointee.find(
        key, hash: state.pointee.keyspace.hash(key), in: &session.pointee)
    else { return nil }
    return Found(type: record.type, bytes: record.value, expiry: record.expiry)
  }

  private mutating func findStaged(_ key: UnsafeRawBufferPointer) -> Found? {
    let state = engine.state
    let copy = state.pointee.withValue(of: key, in: &session.pointee) { value in
      value.map { value in
        let copy = UnsafeMutableRawBufferPointer.allocate(
          byteCount: value.bytes.count, alignment: 8)
        copy.copyMemory(from: value.bytes)
        return (value.type, copy)
      }
    }
    guard let (type, bytes) = copy else { return nil }
    kept.append(bytes)
    let expiry = state.pointee.expiry(of: key, in: &session.pointee) ?? 0
    return Found(type: type, bytes: UnsafeRawBufferPointer(bytes), expiry: expiry)
  }

  /// Gives `key` a value. `value` may lie in the table.
  ///
  /// - Throws: `read-only`, `too-large` beyond ``Limits`` or the memory's, `io`, `unknown-outcome`,
  ///   `budget`; nothing has changed then, but after `unknown-outcome`.
  public mutating func put(
    _ key: UnsafeRawBufferPointer, _ type: ValueType, _ value: UnsafeRawBufferPointer,
    expiry: Expiry = .end
  ) throws(QrrotError) {
    try requireWriting()
    guard !key.isEmpty, key.count <= Limits.keyByteCount, value.count <= Limits.valueByteCount
    else { throw LocalEngine.outsideLimits(key, value) }
    let change: ExpiryChange =
      switch expiry {
      case .end: .end
      case .keep: .keep
      case .at(let time): .at(time)
      }
    try engine.state.pointee.write(key, type, value, expiry: change, in: &session.pointee)
    engine.state.pointee.endCommand()
  }

  /// Gives `key` an int.
  ///
  /// - Throws: as ``put(_:_:_:expiry:)``.
  public mutating func put(
    _ key: UnsafeRawBufferPointer, integer: Int64, expiry: Expiry = .end
  ) throws(QrrotError) {
    try withUnsafeBytes(of: integer.littleEndian) { bytes throws(QrrotError) in
      try put(key, .int, bytes, expiry: expiry)
    }
  }

  /// Removes keys, as one commit.
  ///
  /// - Returns: how many were there; one that is named twice counts once.
  /// - Throws: as ``put(_:_:_:expiry:)``.
  public mutating func remove(_ keys: [UnsafeRawBufferPointer]) throws(QrrotError) -> Int {
    try requireWriting()
    let count = try engine.state.pointee.remove(keys, in: &session.pointee)
    engine.state.pointee.endCommand()
    return count
  }

  /// Runs a command of the language.
  ///
  /// - Throws: as ``Engine/execute(_:in:into:)``.
  public mutating func execute(
    _ command: Command, into reply: inout Reply
  ) throws(QrrotError) {
    if command.name.access == .write {
      try requireWriting()
      try engine.state.pointee.write(command, in: &session.pointee, into: &reply)
      engine.state.pointee.endCommand()
    } else {
      try engine.state.pointee.read(command, in: &session.pointee, into: &reply)
    }
  }

  /// Makes what follows, up to ``endTransaction()``, one commit: all or nothing.
  ///
  /// - Returns: false if the session has a transaction open already; what follows is part of that then,
  ///   and it is not to be ended here.
  public mutating func beginTransaction() -> Bool {
    guard session.pointee.transaction == nil else { return false }
    session.pointee.transaction = Transaction()
    return true
  }

  /// Commits what was written since ``beginTransaction()``.
  ///
  /// - Throws: as ``put(_:_:_:expiry:)``; nothing of it is done then, and it is over all the same.
  public mutating func endTransaction() throws(QrrotError) {
    defer { session.pointee.transaction = nil }
    try engine.state.pointee.commit(&session.pointee)
    engine.state.pointee.endCommand()
  }

  /// Drops what was written since ``beginTransaction()``.
  public mutating func dropTransaction() { session.pointee.transaction = nil }

  /// A number that another write of `key` changes, and its expiry; an absent key has one too.
  public func version(of key: UnsafeRawBufferPointer) -> UInt64 {
    let state = engine.state
    return state.pointee.version(of: key, at: state.pointee.moment(in: &session.pointee))
  }

  private func requireWriting() throws(QrrotError) {
    guard session.pointee.isReadOnly || engine.isReadOnly else { return }
    throw QrrotError(.readOnly, "the database is open to read only (--read-only)")
  }
}

/// Looking at many keys.
extension KeyAccess {
  /// How many keys there are, those that have expired left out.
  ///
  /// In a transaction it counts as a look at all keys.
  public func count() -> Int {
    engine.state.pointee.sawKeyspace(in: &session.pointee)
    return engine.state.pointee.visibleCount(in: &session.pointee)
  }

  /// Whether the table has more keys, or more bytes of keys and values, than that. A transaction is not
  /// looked at.
  package func exceeds(count: Int, byteCount: Int) -> Bool {
    engine.state.pointee.exceeds(count: count, byteCount: byteCount)
  }

  /// How many of the keys expire some time. A transaction is not looked at.
  public func expiringCount() -> Int {
    let state = engine.state
    let moment = state.pointee.moment(in: &session.pointee)
    return state.pointee.keyspace.expiringCount - state.pointee.keyspace.dueCount(at: moment)
  }

  /// Hands some keys to `body`, in any order, and says where to go on: 0 is the start, and the end.
  ///
  /// Every key that is there throughout is handed out, though others are written meanwhile. In a
  /// transaction all keys are handed out at once.
  ///
  /// - Parameters:
  ///   - cursor: 0, or what an earlier call returned; any other number is a place like every other.
  ///   - limit: after about how many keys to stop.
  /// - Throws: what `body` throws; `interrupted`.
  public func scan(
    from cursor: UInt64, limit: Int,
    _ body: (UnsafeRawBufferPointer, ValueType) throws(QrrotError) -> Void
  ) throws(QrrotError) -> UInt64 {
    let state = engine.state
    guard session.pointee.transaction == nil else {
      try state.pointee.scan(nil, in: &session.pointee) { key, value throws(QrrotError) in
        try body(key, value.type)
      }
      return 0
    }
    let moment = state.pointee.dueMoment(in: &session.pointee)
    guard let start = ScanCursor(bits: cursor, bucketMask: state.pointee.keyspace.bucketMask) else {
      return 0
    }
    let next = try state.pointee.keyspace.scan(from: start, limit: max(1, limit)) {
      record throws(QrrotError) in
      if record.hasRoomForExpiry, record.isDue(at: moment) { return }
      try body(record.key, record.type)
    }
    return next?.bits ?? 0
  }

  /// A key out of all of them by chance; nil if there is none.
  ///
  /// - Complexity: O(1) on average where few keys have expired: one of at most 256 keys is found among all of them.
  public func randomKey() -> [UInt8]? {
    let state = engine.state
    guard count() > 0, session.pointee.transaction == nil else { return anyKey(from: 0) }
    // Of a few keys all are looked at: from a place by chance on, those in front would be rare.
    let isSmall = state.pointee.keyspace.count <= Self.smallCount
    for _ in 0..<(isSmall ? 1 : Self.randomTries) {
      var found: [UInt8]?
      var seen = 0
      let start = isSmall ? .start : state.pointee.keyspace.randomCursor()
      _ = state.pointee.keyspace.scan(from: start, limit: isSmall ? .max : 8) { record in
        if record.isDue(at: state.pointee.dueMoment(in: &session.pointee)) { return }
        seen += 1
        // Each of those that are met is as likely as the others.
        if Int.random(in: 0..<seen) == 0 { found = Array(record.key) }
      }
      if let found { return found }
    }
    return anyKey(from: 0)
  }

  private func anyKey(from start: UInt64) -> [UInt8]? {
    var cursor = start
    var found: [UInt8]?
    repeat {
      // Nothing in it throws.
      let next = try? scan(from: cursor, limit: 64) { key, _ throws(QrrotError) in
        if found == nil { found = Array(key) }
      }
      cursor = next ?? 0
    } while cursor != 0 && found == nil
    return found
  }

  private static var randomTries: Int { 32 }
  private static var smallCount: Int { 256 }
}

extension LocalEngine {
  /// Takes the lock for a session, until what is returned goes out of scope.
  ///
  /// - Parameter session: outlives the access, and is not touched by others meanwhile.
  public func access(_ session: UnsafeMutablePointer<Session>) -> KeyAccess {
    KeyAccess(self, session)
  }
}

/// What else those who answer in another language need.
extension KeyAccess {
  /// Checks that there is memory for so many bytes more, before they are taken on the way to a write.
  ///
  /// - Throws: `too-large`.
  public func requireMemory(_ byteCount: Int) throws(QrrotError) {
    try engine.state.pointee.requireMemory(byteCount)
  }
}

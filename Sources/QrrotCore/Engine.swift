/// What answers commands: the embedded table, or a server far away.
///
/// An engine keeps no state of its clients; each call is handed the client's ``Session``. Calls from
/// several threads at once are allowed and each is atomic.
public protocol Engine: Sendable {
  /// Runs one command and fills `reply` with its answer.
  ///
  /// Shell words (access ``CommandSpec/Access/shell``) are refused. After an error nothing has
  /// changed, `reply` is unspecified, and an open transaction is still open, unless the error is
  /// `conflict`.
  ///
  /// - Throws: `type`, `range`, `conflict`, `refused`, `read-only`, `too-large`, `budget`,
  ///   `interrupted`.
  func execute(
    _ command: Command, in session: inout Session, into reply: inout Reply
  ) async throws(QrrotError)

  /// Waits until everything that the session's replies so far speak of is as durable as was promised.
  /// Whoever shows or sends a reply calls this before; once for many replies is enough.
  ///
  /// It may wait for the disk, so it is not to be called on a thread that others wait for.
  ///
  /// - Throws: `unknown-outcome`: what the replies since the last call speak of may or may not last.
  func settle(_ session: inout Session) throws(QrrotError)

  /// Makes what is stored on disk compact now: all data in a snapshot, and no log before it.
  ///
  /// - Parameter progress: called with keys written and keys in all; throws to end it.
  /// - Throws: `refused` where that is not possible, `read-only`, `io`, `interrupted`, and what
  ///   `progress` throws; nothing is lost then.
  func save(
    in session: inout Session, progress: (_ done: Int, _ total: Int) throws(QrrotError) -> Void
  ) async throws(QrrotError)

  /// Writes a snapshot of the committed data to a file of its own, of mode 0600: all of it or nothing.
  ///
  /// - Parameters:
  ///   - path: the file's path, in bytes as the operating system takes it.
  ///   - replacing: whether a file that is there is replaced.
  ///   - progress: called with keys written and keys in all; throws to end it.
  /// - Returns: how many keys it holds.
  /// - Throws: `refused`, with detail `fileExists` if a file is there and is not to be replaced; `io`,
  ///   `interrupted`, and what `progress` throws. A file that was there is as it was then.
  func save(
    to path: [UInt8], replacing: Bool,
    progress: (_ done: Int, _ total: Int) throws(QrrotError) -> Void
  ) async throws(QrrotError) -> Int

  /// Replaces all data by that of a file that ``save(to:replacing:progress:)`` has written, as one
  /// commit that can't be undone: all of it or nothing.
  ///
  /// - Parameters:
  ///   - path: the file's path, in bytes as the operating system takes it.
  ///   - replacing: whether data that is there is replaced.
  ///   - progress: called with bytes read and bytes in all; throws to end it.
  /// - Returns: how many keys there are now.
  /// - Throws: `refused`, with detail `replacesData` if there is data that is not to be replaced;
  ///   `read-only`, `corrupt`, `io`, `too-large`, `interrupted`, and what `progress` throws. The data
  ///   is as it was then; only after `unknown-outcome` it may be replaced when it is opened again.
  func load(
    from path: [UInt8], replacing: Bool, in session: inout Session,
    progress: (_ done: Int, _ total: Int) throws(QrrotError) -> Void
  ) async throws(QrrotError) -> Int

  /// Begins to gather records that are to become part of the database as one write.
  ///
  /// - Throws: `read-only`; `refused` inside a transaction.
  func beginBulkWrite(
    onConflict policy: ConflictPolicy, in session: inout Session
  ) async throws(QrrotError) -> any BulkWrite

  /// Begins to read every key that `pattern` matches (all without one), in byte order of keys, with
  /// what it holds at this moment.
  ///
  /// Others may write meanwhile. What the session has staged in a transaction is not seen.
  ///
  /// - Parameter pattern: a glob over keys.
  /// - Throws: `budget`, `interrupted`.
  func beginReading(
    matching pattern: [UInt8]?, in session: inout Session
  ) async throws(QrrotError) -> any RecordReading

  /// What `key` holds and exactly when it expires; nil if it is absent.
  ///
  /// Inside a transaction it sees what that has staged, and counts as a read of the key otherwise.
  ///
  /// - Throws: `refused` where the engine can't tell that, `too-large` for a key beyond ``Limits``,
  ///   `interrupted`.
  /// - Complexity: O(length of key and value): it is a copy.
  func record(
    of key: [UInt8], in session: inout Session
  ) async throws(QrrotError) -> StoredRecord?

  /// What some keys hold, and exactly when each expires: that of the first of them, in their order, nil
  /// for one that is absent. They are as many as are worth one answer, at least one where there is a key;
  /// whoever wants all asks again for the rest.
  ///
  /// It is for sessions without an open transaction; of what one has staged it may or may not know.
  ///
  /// - Throws: `too-large` for a key beyond ``Limits``, `interrupted`, and what ``record(of:in:)`` throws.
  func records(
    of keys: [[UInt8]], in session: inout Session
  ) async throws(QrrotError) -> [StoredRecord?]

  /// How a record is read again after it has been written here; nil where that is just as it was written.
  ///
  /// Only engines with fewer types than ours, or other ones, have an answer.
  func keptForm(of record: RecordView) -> StoredRecord?

  /// Some records from places all over the database, for a look at what it holds: at most `limit` of
  /// them, found within `timeLimit`.
  ///
  /// What the session has staged in a transaction is not seen, and nothing counts as read by it.
  ///
  /// - Throws: what the engine's commands throw, where it is made of them.
  func sampleRecords(
    limit: Int, timeLimit: Duration, in session: Session
  ) async throws(QrrotError) -> RecordSample

  /// Keys that begin with `prefix`, for completion: at most `limit`, found within `timeLimit`.
  ///
  /// The session's transaction is looked at too. It is called while a line is edited, so it does not
  /// suspend.
  func sampleKeys(
    startingWith prefix: [UInt8], in session: Session, limit: Int, timeLimit: Duration
  ) -> KeySample

  /// Names of members that begin with `prefix`, for completion: at most `limit`, found within
  /// `timeLimit` in some of the documents.
  ///
  /// As ``sampleKeys(startingWith:in:limit:timeLimit:)`` it looks at the session's transaction too, and
  /// does not suspend.
  ///
  /// - Parameters:
  ///   - prefix: the beginning of the names, in UTF-8.
  ///   - container: where in a document the objects are whose members are meant.
  func sampleMembers(
    startingWith prefix: [UInt8], at container: JSONPath, of documents: SampledDocuments,
    in session: Session, limit: Int, timeLimit: Duration
  ) -> MemberSample
}

extension Engine {
  /// For engines whose documents are too far away to be looked at while a line is edited.
  public func sampleMembers(
    startingWith prefix: [UInt8], at container: JSONPath, of documents: SampledDocuments,
    in session: Session, limit: Int, timeLimit: Duration
  ) -> MemberSample {
    MemberSample(names: [], isPartial: true)
  }

  /// Asks for one key after the other: for engines that are near.
  public func records(
    of keys: [[UInt8]], in session: inout Session
  ) async throws(QrrotError) -> [StoredRecord?] {
    var records: [StoredRecord?] = []
    var byteCount = 0
    for key in keys where byteCount < CopyBatch.byteCount {
      try session.interrupt.check()
      let record = try await record(of: key, in: &session)
      byteCount += record?.value.storedByteCount ?? 0
      records.append(record)
    }
    return records
  }

  /// For engines that have our types.
  public func keptForm(of record: RecordView) -> StoredRecord? { nil }

  /// For engines whose replies need nothing more.
  public func settle(_ session: inout Session) throws(QrrotError) {}

  /// Refuses: for engines whose files are elsewhere.
  public func save(
    in session: inout Session, progress: (_ done: Int, _ total: Int) throws(QrrotError) -> Void
  ) async throws(QrrotError) {
    throw Self.elsewhere("save", "the server does it by itself")
  }

  /// Refuses: for engines whose files are elsewhere.
  public func save(
    to path: [UInt8], replacing: Bool,
    progress: (_ done: Int, _ total: Int) throws(QrrotError) -> Void
  ) async throws(QrrotError) -> Int {
    throw Self.elsewhere("save", "export writes the data to a file here")
  }

  /// Refuses: for engines whose files are elsewhere.
  public func load(
    from path: [UInt8], replacing: Bool, in session: inout Session,
    progress: (_ done: Int, _ total: Int) throws(QrrotError) -> Void
  ) async throws(QrrotError) -> Int {
    throw Self.elsewhere("load", "import reads data from a file here")
  }

  private static func elsewhere(_ word: String, _ advice: String) -> QrrotError {
    QrrotError(.refused, "\(word) works on a database of this machine; \(advice)")
  }
}

/// Some keys of a database.
public struct KeySample: Equatable, Sendable {
  /// The keys, in byte order.
  public var keys: [[UInt8]]
  /// Whether there may be more that were not looked at.
  public var isPartial: Bool

  /// Makes a sample.
  public init(keys: [[UInt8]], isPartial: Bool) {
    self.keys = keys
    self.isPartial = isPartial
  }
}

/// The documents whose members are looked up.
public enum SampledDocuments: Sendable {
  /// The value of this key.
  case key([UInt8])
  /// The values of the keys that match this pattern; of all without one.
  case matching(Glob?)
}

/// Some names of members.
public struct MemberSample: Equatable, Sendable {
  /// The names, in UTF-8 and in byte order.
  public var names: [[UInt8]]
  /// Whether there may be more that were not looked at.
  public var isPartial: Bool

  /// Makes a sample.
  public init(names: [[UInt8]], isPartial: Bool) {
    self.names = names
    self.isPartial = isPartial
  }
}

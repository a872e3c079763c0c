public import QrrotCore
internal import QrrotWire

/// Records of one moment that the server hands out part by part.
final class RemoteRecordReading: RecordReading {
  private let engine: RemoteEngine
  private let place: RemotePlace
  private var session: Session
  let count: Int
  private(set) var doneCount = 0

  /// - Parameter session: whose copy the reading goes on in; without a transaction.
  init(_ engine: RemoteEngine, _ place: RemotePlace, count: Int, _ session: Session) {
    self.engine = engine
    self.place = place
    self.count = count
    self.session = Session(isReadOnly: true, interrupt: session.interrupt)
  }

  func next(_ body: (RecordView) throws(QrrotError) -> Void) throws(QrrotError) -> Bool {
    try session.interrupt.check()
    guard doneCount < count else { return false }
    let content = try engine.call(
      .read(place.number), .part("the reading", place), in: &session)
    guard case .records(let records, let doneCount) = content, doneCount > self.doneCount else {
      throw RemoteEngine.unreadable
    }
    self.doneCount = doneCount
    for record in records { try record.withView(body) }
    return true
  }
}

extension RemoteEngine {
  /// Begins to read records in byte order of their keys; see ``Engine/beginReading(matching:in:)``.
  public func beginReading(
    matching pattern: [UInt8]?, in session: inout Session
  ) async throws(QrrotError) -> any RecordReading {
    let (content, connection) = try callAndTell(
      .beginReading(pattern), .repeatable, in: &session)
    guard case .reading(let number, let count) = content else { throw Self.unreadable }
    return RemoteRecordReading(self, connection.place(number), count: count, session)
  }

  /// The records of some keys; see ``Engine/records(of:in:)``.
  public func records(
    of keys: [[UInt8]], in session: inout Session
  ) async throws(QrrotError) -> [StoredRecord?] {
    guard keys.allSatisfy({ (1...Limits.keyByteCount).contains($0.count) }) else {
      throw QrrotError(.tooLarge, "a key may be \(Limits.keyByteCount) bytes long")
    }
    if keys.isEmpty { return [] }
    var look = Session(isReadOnly: true, interrupt: session.interrupt)
    guard case .recordList(let records) = try call(.records(keys), .repeatable, in: &look),
      (1...keys.count).contains(records.count)
    else { throw Self.unreadable }
    return records
  }
}

extension CallRecord {
  /// Hands it to `body` in the form in which a database keeps it.
  fileprivate func withView(
    _ body: (RecordView) throws(QrrotError) -> Void
  ) throws(QrrotError) {
    switch record.value {
    case .string(let bytes), .json(let bytes): try withView(of: bytes, body)
    case .int(let integer):
      let bits = UInt64(bitPattern: integer)
      let bytes = (0..<8).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) }
      try withView(of: bytes, body)
    }
  }

  private func withView(
    of bytes: [UInt8], _ body: (RecordView) throws(QrrotError) -> Void
  ) throws(QrrotError) {
    // The standard library's `withUnsafeBytes` can't rethrow a type.
    try key.withUnsafeBufferPointer { key throws(QrrotError) in
      try bytes.withUnsafeBufferPointer { value throws(QrrotError) in
        try body(
          RecordView(
            key: UnsafeRawBufferPointer(key), type: record.value.type,
            value: UnsafeRawBufferPointer(value), expiry: record.expiry))
      }
    }
  }
}

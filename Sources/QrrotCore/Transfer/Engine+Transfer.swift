/// For engines that have commands and nothing quicker.
extension Engine {
  /// Gathers records and puts them one by one, in a transaction.
  public func beginBulkWrite(
    onConflict policy: ConflictPolicy, in session: inout Session
  ) async throws(QrrotError) -> any BulkWrite {
    try session.requireBulkWrite()
    return CommandBulkWrite(self, onConflict: policy)
  }

  /// Asks for all records at once: they have to fit into memory. When keys expire it does not say,
  /// since no command tells that to the millisecond.
  public func beginReading(
    matching pattern: [UInt8]?, in session: inout Session
  ) async throws(QrrotError) -> any RecordReading {
    var command = Command(.all)
    if let pattern { command.append(.pattern, pattern) }
    var reply = Reply()
    try await execute(command, in: &session, into: &reply)
    return ReplyReading(reply, session.interrupt)
  }
}

/// The records in the reply to `all`.
private final class ReplyReading: RecordReading {
  private let reply: Reply
  private let interrupt: Interrupt
  private(set) var doneCount = 0

  init(_ reply: Reply, _ interrupt: Interrupt) {
    self.reply = reply
    self.interrupt = interrupt
  }

  var count: Int { reply.rowCount }

  func next(_ body: (RecordView) throws(QrrotError) -> Void) throws(QrrotError) -> Bool {
    try interrupt.check()
    guard doneCount < count else { return false }
    let first = doneCount * reply.columnCount
    let cells = reply.cells[first..<(first + reply.columnCount)]
    doneCount += 1
    guard let key = cells.first, let cell = cells.last, case .value(let type) = cell.kind
    else { return true }
    try reply.bytes.withUnsafeBufferPointer { bytes throws(QrrotError) in
      let bytes = UnsafeRawBufferPointer(bytes)
      let name = UnsafeRawBufferPointer(rebasing: bytes[key.range])
      guard type == .int else {
        return try body(
          RecordView(
            key: name, type: type, value: UnsafeRawBufferPointer(rebasing: bytes[cell.range])))
      }
      var integer = cell.integer.littleEndian
      // The standard library's `withUnsafeBytes` can't rethrow a type.
      try withUnsafePointer(to: &integer) { pointer throws(QrrotError) in
        try body(
          RecordView(
            key: name, type: type,
            value: UnsafeRawBufferPointer(start: pointer, count: MemoryLayout<Int64>.size)))
      }
    }
    return true
  }
}

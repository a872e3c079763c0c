internal import QrrotCore
internal import QrrotStore
internal import QrrotWire

/// `QRROT <command line>`: our own language from any client of Redis.
///
/// One argument is the line; several are joined by blanks. An error's first word is its code in capitals.
extension Conversation {
  mutating func runQrrot(_ words: Arguments) throws(RedisError) {
    do throws(QrrotError) {
      guard try parse(words) else { return writer.null() }
      defer { countKept() }
      try requireClientMemory()
      if try streamLanguage(isPlain: false) { return }
      try executeLine()
      writeLanguageReply()
    } catch {
      throw Self.languageError(error)
    }
  }

  /// Carries out the command in ``language`` and has its reply there.
  mutating func executeLine() throws(QrrotError) {
    // Each is a value of its own while the reply is written: the thread sanitizer's build sees the parts
    // of a conversation as one.
    let (command, session, engine) = (language.command, session, service.engine)
    try engine.execute(command, in: &session.pointee, into: &language.reply)
    if command.name == .clear { noteRemoval(ofAllBy: "clear") }
  }

  /// Tells those who run the server who has removed everything.
  func noteRemoval(ofAllBy command: String) {
    service.journal.note(
      .adminCommand(id: client.id, address: client.address, command: command))
  }

  /// What is wrong with a line that is to be queued by MULTI: it is no command, or one of those that are
  /// about a transaction themselves.
  mutating func whatKeepsFromQueue(_ words: Arguments) -> RedisError? {
    do throws(QrrotError) {
      guard try parse(words) else { return nil }
      let name = language.command.name
      guard [.begin, .commit, .rollback, .undo].contains(name) else { return nil }
      throw QrrotError(.refused, "\(name.text) can't stand between MULTI and EXEC")
    } catch {
      return Self.languageError(error)
    }
  }

  /// The same inside MULTI, while EXEC holds the lock.
  mutating func runQueued(_ words: Arguments, _ access: inout KeyAccess) {
    do throws(QrrotError) {
      guard try parse(words) else { return writer.null() }
      let command = language.command
      try access.execute(command, into: &language.reply)
      if command.name == .clear { noteRemoval(ofAllBy: "clear") }
      writeLanguageReply()
    } catch {
      if Self.code(of: error) == RedisError.outOfMemory.code { isOutOfMemory = true }
      write(Self.languageError(error))
    }
  }

  static func languageError(_ error: QrrotError) -> RedisError {
    RedisError(Escaping.displayed(error.message), code: error.code.rawValue.uppercased())
  }

  private mutating func parse(_ words: Arguments) throws(QrrotError) -> Bool {
    if words.count == 2 { return try parse(words[1]) }
    var line: [UInt8] = []
    for index in 1..<words.count {
      if index > 1 { line.append(UInt8(ascii: " ")) }
      line.append(contentsOf: words[index])
    }
    return try line.withRawBytes { bytes throws(QrrotError) in try parse(bytes) }
  }

  private mutating func writeLanguageReply() {
    let reply = language.reply
    switch reply.shape {
    case .ok: writer.ok()
    case .none: writer.null()
    case .single:
      if let cell = reply.cells.first { write(cell, of: reply) } else { writer.null() }
    case .keys:
      writer.array(count: reply.cells.count)
      for cell in reply.cells { write(cell, of: reply) }
    case .rows:
      writer.array(count: reply.rowCount)
      for row in 0..<reply.rowCount {
        if writer.version == .resp3 {
          writer.map(count: reply.columnCount)
        } else {
          writer.array(count: reply.columnCount)
        }
        for column in 0..<reply.columnCount {
          if writer.version == .resp3 { writer.bulk(reply.columns[column]) }
          write(reply.cells[row * reply.columnCount + column], of: reply)
        }
      }
    }
  }

  private mutating func write(_ cell: Reply.Cell, of reply: Reply) {
    switch cell.kind {
    case .absent: writer.null()
    case .integer, .value(.int): writer.integer(cell.integer)
    case .key, .word, .json, .value:
      reply.bytes.withRawBytes { writer.bulk(UnsafeRawBufferPointer(rebasing: $0[cell.range])) }
    }
  }
}

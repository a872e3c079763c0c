internal import QrrotCore
internal import QrrotParser

/// What is kept from one line of our own language to the next, so that none of it is made anew.
struct LanguageState {
  var parser = Parser()
  var command = Command()
  var reply = Reply()
}

extension Conversation {
  /// Checks that clients have memory for one more write of this one: what it can undo and what it has
  /// staged grow with each.
  ///
  /// - Throws: `too-large`.
  func requireClientMemory() throws(QrrotError) {
    guard language.command.name.access == .write, service.refusalOfInput(0) != nil else { return }
    throw QrrotError(
      .tooLarge,
      "data and clients take all the memory that they may (--max-memory); a client that leaves gives its part back"
    )
  }

  /// Counts what is kept for this client from one line to the next: what it can undo and what it has
  /// staged. It is not counted to the byte, so that most lines count nothing.
  mutating func countKept() {
    // A reply of many megabytes is kept no longer than it is of use.
    if language.reply.bytes.count > Self.keptReplyByteCount { language.reply = Reply() }
    let kept = session.pointee.undo.byteCount + (session.pointee.transaction?.stagedMemory ?? 0)
    guard abs(kept - countedByteCount) >= Self.countedStep || kept == 0 && countedByteCount > 0
    else { return }
    service.countInput(kept - countedByteCount)
    countedByteCount = kept
  }

  private static var keptReplyByteCount: Int { 1 << 20 }
  private static var countedStep: Int { 64 << 10 }

  /// Parses one line.
  ///
  /// - Returns: whether there is a command in ``language``; a blank line and a comment have none.
  mutating func parse(_ line: UnsafeRawBufferPointer) throws(QrrotError) -> Bool {
    // From the first word of our language on, what this client writes can be undone.
    session.pointee.keepsUndo = true
    let step: Parser.Step
    do throws(ParseFailure) {
      step = try line.withMemoryRebound(to: UInt8.self) { bytes throws(ParseFailure) in
        try language.parser.parse(bytes.span, isFinal: true, into: &language.command)
      }
    } catch {
      throw error.error
    }
    guard step.outcome == .command else { return false }
    guard step.byteCount >= line.count else {
      throw QrrotError(.syntax, "a line holds one command; what follows its end is another")
    }
    let name = language.command.name
    guard name.access != .shell else {
      throw QrrotError(
        .refused, "\(name.text) is a word of the shell; qrrot --connect opens one on this server")
    }
    return true
  }
}

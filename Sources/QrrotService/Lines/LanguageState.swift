internal import QrrotCore
internal import QrrotParser

/// What is kept from one line of our own language to the next, so that none of it is made anew.
struct LanguageState {
  var parser = Parser()
  var command = Command()
  var reply = Reply()
}

extension Conversation {
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

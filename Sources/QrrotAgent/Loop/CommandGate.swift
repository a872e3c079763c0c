internal import QrrotCore
internal import QrrotParser

/// Decides what a model's command is, and whether it may run: the parser's word counts, not the tag's.
struct CommandGate {
  /// Whether writes may pass at all.
  let admitsWrites: Bool
  /// What must not get into the database.
  let secrets: SecretFilter
  private var parser = Parser()

  /// - Parameter admitsWrites: false for a question.
  init(admitsWrites: Bool, secrets: SecretFilter) {
    self.admitsWrites = admitsWrites
    self.secrets = secrets
  }

  /// The one command that `tag` holds.
  ///
  /// - Throws: `refused` if it may not run, `syntax` if it is none or more than one, and what the parser
  ///   finds wrong; the sentence is for the model, so that it can mend it.
  mutating func admit(_ tag: ModelTag) throws(QrrotError) -> Command {
    let command = try parse(Array(tag.command.utf8))
    try require(command, isRead: tag.claim == .read)
    try requireNoSecret(in: command, text: tag.command)
    return command
  }

  /// The commands of a plan that a person has edited: writes, and comments.
  ///
  /// - Throws: as ``admit(_:)``, with the line.
  mutating func admitFile(_ file: [UInt8]) throws(QrrotError) -> [Command] {
    var commands: [Command] = []
    var line = 1
    var start = file.starts(with: Self.byteOrderMark) ? Self.byteOrderMark.count : 0
    while start < file.count {
      var command = Command()
      do {
        let step = try parser.parse(file.span.extracting(start...), isFinal: true, into: &command)
        if step.outcome == .command {
          do throws(QrrotError) {
            guard command.name.access == .write else { throw Self.isNoWrite(command.name) }
            try require(command, isRead: false)
            let text = String(decoding: file[start..<(start + step.byteCount)], as: UTF8.self)
            try requireNoSecret(in: command, text: text)
          } catch {
            throw Self.placed(error, line)
          }
          commands.append(command)
        }
        start += step.byteCount
        line += step.lineCount
      } catch let failure as ParseFailure {
        throw Self.placed(failure.error, line + failure.lineOffset)
      } catch let error as QrrotError {
        throw error
      } catch {
        // The calls above throw nothing else.
        throw QrrotError(.syntax, "the plan can't be read")
      }
    }
    return commands
  }

  private mutating func parse(_ text: [UInt8]) throws(QrrotError) -> Command {
    var command = Command()
    let step: Parser.Step
    do throws(ParseFailure) {
      step = try parser.parse(text.span, isFinal: true, into: &command)
    } catch {
      throw error.error
    }
    guard step.outcome == .command else {
      throw QrrotError(
        .syntax, "the tag holds no command; write it behind the colon, on the same line")
    }
    guard text[step.byteCount...].allSatisfy({ $0 <= 0x20 }) else {
      throw QrrotError(
        .refused, "a tag holds one command; give each one a tag and a line of its own")
    }
    return command
  }

  private func require(_ command: Command, isRead: Bool) throws(QrrotError) {
    let name = command.name
    if let refusal = name.agentRefusal { throw QrrotError(.refused, refusal) }
    guard name.access != .read else { return }
    guard admitsWrites else {
      throw QrrotError(
        .refused, "\(name.text) writes, and this is a question: only commands that read can run")
    }
    guard !isRead else {
      throw QrrotError(
        .refused,
        "\(name.text) writes, so it was not run under QUERY READ; use QUERY WRITE if the request asks for it"
      )
    }
  }

  private func requireNoSecret(in command: Command, text: String) throws(QrrotError) {
    let holdsSecret =
      secrets.holdsSecret(text.utf8)
      || command.arguments.indices.contains { secrets.holdsSecret(command.content($0)) }
    guard !holdsSecret else {
      throw QrrotError(
        .refused, "the command holds a provider's key, which may not be stored or looked for")
    }
  }

  private static func isNoWrite(_ name: CommandName) -> QrrotError {
    QrrotError(.refused, "a plan holds commands that write, and comments; \(name.text) is none")
  }

  private static func placed(_ error: QrrotError, _ line: Int) -> QrrotError {
    QrrotError(
      error.code, "line \(line) of the edited plan: \(error.message)", detail: error.detail)
  }

  private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
}

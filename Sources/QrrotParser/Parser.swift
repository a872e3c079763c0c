public import QrrotCore

/// Turns bytes into commands, one at a time.
///
/// A parser keeps its working memory from one command to the next, and fills a command that the
/// caller owns: parsing allocates nothing once both have grown to the size of the lines at hand.
public struct Parser: Sendable {
  /// What stood at the front of the input.
  public enum Outcome: Equatable, Sendable {
    /// A command; it is in the caller's hands now.
    case command
    /// Nothing: an empty line or a comment.
    case blank
    /// The beginning of a command whose rest is not there yet.
    case incomplete(Opening)
  }

  /// What one call of ``parse(_:isFinal:into:)`` made of its input.
  public struct Step: Equatable, Sendable {
    /// What stood there.
    public var outcome: Outcome
    /// How many bytes of the input are done with; 0 if it was incomplete.
    public var byteCount: Int
    /// How many line feeds stand in those bytes.
    public var lineCount: Int
    /// If it was incomplete, where the token begins that is open.
    public var openOffset = 0
  }

  private let names = NameTable.shared
  private var tokens: [Token] = []

  /// Makes a parser.
  public init() {}

  /// Parses the command that `input` begins with, up to and including its line feed.
  ///
  /// - Parameters:
  ///   - input: any bytes; a command that goes on over several lines must be there whole.
  ///   - isFinal: whether nothing follows `input`, so that its end is the end of a line.
  ///   - command: becomes the command if the outcome is `.command`; else unspecified.
  /// - Throws: ``ParseFailure``, with where to go on reading.
  /// - Complexity: O(bytes of the command).
  public mutating func parse(
    _ input: Span<UInt8>, isFinal: Bool, into command: inout Command
  ) throws(ParseFailure) -> Step {
    try input.withUnsafeBufferPointer { buffer throws(ParseFailure) in
      if let line = readPlain(buffer, isFinal: isFinal, into: &command) {
        return Step(outcome: .command, byteCount: line.byteCount, lineCount: line.lineCount)
      }
      return try read(buffer, isFinal: isFinal, into: &command)
    }
  }

  /// Reads a plain line; nil if it is not one.
  @inline(__always)
  private func readPlain(
    _ input: UnsafeBufferPointer<UInt8>, isFinal: Bool, into command: inout Command
  ) -> (byteCount: Int, lineCount: Int)? {
    var size = (byteCount: 0, lineCount: 0)
    let isRead = command.fill { room, arguments in
      guard let line = PlainLine(input, room: room),
        let reading = line.read(
          isWhole: isFinal && line.end == input.count, names, into: &arguments)
      else { return nil }
      size = (reading.byteCount, reading.lineCount)
      return (reading.name, reading.storedByteCount)
    }
    return isRead ? size : nil
  }

  /// Reads any line, token by token.
  @inline(never)
  mutating func read(
    _ input: UnsafeBufferPointer<UInt8>, isFinal: Bool, into command: inout Command
  ) throws(ParseFailure) -> Step {
    var lexer = Lexer(input, from: 0)
    lexer.skipBlanks()
    if lexer.isAtLineEnd || input[lexer.position] == UInt8(ascii: "#") {
      let next = lexer.nextLine(after: lexer.position)
      if next == nil, !isFinal {
        return Step(outcome: .incomplete(.line), byteCount: 0, lineCount: 0)
      }
      return Step(outcome: .blank, byteCount: next ?? input.count, lineCount: next == nil ? 0 : 1)
    }
    let entry: NameTable.Entry?
    do throws(LexicalStop) {
      entry = try tokenize(&lexer)
    } catch {
      return try stopped(error, lexer, isFinal: isFinal)
    }
    guard let next = lexer.nextLine(after: lexer.position) ?? (isFinal ? input.count : nil) else {
      return Step(outcome: .incomplete(.line), byteCount: 0, lineCount: 0)
    }
    let endsInLineFeed = next > 0 && input[next - 1] == UInt8(ascii: "\n")
    let step = Step(
      outcome: .command, byteCount: next, lineCount: lexer.innerLineCount + (endsInLineFeed ? 1 : 0)
    )
    do throws(QrrotError) {
      guard let entry else { throw unknownCommand(input) }
      guard next <= Limits.commandByteCount else {
        throw QrrotError(
          .tooLarge, "a command may be \(Limits.commandByteCount) bytes long; this one has \(next)")
      }
      var binder = ArgumentBinder(input: input, tokens: tokens, name: entry.name)
      command.reset(to: entry.name, lineByteCount: next)
      if entry.signature.isQuery {
        try binder.bindQuery(to: &command)
      } else if entry.signature.takesText {
        try binder.bindText(to: &command)
      } else {
        try binder.bind(entry.signature, to: &command)
      }
      return step
    } catch {
      throw ParseFailure(
        error: error, byteCount: step.byteCount, lineCount: step.lineCount, lineOffset: 0)
    }
  }

  /// Fills `tokens` with the command at the lexer's position, the name first.
  private mutating func tokenize(_ lexer: inout Lexer) throws(LexicalStop) -> NameTable.Entry? {
    tokens.removeAll(keepingCapacity: tokens.count <= 4_096)
    let nameToken = try lexer.token(allowsLiteral: false, allowsPath: false)
    tokens.append(nameToken)
    let entry =
      nameToken.kind == .bare
      ? names.find(UnsafeBufferPointer(rebasing: lexer.input[nameToken.range])) : nil
    guard let entry else {
      try tokenizeArguments(&lexer, firstValueIndex: .max, hasPathForm: false)
      return nil
    }
    if entry.signature.isQuery {
      try lexer.appendQueryTokens(to: &tokens)
      return entry
    }
    if entry.signature.takesText {
      lexer.appendText(to: &tokens)
      return entry
    }
    let start = lexer
    try tokenizeArguments(
      &lexer, firstValueIndex: entry.signature.firstValueIndex,
      hasPathForm: entry.signature.pathForm != .never)
    if entry.signature.pathForm == .ifAlikeAndLast, tokens.count > 3, tokens[2].kind == .path {
      // The second argument would be a path only if it were the last: these are all keys.
      lexer = start
      tokens.removeSubrange(1...)
      try tokenizeArguments(&lexer, firstValueIndex: .max, hasPathForm: false)
    }
    return entry
  }

  private mutating func tokenizeArguments(
    _ lexer: inout Lexer, firstValueIndex: Int, hasPathForm: Bool
  ) throws(LexicalStop) {
    while true {
      lexer.skipBlanks()
      if lexer.isAtLineEnd { return }
      let argumentIndex = tokens.count - 1
      tokens.append(
        try lexer.token(
          allowsLiteral: argumentIndex >= firstValueIndex,
          allowsPath: hasPathForm && argumentIndex == 1))
    }
  }

  /// Makes the lexer's stop a step (more input is needed) or a failure.
  private func stopped(
    _ stop: LexicalStop, _ lexer: Lexer, isFinal: Bool
  ) throws(ParseFailure) -> Step {
    switch stop {
    case .incomplete(let opening, let start) where !isFinal:
      return Step(
        outcome: .incomplete(opening), byteCount: 0, lineCount: 0, openOffset: start)
    case .incomplete(let opening, let start):
      let what =
        switch opening {
        case .doubleQuote: "a double quote"
        case .singleQuote, .filterQuote: "a single quote"
        case .literal: "a JSON literal"
        case .line: "a line"
        }
      throw ParseFailure(
        error: QrrotError(
          .syntax, "\(what) is never closed; it begins here", at: start..<(start + 1)),
        byteCount: lexer.input.count, lineCount: Self.lineFeeds(in: lexer.input[...]),
        lineOffset: Self.lineFeeds(in: lexer.input[..<start]))
    case .wrong(let code, let message, let range, let position):
      guard let next = lexer.nextLine(after: position) ?? (isFinal ? lexer.input.count : nil) else {
        return Step(outcome: .incomplete(.line), byteCount: 0, lineCount: 0)
      }
      throw ParseFailure(
        error: QrrotError(code == .json ? .json : .syntax, message, at: range), byteCount: next,
        lineCount: Self.lineFeeds(in: lexer.input[..<next]), lineOffset: 0)
    }
  }

  private func unknownCommand(_ input: UnsafeBufferPointer<UInt8>) -> QrrotError {
    let token = tokens[0]
    let typed = input[token.range]
    guard token.kind == .bare else {
      return QrrotError(
        .syntax, "a line begins with the bare name of a command, not with a quote", at: token.range)
    }
    let nearest = NearestName.nearest(to: typed, among: CommandName.allCases.map(\.text))
    let advice = nearest.map { "did you mean \($0)?" } ?? "help lists the commands"
    return QrrotError(
      .unknownCommand, "there is no command \(QrrotError.excerpt(typed)); \(advice)",
      at: token.range)
  }

  private static func lineFeeds(in bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Int {
    bytes.count { $0 == UInt8(ascii: "\n") }
  }
}

/// Why no command could be made of the input, and where to go on.
public struct ParseFailure: Error, Equatable, Sendable {
  /// What is wrong.
  public var error: QrrotError
  /// How many bytes to pass before reading on: to the end of the line in which the error was found.
  public var byteCount: Int
  /// How many line feeds stand in those bytes.
  public var lineCount: Int
  /// How many lines after the command's first line the error is to be placed.
  public var lineOffset: Int
}

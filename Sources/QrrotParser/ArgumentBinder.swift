import QrrotCore

/// Fits the tokens of a line to what the command takes: counts, types, limits.
struct ArgumentBinder {
  let input: UnsafeBufferPointer<UInt8>
  /// The name, then the arguments.
  private(set) var tokens: [Token]
  let name: CommandName

  var argumentCount: Int { tokens.count - 1 }

  init(input: UnsafeBufferPointer<UInt8>, tokens: [Token], name: CommandName) {
    self.input = input
    self.tokens = tokens
    self.name = name
  }

  /// Adds to `command`, which has been reset, the arguments that the tokens say.
  ///
  /// - Throws: the error of the first argument that does not fit; `command` is then half made.
  mutating func bind(_ signature: Signature, to command: inout Command) throws(QrrotError) {
    if signature.pathForm != .never, argumentCount >= 2,
      try bindPathForm(signature, to: &command)
    {
      return
    }
    if signature.hasOptions { tokens = try bindOptions(to: &command) }
    guard argumentCount >= signature.minimumCount else { throw arity() }
    var index = 0
    var slot = 0
    while index < argumentCount {
      guard slot < signature.maximumCount else { throw arity() }
      let token = tokens[index + 1]
      switch signature.slot(slot) {
      case .key: try bindKey(token, to: &command)
      case .value: index += try bindValue(at: index, to: &command)
      case .pattern: try append(token, as: .pattern, to: &command)
      case .path: try bindPath(token, to: &command)
      case .number: try bindNumber(token, slot, to: &command)
      case .word: try bindWord(token, slot, to: &command)
      case .file: try append(token, as: .word, to: &command)
      case .commandName: try bindCommandName(token, to: &command)
      case .text: try append(token, as: .text, to: &command)
      }
      index += 1
      slot += 1
    }
  }

  func bindKey(_ token: Token, to command: inout Command) throws(QrrotError) {
    try append(token, as: .key, to: &command)
    let byteCount = command.arguments.last?.byteCount ?? 0
    if byteCount == 0 {
      throw QrrotError(.syntax, "a key has at least one byte", at: token.range)
    }
    if byteCount > Limits.keyByteCount {
      throw QrrotError(
        .tooLarge, "a key may be \(Limits.keyByteCount) bytes long; this one has \(byteCount)",
        at: token.range)
    }
  }

  func bindNumber(
    _ token: Token, _ slot: Int, to command: inout Command
  ) throws(QrrotError) {
    guard let parameter = name.spec.parameter(at: slot), case .number(let bounds) = parameter.kind
    else { throw arity() }
    switch try integerText(token) {
    case .integer(let integer) where bounds.contains(integer) && token.kind != .literal:
      command.append(.number, integer)
    case .integer, .overflow:
      throw QrrotError(
        .range,
        "\(name.text): \(parameter.name) is an integer of at least \(bounds.lowerBound) and at most \(bounds.upperBound), not \(excerpt(token))",
        at: token.range)
    case .other:
      throw QrrotError(
        .type, "\(name.text): \(parameter.name) is an integer, not \(excerpt(token))",
        at: token.range)
    }
  }

  private func bindWord(_ token: Token, _ slot: Int, to command: inout Command) throws(QrrotError) {
    try append(token, as: .word, to: &command)
    guard let parameter = name.spec.parameter(at: slot), case .word(let choices) = parameter.kind
    else { throw arity() }
    guard let argument = command.arguments.last else { throw arity() }
    let typed = command.bytes[argument.range]
    if choices.contains(where: { typed.elementsEqual($0.utf8) }) { return }
    let nearest =
      NearestName.nearest(to: typed, among: choices).map { "; did you mean \($0)?" } ?? ""
    throw QrrotError(
      .syntax,
      "\(name.text) takes \(choices.joined(separator: ", ")), not \(QrrotError.excerpt(typed))\(nearest)",
      at: token.range)
  }

  private func bindCommandName(_ token: Token, to command: inout Command) throws(QrrotError) {
    try append(token, as: .word, to: &command)
    let typed = command.text(command.arguments.count - 1)
    let known = CommandName.allCases.map(\.text)
    if known.contains(typed.lowercased()) { return }
    let nearest =
      NearestName.nearest(to: typed.utf8, among: known).map { "did you mean \($0)?" }
      ?? "help lists the commands"
    throw QrrotError(
      .unknownCommand, "there is no command \(QrrotError.excerpt(Array(typed.utf8))); \(nearest)",
      at: token.range)
  }

  /// Adds the content of `token`, unescaped, whatever it is.
  func append(
    _ token: Token, as kind: Command.Argument.Kind, to command: inout Command
  ) throws(QrrotError) {
    if token.kind == .path { try refuseQuotes(in: token) }
    if token.hasEscape {
      let input = input
      try command.append(kind) { output throws(QrrotError) in
        try Unescaper.append(token.range, of: input, to: &output)
      }
    } else {
      command.append(kind, content(token))
    }
  }

  func content(_ token: Token) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(rebasing: input[token.range])
  }

  /// The content of `token` without its escapes, as a copy.
  func unescaped(_ token: Token) throws(QrrotError) -> [UInt8] {
    guard token.hasEscape else { return Array(content(token)) }
    var text: [UInt8] = []
    try Unescaper.append(token.range, of: input, to: &text)
    return text
  }

  /// What the content of `token` is as an integer.
  func integerText(_ token: Token) throws(QrrotError) -> IntegerText {
    guard token.hasEscape else { return IntegerText(content(token)) }
    return try unescaped(token).withUnsafeBufferPointer { IntegerText($0) }
  }

  func excerpt(_ token: Token) -> String { QrrotError.excerpt(content(token)) }

  func arity() -> QrrotError {
    let spec = name.spec
    let isWithoutPath =
      spec.pathForm == .ifAlike && argumentCount > 1
      && content(tokens[2]).first != UInt8(ascii: "$")
    let most = isWithoutPath ? spec.maximumArgumentCount : spec.maximumArgumentCountWithPath
    let takes =
      switch (spec.minimumArgumentCount, most) {
      case (0, 0): "takes no arguments"
      case (let least, .max): "takes at least \(least) argument\(least == 1 ? "" : "s")"
      case (let least, let most) where least == most:
        "takes \(most) argument\(most == 1 ? "" : "s")"
      case (let least, let most): "takes \(least) to \(most) arguments"
      }
    let advice = argumentCount > spec.minimumArgumentCount ? spec.surplusAdvice : nil
    return QrrotError(
      .arity,
      "\(name.text) \(takes), not \(argumentCount)\(advice.map { "; \($0)" } ?? ""); usage: \(spec.usage)"
    )
  }

  /// A `$…` token was cut as a path; where a key or a value stands it is a bare one, which holds no
  /// quote.
  func refuseQuotes(in token: Token) throws(QrrotError) {
    guard let quote = token.range.first(where: { input[$0] == 0x22 || input[$0] == 0x27 }) else {
      return
    }
    throw QrrotError(
      .syntax,
      "a quote character in the middle of a word; quote the whole word, or leave a blank before it",
      at: quote..<(quote + 1))
  }
}

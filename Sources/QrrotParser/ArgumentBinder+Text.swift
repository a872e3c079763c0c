import QrrotCore

/// Commands that take the rest of their line raw, and what a line can say instead of a text.
extension ArgumentBinder {
  /// Adds the text; or the name of a sub-command, and what follows it.
  mutating func bindText(to command: inout Command) throws(QrrotError) {
    guard tokens.count == 2 else { throw textIsMissing() }
    var text = tokens[1]
    let subcommands = name.spec.subcommands
    guard !subcommands.isEmpty else { return try append(text, as: .text, to: &command) }
    if try bind(subcommands, in: text.range, to: &command) { return }
    if let rest = Self.rest(of: input, in: text.range, behind: "--") {
      guard !rest.isEmpty else { throw textIsMissing() }
      text.range = rest
    }
    try append(text, as: .text, to: &command)
  }

  /// Adds the sub-command that stands in `range`, if it is exactly one.
  ///
  /// - Returns: whether it is one. Whatever does not fit, a quote that is never closed too, is text.
  private func bind(
    _ subcommands: [CommandSpec.Subcommand], in range: Range<Int>, to command: inout Command
  ) throws(QrrotError) -> Bool {
    guard let tokens = Self.words(of: input, in: range), let word = tokens.first,
      word.kind == .bare, tokens.count <= 2
    else { return false }
    let typed = String(decoding: content(word), as: UTF8.self).lowercased()
    guard let subcommand = subcommands.first(where: { $0.name == typed }) else { return false }
    switch (subcommand.parameter, tokens.count) {
    case (nil, 1), (.some, 2): break
    case (let parameter?, 1) where parameter.isOptional: break
    default: return false
    }
    command.append(.word, Array(typed.utf8))
    if tokens.count == 2 { try append(tokens[1], as: .word, to: &command) }
    return true
  }

  /// The tokens in `range`; nil if they are none, or more than three.
  private static func words(
    of input: UnsafeBufferPointer<UInt8>, in range: Range<Int>
  ) -> [Token]? {
    var lexer = Lexer(
      UnsafeBufferPointer(rebasing: input[..<range.upperBound]), from: range.lowerBound)
    var tokens: [Token] = []
    while lexer.position < lexer.end, tokens.count < 3 {
      guard let token = try? lexer.token(allowsLiteral: false, allowsPath: false) else {
        return nil
      }
      tokens.append(token)
      lexer.skipBlanks()
    }
    return tokens
  }

  /// What follows `word` and blanks in `range`; empty if nothing does, nil if another word stands there.
  private static func rest(
    of input: UnsafeBufferPointer<UInt8>, in range: Range<Int>, behind word: String
  ) -> Range<Int>? {
    guard input[range].starts(with: word.utf8) else { return nil }
    var start = range.lowerBound + word.utf8.count
    guard start == range.upperBound || Lexer.isBlank(input[start]) else { return nil }
    while start < range.upperBound, Lexer.isBlank(input[start]) { start += 1 }
    return start..<range.upperBound
  }

  private func textIsMissing() -> QrrotError {
    let what = name.spec.parameters.first?.name.lowercased() ?? "text"
    return QrrotError(
      .arity, "\(name.text) takes a \(what), not nothing; usage: \(name.spec.usage)")
  }
}

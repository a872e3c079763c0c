internal import QrrotCore

/// What could stand in a line whose command takes the rest of it raw.
extension CompletionContext {
  /// Looks at what follows the command's name: only sub-commands can be completed, not words of a text.
  mutating func readText(
    _ input: UnsafeBufferPointer<UInt8>, from start: Int, _ spec: CommandSpec
  ) {
    var lexer = Lexer(input, from: start)
    var subcommand: CommandSpec.Subcommand?
    for index in 0..<2 {
      lexer.skipBlanks()
      let tokenStart = lexer.position
      guard tokenStart < input.count else {
        return expectText(index, subcommand, spec)
      }
      guard let token = try? lexer.token(allowsLiteral: false, allowsPath: false) else {
        let isQuote =
          input[tokenStart] == UInt8(ascii: "\"") || input[tokenStart] == UInt8(ascii: "'")
        guard isQuote, subcommand != nil else { return }
        setToken(input, tokenStart, (tokenStart + 1)..<input.count)
        return expectText(index, subcommand, spec)
      }
      if lexer.position >= input.count {
        setToken(input, tokenStart, token.range)
        return expectText(index, subcommand, spec)
      }
      let typed = String(decoding: input[token.range], as: UTF8.self).lowercased()
      subcommand = index == 0 ? spec.subcommands.first { $0.name == typed } : nil
      if subcommand == nil { return }
    }
  }

  private mutating func expectText(
    _ index: Int, _ subcommand: CommandSpec.Subcommand?, _ spec: CommandSpec
  ) {
    if index == 0 {
      expected =
        quote == nil && !spec.subcommands.isEmpty ? .words(spec.subcommands.map(\.name)) : .nothing
    } else {
      expect(subcommand?.parameter)
    }
  }
}

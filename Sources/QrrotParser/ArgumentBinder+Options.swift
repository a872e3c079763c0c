import QrrotCore

/// Options: `--name VALUE`, `--name=VALUE`, `--name`. Quoted tokens are never options.
extension ArgumentBinder {
  /// Adds an argument for each option to `command`.
  ///
  /// - Returns: the tokens that are no part of an option, the command's name first.
  /// - Throws: `syntax` for an unknown option, for one that is given twice, and for a value that it
  ///   does not take.
  func bindOptions(to command: inout Command) throws(QrrotError) -> [Token] {
    var rest: [Token] = []
    var seen: Set<Int> = []
    var index = 0
    while index < tokens.count {
      let token = tokens[index]
      index += 1
      guard rest.count > 0, token.kind == .bare, content(token).starts(with: Self.hyphens) else {
        rest.append(token)
        continue
      }
      let text = content(token)
      let sign = text.firstIndex(of: UInt8(ascii: "="))
      let name = String(decoding: text[..<(sign ?? text.endIndex)], as: UTF8.self)
      let (number, option) = try find(name, token)
      guard seen.insert(number).inserted else {
        throw QrrotError(.syntax, "\(name) is given twice", at: token.range)
      }
      if option.kind == .flag {
        guard sign == nil else {
          throw QrrotError(.syntax, "\(name) takes no value", at: token.range)
        }
        command.append(.option(number), [])
      } else if let sign {
        let value = UnsafeBufferPointer(rebasing: text[(sign + 1)...])
        command.append(.option(number), value)
      } else {
        guard index < tokens.count else {
          throw QrrotError(
            .arity, "\(name) needs a value; usage: \(self.name.spec.usage)", at: token.range)
        }
        try append(tokens[index], as: .option(number), to: &command)
        index += 1
      }
      try requireChoice(of: option, in: command, token)
    }
    return rest
  }

  private func find(
    _ name: String, _ token: Token
  ) throws(QrrotError) -> (Int, CommandSpec.Option) {
    let options = self.name.spec.options
    for (number, option) in options.enumerated() where name == "--\(option.name)" {
      return (number, option)
    }
    let known = options.map { "--\($0.name)" }
    let nearest = NearestName.nearest(to: name.utf8, among: known).map { "did you mean \($0)?" }
    throw QrrotError(
      .syntax,
      "\(self.name.text) has no option \(QrrotError.excerpt(Array(name.utf8))); \(nearest ?? "there are \(known.joined(separator: ", "))")",
      at: token.range)
  }

  private func requireChoice(
    of option: CommandSpec.Option, in command: Command, _ token: Token
  ) throws(QrrotError) {
    guard case .word(let choices) = option.kind, let argument = command.arguments.last else {
      return
    }
    let typed = command.bytes[argument.range]
    if choices.contains(where: { typed.elementsEqual($0.utf8) }) { return }
    let nearest =
      NearestName.nearest(to: typed, among: choices).map { "; did you mean \($0)?" } ?? ""
    throw QrrotError(
      .syntax,
      "--\(option.name) takes \(choices.joined(separator: ", ")), not \(QrrotError.excerpt(typed))\(nearest)",
      at: token.range)
  }

  private static let hyphens: [UInt8] = Array("--".utf8)
}

import QrrotCore

extension ArgumentBinder {
  /// Adds the value that begins at argument `index`.
  ///
  /// - Returns: how many further arguments it took: 2 for `as TYPE X`, else 0.
  func bindValue(at index: Int, to command: inout Command) throws(QrrotError) -> Int {
    let token = tokens[index + 1]
    if token.kind == .bare, token.range.count == 2, isBare(token, "as"),
      let type = typeWord(at: index + 1)
    {
      guard index + 3 < tokens.count else { throw missingText(type, at: index + 1) }
      try bindTyped(tokens[index + 3], type, to: &command)
      try refuseMore(after: index + 2)
      return 2
    }
    switch token.kind {
    case .literal: try appendJSON(token, to: &command)
    case .doubleQuoted, .singleQuoted: try appendString(token, to: &command)
    case .bare, .path: try bindBare(token, to: &command)
    }
    try refuseMore(after: index)
    return 0
  }

  private func bindBare(_ token: Token, to command: inout Command) throws(QrrotError) {
    switch IntegerText(content(token)) {
    case .integer(let integer): command.append(.value(.int), integer)
    case .other: try appendString(token, to: &command)
    case .overflow:
      throw QrrotError(
        .range,
        "\(excerpt(token)) is outside the 64 bits of an int; quote it to keep it as a string",
        at: token.range)
    }
  }

  /// `as TYPE X`: the content of X, read as that type.
  private func bindTyped(
    _ token: Token, _ type: ValueType, to command: inout Command
  ) throws(QrrotError) {
    switch type {
    case .string: try appendString(token, to: &command)
    case .json: try appendJSON(token, to: &command)
    case .int: command.append(.value(.int), try typedInteger(token))
    }
  }

  /// The content of `token` under `as int`.
  func typedInteger(_ token: Token) throws(QrrotError) -> Int64 {
    switch try integerText(token) {
    case .integer(let integer): return integer
    case .overflow:
      throw QrrotError(
        .range, "\(excerpt(token)) is outside the 64 bits of an int", at: token.range)
    case .other:
      throw QrrotError(
        .type, "as int needs an integer such as 42 or -7, not \(excerpt(token))",
        at: token.range)
    }
  }

  /// The error that nothing follows `as TYPE`, which begins at token `index`.
  func missingText(_ type: ValueType, at index: Int) -> QrrotError {
    QrrotError(
      .arity, "as \(type.name) needs a text after it; usage: \(name.spec.usage)",
      at: tokens[index + 1].range)
  }

  private func appendString(_ token: Token, to command: inout Command) throws(QrrotError) {
    try append(token, as: .value(.string), to: &command)
    try checkValueSize(command, token)
  }

  /// Adds the token's content as a JSON text without its insignificant blanks.
  func appendJSON(_ token: Token, to command: inout Command) throws(QrrotError) {
    if token.hasEscape {
      // Escapes are taken off first: the text between the quotes is what has to be JSON.
      try unescaped(token).withUnsafeBufferPointer { buffer throws(QrrotError) in
        try appendCompact(buffer, token, to: &command)
      }
    } else {
      try appendCompact(content(token), token, to: &command)
    }
    try checkValueSize(command, token)
  }

  private func appendCompact(
    _ text: UnsafeBufferPointer<UInt8>, _ token: Token, to command: inout Command
  ) throws(QrrotError) {
    try command.append(.value(.json)) { output throws(QrrotError) in
      do throws(JSONSyntaxError) {
        try JSONText.appendCompact(text.span, to: &output)
      } catch {
        throw QrrotError(.json, error.description, at: token.range)
      }
    }
  }

  func checkValueSize(_ command: Command, _ token: Token) throws(QrrotError) {
    let byteCount = command.arguments.last?.byteCount ?? 0
    guard byteCount > Limits.valueByteCount else { return }
    throw QrrotError(
      .tooLarge, "a value may be \(Limits.valueByteCount) bytes long; this one has \(byteCount)",
      at: token.range)
  }

  private func refuseMore(after index: Int) throws(QrrotError) {
    guard index + 2 < tokens.count else { return }
    throw arity()
  }

  func typeWord(at index: Int) -> ValueType? {
    guard index + 1 < tokens.count else { return nil }
    return ValueType.allCases.first { isBare(tokens[index + 1], $0.name) }
  }

  func isBare(_ token: Token, _ word: String) -> Bool {
    token.kind == .bare && content(token).elementsEqual(word.utf8)
  }
}

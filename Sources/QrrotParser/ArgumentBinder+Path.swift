import QrrotCore

/// Paths inside json values, and the values put there.
extension ArgumentBinder {
  /// Adds the arguments of a command whose second one is a path.
  ///
  /// - Returns: whether it is one; if not, nothing has been added.
  func bindPathForm(_ signature: Signature, to command: inout Command) throws(QrrotError) -> Bool {
    guard try hasPath(signature.pathForm) else { return false }
    try bindKey(tokens[1], to: &command)
    try bindPath(tokens[2], to: &command)
    switch signature.pathForm {
    case .never, .ifAlikeAndLast: break
    case .always:
      guard argumentCount == 2 else { throw arity() }
    case .beforeValue: try bindPathValue(at: 2, to: &command)
    case .ifAlike:
      guard argumentCount <= signature.maximumCount + 1 else { throw arity() }
      for index in 2..<max(2, argumentCount) {
        try bindNumber(tokens[index + 1], index - 1, to: &command)
      }
    }
    return true
  }

  private func hasPath(_ form: CommandSpec.PathForm) throws(QrrotError) -> Bool {
    switch form {
    case .never: return false
    case .always: return true
    case .ifAlike: return try isAlike(tokens[2])
    case .ifAlikeAndLast:
      guard argumentCount == 2 else { return false }
      return try isAlike(tokens[2])
    case .beforeValue:
      guard argumentCount > 2 else {
        // As a value it is a bare word, which ends at a blank.
        guard tokens[2].kind == .path, content(tokens[2]).contains(where: Lexer.isBlank) else {
          return false
        }
        try checkClosed(tokens[2])
        throw arity()
      }
      if isType(at: 2) { return false }
      if argumentCount == 3 || isType(at: 3) { return true }
      guard try isAlike(tokens[2]) else { throw arity() }
      return true
    }
  }

  /// Whether the word `as` and a type begin at this token.
  private func isType(at index: Int) -> Bool {
    index < tokens.count && isBare(tokens[index], "as") && typeWord(at: index) != nil
  }

  /// Whether the text, quoted or not, is `$` or begins with `$.` or `$[`.
  private func isAlike(_ token: Token) throws(QrrotError) -> Bool {
    let text = try unescaped(token).prefix(2)
    return text.first == UInt8(ascii: "$")
      && (text.count == 1 || text[1] == UInt8(ascii: ".") || text[1] == UInt8(ascii: "["))
  }

  /// Adds a path.
  ///
  /// - Throws: `path` if it is none.
  func bindPath(_ token: Token, to command: inout Command) throws(QrrotError) {
    try checkClosed(token)
    if token.kind == .path {
      command.append(.path, content(token))
    } else {
      try append(token, as: .path, to: &command)
    }
    guard let argument = command.arguments.last else { return }
    let isPlain = command.bytes.withUnsafeBytes {
      JSONPath.isPlain(UnsafeRawBufferPointer(rebasing: $0[argument.range]))
    }
    if isPlain { return }
    let text = Array(command.bytes[argument.range])
    guard text.first == UInt8(ascii: "$") else {
      let advice = name.spec.surplusAdvice.map { "; \($0)" } ?? ""
      throw QrrotError(
        .path, "\(excerpt(token)) is no path, which begins with $\(advice)", at: token.range)
    }
    do throws(QrrotError) {
      _ = try JSONPath(text)
    } catch {
      throw QrrotError(error.code, error.message, at: token.range)
    }
  }

  private func checkClosed(_ token: Token) throws(QrrotError) {
    guard token.isUnclosed else { return }
    throw QrrotError(
      .path, "a bracket of the path \(excerpt(token)) is never closed", at: token.range)
  }

  /// Adds the value behind a path, as JSON.
  private func bindPathValue(at index: Int, to command: inout Command) throws(QrrotError) {
    let token = tokens[index + 1]
    guard isType(at: index + 1), let type = typeWord(at: index + 1) else {
      guard index + 2 == tokens.count else { throw arity() }
      switch token.kind {
      case .literal: return try appendJSON(token, to: &command)
      case .doubleQuoted, .singleQuoted: return try appendJSONString(token, to: &command)
      case .bare, .path, .filter, .comma:
        if isJSONScalar(token) { return command.append(.value(.json), content(token)) }
        return try appendJSONString(token, to: &command)
      }
    }
    guard index + 3 < tokens.count else { throw missingText(type, at: index + 1) }
    guard index + 4 == tokens.count else { throw arity() }
    let text = tokens[index + 3]
    switch type {
    case .string: try appendJSONString(text, to: &command)
    case .json: try appendJSON(text, to: &command)
    case .int:
      let integer = try typedInteger(text)
      command.append(.value(.json)) { TextForm.append(integer, to: &$0) }
    }
  }

  /// Whether a bare token is `true`, `false`, `null` or a JSON number.
  private func isJSONScalar(_ token: Token) -> Bool {
    let text = content(token)
    guard let first = text.first else { return false }
    switch first {
    case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "-"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      do throws(JSONSyntaxError) { try JSONText.validate(text.span) } catch { return false }
      return true
    default: return false
    }
  }

  private func appendJSONString(_ token: Token, to command: inout Command) throws(QrrotError) {
    if token.kind == .path { try refuseQuotes(in: token) }
    let text = try unescaped(token)
    guard Escaping.isValidUTF8(text.span) else {
      throw QrrotError(
        .type, "a JSON string is UTF-8, and \(QrrotError.excerpt(text)) is not", at: token.range)
    }
    command.append(.value(.json)) { JSONText.append(string: text.span, to: &$0) }
    try checkValueSize(command, token)
  }
}

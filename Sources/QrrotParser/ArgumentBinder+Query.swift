import QrrotCore

/// Queries: a PATH where the command has one, a PATTERN, then clauses.
extension ArgumentBinder {
  /// Adds to `command`, which has been reset, what the tokens of a query say.
  ///
  /// Whether paths, filters and patterns are well-formed is left to the engine.
  ///
  /// - Throws: `arity` if nothing at all follows a name that needs something, `type` and `range` for
  ///   the number of `limit`, `path` for an unclosed bracket, else `syntax` with the usage line;
  ///   `command` is then half made.
  func bindQuery(to command: inout Command) throws(QrrotError) {
    var index = 1
    for parameter in name.spec.parameters {
      let isThere = index < tokens.count && clause(at: index) == nil
      switch parameter.kind {
      case .path where isThere: try bindPath(index, as: .path, to: &command)
      case .path where tokens.count == 1: throw arity()
      case .path: throw wrong("PATH is missing", at: index)
      case _ where isThere: try append(tokens[index], as: .pattern, to: &command)
      default: continue
      }
      index += 1
    }
    var last: CommandSpec.Clause?
    while index < tokens.count {
      guard let clause = clause(at: index) else { throw surplus(at: index) }
      guard name.spec.clauses.contains(clause) else {
        throw wrong("it has no clause \(clause.word)", at: index)
      }
      if let last, last.rawValue >= clause.rawValue {
        throw wrong(
          last == clause
            ? "\(clause.word) stands twice" : "\(clause.word) belongs in front of \(last.word)",
          at: index)
      }
      last = clause
      index = try bind(clause, behind: index, to: &command)
    }
    try refuseTwins(in: command)
  }

  /// Adds what stands behind the word of a clause, at `index`.
  ///
  /// - Returns: the index of the token behind the clause.
  private func bind(
    _ clause: CommandSpec.Clause, behind index: Int, to command: inout Command
  ) throws(QrrotError) -> Int {
    let next = index + 1
    switch clause {
    case .filter:
      guard next < tokens.count, tokens[next].kind == .filter, !tokens[next].range.isEmpty else {
        throw wrong("a FILTER is missing behind where", at: index)
      }
      command.append(.clause(.filter), content(tokens[next]))
      return next + 1
    case .select: return try bindColumns(from: next, to: &command)
    case .group:
      try bindPath(next, as: .clause(.group), to: &command)
      return next + 1
    case .order: return try bindOrder(from: next, to: &command)
    case .limit:
      try bindLimit(next, to: &command)
      return next + 1
    }
  }

  private func bindColumns(
    from start: Int, to command: inout Command
  ) throws(QrrotError) -> Int {
    var index = start
    while true {
      try bindPath(index, as: .clause(.column), to: &command)
      index += 1
      if index < tokens.count, isBare(tokens[index], "as") {
        index += 1
        guard index < tokens.count, tokens[index].kind != .comma else {
          throw wrong("a NAME is missing behind as", at: index)
        }
        try append(tokens[index], as: .clause(.columnName), to: &command)
        try checkName(tokens[index], command)
        index += 1
      }
      guard index < tokens.count, tokens[index].kind == .comma else { return index }
      index += 1
    }
  }

  private func bindOrder(from start: Int, to command: inout Command) throws(QrrotError) -> Int {
    guard start < tokens.count, isBare(tokens[start], "by") else {
      throw wrong("by is missing behind order", at: start)
    }
    let index = start + 1
    let isDescending = index + 1 < tokens.count && isBare(tokens[index + 1], "desc")
    try bindPath(index, as: .clause(isDescending ? .descending : .ascending), to: &command)
    return isDescending ? index + 2 : index + 1
  }

  private func bindLimit(_ index: Int, to command: inout Command) throws(QrrotError) {
    guard index < tokens.count else { throw wrong("N is missing behind limit", at: index) }
    let token = tokens[index]
    switch try integerText(token) {
    case .integer(let limit) where limit >= 0: command.append(.clause(.limit), limit)
    case .integer, .overflow:
      throw QrrotError(
        .range, "\(name.text): limit is an integer of at least 0, not \(excerpt(token))",
        at: token.range)
    case .other:
      throw QrrotError(
        .type, "\(name.text): limit is an integer, not \(excerpt(token))", at: token.range)
    }
  }

  /// Adds a path, quoted or not.
  private func bindPath(
    _ index: Int, as kind: Command.Argument.Kind, to command: inout Command
  ) throws(QrrotError) {
    guard index < tokens.count, clause(at: index) == nil, tokens[index].kind != .comma else {
      throw wrong("PATH is missing", at: index)
    }
    let token = tokens[index]
    if token.isUnclosed {
      throw QrrotError(
        .path, "a bracket of the path \(excerpt(token)) is never closed", at: token.range)
    }
    guard token.kind == .path else { return try append(token, as: kind, to: &command) }
    command.append(kind, content(token))
  }

  private func checkName(_ token: Token, _ command: Command) throws(QrrotError) {
    guard let argument = command.arguments.last else { return }
    let text = command.bytes[argument.range]
    guard text.isEmpty || !Escaping.isValidUTF8(text.span) else { return }
    throw QrrotError(
      .syntax, "the name of a column is text of at least one character, in UTF-8", at: token.range)
  }

  /// Two columns of one name could not be told apart.
  private func refuseTwins(in command: Command) throws(QrrotError) {
    var names: Set<[UInt8]> = [Array("key".utf8)]
    for (index, argument) in command.arguments.enumerated() {
      let next = index + 1 < command.arguments.count ? command.arguments[index + 1].kind : .key
      switch argument.kind {
      case .clause(.columnName): break
      case .clause(.column) where next != .clause(.columnName): break
      default: continue
      }
      let text = command.content(index)
      guard names.insert(text).inserted else {
        throw QrrotError(
          .syntax,
          "two columns are named \(QrrotError.excerpt(text)); as gives one another name; usage: \(name.spec.usage)"
        )
      }
    }
  }

  /// The clause whose word stands at `index`, unquoted.
  private func clause(at index: Int) -> CommandSpec.Clause? {
    guard index < tokens.count, tokens[index].kind == .bare else { return nil }
    return CommandSpec.Clause.allCases.first { isBare(tokens[index], $0.word) }
  }

  private func surplus(at index: Int) -> QrrotError {
    wrong("\(excerpt(tokens[index])) does not belong here", at: index)
  }

  private func wrong(_ what: String, at index: Int) -> QrrotError {
    QrrotError(
      .syntax, "\(name.text): \(what); usage: \(name.spec.usage)",
      at: index < tokens.count ? tokens[index].range : nil)
  }
}

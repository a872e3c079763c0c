internal import QrrotCore

/// What could stand at the end of a query.
extension CompletionContext {
  /// Looks at a query's text behind its name, which ends at `start`.
  mutating func readQuery(
    _ input: UnsafeBufferPointer<UInt8>, from start: Int, _ spec: CommandSpec
  ) {
    if let (pattern, path) = member(input, from: start, spec) {
      setToken(path)
      expected = .memberOfAny(pattern: pattern, path)
      return
    }
    // What is being typed is the last word. All before it is cut into tokens.
    let blank = input.lastIndex { Lexer.isBlank($0) } ?? start
    let wordStart = blank + 1
    var lexer = Lexer(UnsafeBufferPointer(rebasing: input[..<wordStart]), from: start)
    var tokens: [Token] = []
    do throws(LexicalStop) {
      try lexer.appendQueryTokens(to: &tokens)
    } catch {
      // An open quote is the token being typed: a key is the one thing that can be told there.
      guard case .incomplete(_, let open) = error, isAtPattern(tokens, spec) else { return }
      setToken(input, open, (open + 1)..<input.count)
      expected = .key
      return
    }
    guard lexer.position == wordStart, !isOpen(input, from: start, to: wordStart) else { return }
    let isQuoted = wordStart < input.count && [0x22, 0x27].contains(input[wordStart])
    if wordStart < input.count {
      setToken(input, wordStart, (isQuoted ? wordStart + 1 : wordStart)..<input.count)
    }
    expected = expectation(behind: tokens, lexer, spec)
    guard isQuoted else { return }
    switch expected {
    case .keyOrWords: expected = .key
    default: expected = .nothing
    }
  }

  /// The member's name that is being typed in a path or in the filter, with the query's pattern.
  private func member(
    _ input: UnsafeBufferPointer<UInt8>, from start: Int, _ spec: CommandSpec
  ) -> (pattern: [UInt8]?, PathContext)? {
    var lexer = Lexer(input, from: start)
    var tokens: [Token] = []
    var isOpen = false
    do throws(LexicalStop) {
      try lexer.appendQueryTokens(to: &tokens)
    } catch {
      isOpen = true
    }
    guard let last = tokens.last else { return nil }
    let index = spec.minimumArgumentCount
    var pattern: [UInt8]?
    if tokens.count > index,
      !CommandSpec.Clause.allCases.contains(where: { lexer.isWord(tokens[index], $0.word) })
    {
      pattern = Self.content(of: tokens[index], input)
    }
    let isFilter =
      isOpen ? lexer.isWord(last, CommandSpec.Clause.filter.word) : last.kind == .filter
    if isFilter {
      let filterStart = isOpen ? last.range.upperBound : last.range.lowerBound
      return PathContext(input, from: filterStart, isFilter: true).map { (pattern, $0) }
    }
    guard last.kind == .path, tokens.count - 1 != index else { return nil }
    return PathContext(input, from: last.range.lowerBound, isFilter: false).map { (pattern, $0) }
  }

  private func isAtPattern(_ tokens: [Token], _ spec: CommandSpec) -> Bool {
    tokens.count == spec.minimumArgumentCount
  }

  /// Whether the text ends inside a bracket of a path or of a filter.
  private func isOpen(
    _ input: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int
  ) -> Bool {
    // Behind `where` only what is outside its brackets can end it.
    let probe = Array(input[..<end]) + Array("by".utf8)
    return probe.withUnsafeBufferPointer { probe in
      var lexer = Lexer(probe, from: start)
      var tokens: [Token] = []
      do throws(LexicalStop) { try lexer.appendQueryTokens(to: &tokens) } catch { return true }
      guard let last = tokens.last else { return true }
      return !(lexer.isWord(last, "by") || last.kind == .filter && last.range.count == 2)
    }
  }

  private func expectation(
    behind tokens: [Token], _ lexer: Lexer, _ spec: CommandSpec
  ) -> Expected {
    func word(_ index: Int) -> CommandSpec.Clause? {
      guard tokens.indices.contains(index) else { return nil }
      return CommandSpec.Clause.allCases.first { lexer.isWord(tokens[index], $0.word) }
    }
    guard tokens.count >= spec.minimumArgumentCount else { return .nothing }
    guard let clauseIndex = tokens.indices.last(where: { word($0) != nil }),
      let clause = word(clauseIndex)
    else {
      let words = spec.clauses.map(\.word)
      return tokens.count > spec.minimumArgumentCount ? .words(words) : .keyOrWords(words)
    }
    let later = spec.clauses.filter { $0.rawValue > clause.rawValue }.map(\.word)
    let operands = tokens[(clauseIndex + 1)...]
    switch clause {
    case .filter:
      return operands.first?.range.isEmpty == false ? .words(later) : .nothing
    case .select:
      guard let last = operands.last, last.kind != .comma, !lexer.isWord(last, "as") else {
        return .nothing
      }
      let isNamed = operands.count > 1 && lexer.isWord(operands[operands.endIndex - 2], "as")
      return .words(isNamed ? later : ["as"] + later)
    case .group:
      // Behind `order` the word `by` begins no clause of its own.
      if clauseIndex > 0, word(clauseIndex - 1) == .order {
        let behind = spec.clauses.filter { $0.rawValue > CommandSpec.Clause.order.rawValue }
        let words = behind.map(\.word)
        return operands.isEmpty
          ? .nothing : .words(operands.count == 1 ? ["desc"] + words : words)
      }
      return operands.isEmpty ? .nothing : .words(later)
    case .order: return operands.isEmpty ? .words(["by"]) : .nothing
    case .limit: return .nothing
    }
  }
}

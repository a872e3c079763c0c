/// Filters: logic, comparisons, functions and their types.
///
/// Source: RFC 9535, sections 2.3.5.1 (grammar) and 2.4.3 (well-typedness).
extension PathParser {
  /// A part of a filter: the test with which it begins, and the jumps out of it that have no target
  /// yet, each the index of a test.
  struct Part {
    struct Jump {
      var test: Int
      var isTrue: Bool
    }

    var entry: Int
    /// Taken where the part holds.
    var accepting: [Jump]
    /// Taken where it does not.
    var rejecting: [Jump]
  }

  /// Gives `jumps` their target.
  private mutating func patch(_ jumps: [Part.Jump], to target: Int) {
    for jump in jumps {
      if jump.isTrue {
        program.tests[jump.test].ifTrue = target
      } else {
        program.tests[jump.test].ifFalse = target
      }
    }
  }

  /// A whole logical expression: a filter of its own.
  mutating func readLogicalExpression() throws(QrrotError) -> Int {
    let outerNames = firstNames
    firstNames = []
    let part = try readOr()
    patch(part.accepting, to: FilterTest.accept)
    patch(part.rejecting, to: FilterTest.reject)
    let start = program.firstNames.count
    program.firstNames += firstNames.compactMap(\.prepared)
    firstNames = outerNames
    program.filters.append(
      PathFilter(entry: part.entry, firstNames: start..<program.firstNames.count))
    return program.filters.count - 1
  }

  /// Adds a query of the filter that is being read; if it begins with a name, that gets a slot.
  mutating func appendQuery(_ query: PathQuery) -> Int {
    var query = query
    query.slot = slot(of: query)
    program.queries.append(query)
    return program.queries.count - 1
  }

  private mutating func slot(of query: PathQuery) -> Int? {
    // In a filter over documents, `$` is `@`.
    guard query.isRelative || (code == .filter && openFilters == 0),
      let first = query.segments.first
    else { return nil }
    let segment = program.segments[first]
    guard !segment.isDescendant, segment.selectors.count == 1,
      case .name(let index) = program.selectors[segment.selectors.lowerBound]
    else { return nil }
    let name = program.names[index]
    guard name.prepared != nil else { return nil }
    if let slot = firstNames.firstIndex(where: {
      program.literals[$0.range] == program.literals[name.range]
    }) {
      return slot
    }
    guard firstNames.count < PathFilter.maximumFirstNames else { return nil }
    firstNames.append(name)
    return firstNames.count - 1
  }

  private mutating func readOr() throws(QrrotError) -> Part {
    var part = try readAnd()
    while takeOperator("||") {
      let right = try readAnd()
      patch(part.rejecting, to: right.entry)
      part.accepting += right.accepting
      part.rejecting = right.rejecting
    }
    return part
  }

  private mutating func readAnd() throws(QrrotError) -> Part {
    var part = try readBasic()
    while takeOperator("&&") {
      let right = try readBasic()
      patch(part.accepting, to: right.entry)
      part.rejecting += right.rejecting
      part.accepting = right.accepting
    }
    return part
  }

  /// Takes an operator and the blanks around it; nothing at all if another thing stands here.
  private mutating func takeOperator(_ word: StaticString) -> Bool {
    let start = offset
    skipBlanks()
    guard take(word) else {
      offset = start
      return false
    }
    skipBlanks()
    return true
  }

  /// Parentheses, a test or a comparison.
  private mutating func readBasic() throws(QrrotError) -> Part {
    let isNegated = next == UInt8(ascii: "!")
    if isNegated {
      offset += 1
      skipBlanks()
    }
    var part: Part
    if take(UInt8(ascii: "(")) {
      part = try nested { parser throws(QrrotError) in
        parser.skipBlanks()
        let inner = try parser.readOr()
        parser.skipBlanks()
        guard parser.take(UInt8(ascii: ")")) else { throw parser.failure(expected: "&&, || or )") }
        return inner
      }
    } else {
      part = try readTest(isNegated: isNegated)
    }
    if isNegated { swap(&part.accepting, &part.rejecting) }
    return part
  }

  private mutating func append(_ kind: FilterTest.Kind) -> Part {
    let index = program.tests.count
    program.tests.append(FilterTest(kind: kind))
    return Part(
      entry: index, accepting: [Part.Jump(test: index, isTrue: true)],
      rejecting: [Part.Jump(test: index, isTrue: false)])
  }

  /// A comparison, or what can stand alone: a query, or a function that says yes or no.
  private mutating func readTest(isNegated: Bool) throws(QrrotError) -> Part {
    let start = offset
    let left = try readTerm()
    let end = offset
    skipBlanks()
    let operatorOffset = offset
    guard let comparison = takeComparison() else {
      offset = end
      switch left {
      case .query(let query, _):
        return append(.exists(query: appendQuery(query)))
      case .test(let kind): return append(kind)
      case .operand:
        offset = operatorOffset
        throw failure(expected: "==, !=, <, <=, > or >= after a value")
      }
    }
    guard !isNegated else {
      throw failure("! in front of a comparison needs parentheses around it", at: start)
    }
    let leftOperand = try operand(left, at: start, end: end, use: "compared")
    skipBlanks()
    let rightStart = offset
    let rightTerm = try readTerm()
    let rightOperand = try operand(rightTerm, at: rightStart, end: offset, use: "compared")
    return append(test(comparison, leftOperand, rightOperand))
  }

  /// The quickest test for a comparison.
  private func test(_ comparison: ComparisonOperator, _ left: Int, _ right: Int) -> FilterTest.Kind
  {
    var (queryOperand, literalOperand, turned) = (left, right, comparison)
    if case .query = program.operands[right] {
      (queryOperand, literalOperand, turned) = (right, left, comparison.turned)
    }
    switch (program.operands[queryOperand], program.operands[literalOperand]) {
    case (.query(let index), .number(let range)):
      let integer = program.literals[range].withUnsafeBufferPointer {
        JSONNumberText($0).smallInteger
      }
      guard let integer else { break }
      return .integer(
        turned, query: index, integer, left: queryOperand, right: literalOperand)
    case (.query(let index), .string(let range)):
      guard turned == .equal || turned == .notEqual,
        PathName.isPlain(program.literals[range])
      else { break }
      return .string(
        isNegated: turned == .notEqual, query: index, range, left: queryOperand,
        right: literalOperand)
    default: break
    }
    return .comparison(comparison, left: left, right: right)
  }

  private mutating func takeComparison() -> ComparisonOperator? {
    if take("==") { return .equal }
    if take("!=") { return .notEqual }
    if take("<=") { return .lessOrEqual }
    if take(">=") { return .greaterOrEqual }
    if take("<") { return .less }
    if take(">") { return .greater }
    return nil
  }

  /// Makes a term a single value.
  mutating func operand(
    _ term: Term, at start: Int, end: Int, use: String
  ) throws(QrrotError) -> Int {
    switch term {
    case .operand(let operand): program.operands.append(operand)
    case .test: throw failure("this function says yes or no and can't be \(use)", at: start)
    case .query(let query, let hasInnerBlanks):
      guard query.isSingular else {
        throw failure(
          "a path that is \(use) must have names and single indices only; "
            + "for others there are value() and count()", at: start)
      }
      // The grammar of singular queries has no blanks there.
      guard !hasInnerBlanks else {
        throw failure("a path that is \(use) has no blanks inside its brackets", at: start)
      }
      program.operands.append(.query(appendQuery(query)))
    }
    return program.operands.count - 1
  }
}

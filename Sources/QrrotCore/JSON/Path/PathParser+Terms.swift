/// Literals, queries and functions in a filter.
extension PathParser {
  /// What stands on one side of a comparison, alone, or as an argument.
  enum Term {
    /// A literal, or a function that gives a value.
    case operand(FilterOperand)
    /// A path, and whether there are blanks inside a bracket of it, in front of or behind a selector.
    case query(PathQuery, hasInnerBlanks: Bool)
    /// A function that says yes or no.
    case test(FilterTest.Kind)
  }

  mutating func readTerm() throws(QrrotError) -> Term {
    switch next {
    case UInt8(ascii: "'"), UInt8(ascii: "\""):
      return .operand(.string(try readString()))
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      return .operand(.number(try readNumber()))
    case UInt8(ascii: "@"), UInt8(ascii: "$"):
      let start = offset
      let query = try readQuery()
      return .query(query, hasInnerBlanks: hasBlanksInBrackets(text[start..<offset]))
    case UInt8(ascii: "a")...UInt8(ascii: "z"):
      return try readWord()
    default:
      throw failure(expected: "a value, a path that begins with @ or $, a function, ! or (")
    }
  }

  /// Whether a blank follows `[` or stands in front of `]`; of a singular query only.
  private func hasBlanksInBrackets(_ query: ArraySlice<UInt8>) -> Bool {
    var quote: UInt8?
    var isEscaped = false
    var isInBrackets = false
    for byte in query {
      if let open = quote {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == open {
          quote = nil
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "'"), UInt8(ascii: "\""): quote = byte
      case UInt8(ascii: "["): isInBrackets = true
      case UInt8(ascii: "]"): isInBrackets = false
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"):
        if isInBrackets { return true }
      default: break
      }
    }
    return false
  }

  /// `true`, `false`, `null` or a function, whose first letter stands here.
  private mutating func readWord() throws(QrrotError) -> Term {
    let start = offset
    while case let byte = next,
      byte &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10 || byte == UInt8(ascii: "_")
    {
      offset += 1
    }
    let word = String(decoding: text[start..<offset], as: UTF8.self)
    guard take(UInt8(ascii: "(")) else {
      switch word {
      case "true": return .operand(.bool(true))
      case "false": return .operand(.bool(false))
      case "null": return .operand(.null)
      default:
        throw failure(
          expected: "a value, a path that begins with @ or $, a function, ! or (", at: start)
      }
    }
    return try nested { parser throws(QrrotError) in
      try parser.readFunction(word, at: start)
    }
  }

  /// A function's arguments and its closing parenthesis, behind the opening one.
  private mutating func readFunction(_ name: String, at start: Int) throws(QrrotError) -> Term {
    skipBlanks()
    let result: Term
    switch name {
    case "length":
      result = .operand(.length(operand: try readValueArgument()))
    case "count":
      result = .operand(.count(query: try readNodesArgument(of: name)))
    case "value":
      result = .operand(.value(query: try readNodesArgument(of: name)))
    case "match", "search":
      let text = try readValueArgument()
      skipBlanks()
      guard take(UInt8(ascii: ",")) else {
        throw failure(expected: "a comma and the pattern of \(name)")
      }
      skipBlanks()
      let pattern = try readValueArgument()
      result = .test(.matches(name == "match" ? .whole : .part, text: text, pattern: pattern))
    default:
      throw failure(
        expected: "one of the functions length, count, match, search, value", at: start)
    }
    skipBlanks()
    guard take(UInt8(ascii: ")")) else {
      throw failure(expected: ") after the arguments of \(name)")
    }
    return result
  }

  private mutating func readValueArgument() throws(QrrotError) -> Int {
    let start = offset
    let term = try readTerm()
    return try operand(term, at: start, end: offset, use: "such an argument")
  }

  private mutating func readNodesArgument(of name: String) throws(QrrotError) -> Int {
    guard next == UInt8(ascii: "@") || next == UInt8(ascii: "$") else {
      throw failure(expected: "a path as the argument of \(name)")
    }
    return appendQuery(try readQuery())
  }
}

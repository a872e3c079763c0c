/// Reads the text of a path or of a filter into a ``PathProgram``.
///
/// It descends into brackets, parentheses and functions at most ``maximumNesting`` levels deep, so no
/// text can exhaust the stack. Everything else is a loop.
///
/// Source: RFC 9535, appendix A (the collected grammar); the functions of each rule are named after it.
struct PathParser {
  /// How deep filters, parentheses and functions may lie in one another.
  static let maximumNesting = 64

  let text: [UInt8]
  /// The byte to look at next.
  var offset = 0
  var program = PathProgram()
  /// The names with which the queries of the filter begin that is being read.
  var firstNames: [PathName] = []
  /// How many filters in brackets are open.
  var openFilters = 0
  /// How many filters, parentheses and functions are open.
  var nesting = 0
  /// The code of its errors: `path` or `filter`.
  let code: QrrotError.Code

  init(_ text: [UInt8], code: QrrotError.Code) {
    self.text = text
    self.code = code
  }

  /// The next byte; 0, which stands nowhere in a path, at the end.
  var next: UInt8 { offset < text.count ? text[offset] : 0 }

  /// The byte behind the next one, or 0.
  var second: UInt8 { offset + 1 < text.count ? text[offset + 1] : 0 }

  /// Takes the next byte if it is `byte`.
  mutating func take(_ byte: UInt8) -> Bool {
    guard offset < text.count, text[offset] == byte else { return false }
    offset += 1
    return true
  }

  /// Takes `word` if it stands here.
  mutating func take(_ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard offset + count <= text.count else { return false }
    for index in 0..<count where text[offset + index] != word.utf8Start[index] { return false }
    offset += count
    return true
  }

  /// Moves past blanks.
  mutating func skipBlanks() {
    while offset < text.count {
      switch text[offset] {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"):
        offset += 1
      default: return
      }
    }
  }

  /// Runs `body` one level deeper.
  mutating func nested<T>(
    _ body: (inout PathParser) throws(QrrotError) -> T
  ) throws(QrrotError) -> T {
    guard nesting < Self.maximumNesting else {
      throw failure(
        expected: "at most \(Self.maximumNesting) levels of filters, parentheses and functions")
    }
    nesting += 1
    let result = try body(&self)
    nesting -= 1
    return result
  }

  /// The error that `expected` does not stand at `place`, which is `offset` unless given.
  func failure(expected: String, at place: Int? = nil) -> QrrotError {
    let place = place ?? offset
    return failure("expected \(expected), found \(found(at: place))", at: place)
  }

  /// An error that says `what` of the byte at `place`.
  func failure(_ what: String, at place: Int) -> QrrotError {
    let kind = code == .filter ? "filter" : "path"
    return QrrotError(code, "byte \(place) of the \(kind): \(what)")
  }

  /// What stands at `place`, in words.
  private func found(at place: Int) -> String {
    guard place < text.count else { return "the end" }
    if text[place] == UInt8(ascii: " ") { return "a space" }
    guard text[place] >= 0x80, let decoded = UTF8Decoding.decode(text.span, at: place) else {
      return Escaping.displayed([text[place]])
    }
    return Escaping.displayed(Array(text[place..<place + decoded.byteCount]))
  }
}

/// The start of a text.
extension PathParser {
  /// A whole path: `$` and its segments, and nothing behind them.
  mutating func readPath() throws(QrrotError) -> PathQuery {
    guard next == UInt8(ascii: "$") else { throw failure(expected: "$, with which a path begins") }
    let query = try readQuery()
    guard offset == text.count else { throw failure(expected: "a segment (., .. or [) or the end") }
    return query
  }

  /// A whole filter, with blanks around it.
  mutating func readFilter() throws(QrrotError) -> Int {
    skipBlanks()
    let filter = try readLogicalExpression()
    skipBlanks()
    guard offset == text.count else { throw failure(expected: "&&, || or the end") }
    return filter
  }

  /// `$` or `@`, which stands here, and the segments behind it.
  ///
  /// Blanks in front of a segment belong to it; those behind the last one are left.
  mutating func readQuery() throws(QrrotError) -> PathQuery {
    let isRelative = next == UInt8(ascii: "@")
    offset += 1
    var segments: [PathSegment] = []
    var isSingular = true
    while true {
      let end = offset
      skipBlanks()
      guard next == UInt8(ascii: ".") || next == UInt8(ascii: "[") else {
        offset = end
        break
      }
      segments.append(try readSegment(&isSingular))
    }
    let start = program.segments.count
    program.segments += segments
    return PathQuery(
      segments: start..<program.segments.count, isRelative: isRelative, isSingular: isSingular)
  }
}

/// Segments and selectors.
extension PathParser {
  /// One segment; `isSingular` becomes false unless it is one name or one index.
  private mutating func readSegment(_ isSingular: inout Bool) throws(QrrotError) -> PathSegment {
    if take("..") {
      isSingular = false
      if next == UInt8(ascii: "[") {
        return PathSegment(selectors: try readBrackets(&isSingular), isDescendant: true)
      }
      let selector = try readShorthand(expected: "a name, * or [ after ..")
      return PathSegment(selectors: append([selector]), isDescendant: true)
    }
    if take(UInt8(ascii: ".")) {
      let selector = try readShorthand(expected: "a name or * after the dot")
      if case .wildcard = selector { isSingular = false }
      return PathSegment(selectors: append([selector]), isDescendant: false)
    }
    return PathSegment(selectors: try readBrackets(&isSingular), isDescendant: false)
  }

  /// The index of the name that was just added to the literals.
  private mutating func appendName(_ literal: Range<Int>) -> Int {
    program.names.append(PathName(program.literals, from: literal.lowerBound))
    return program.names.count - 1
  }

  private mutating func append(_ selectors: [PathSelector]) -> Range<Int> {
    let start = program.selectors.count
    program.selectors += selectors
    return start..<program.selectors.count
  }

  /// `*`, or a name without quotes.
  private mutating func readShorthand(expected: String) throws(QrrotError) -> PathSelector {
    if take(UInt8(ascii: "*")) { return .wildcard }
    let start = offset
    while offset < text.count {
      switch text[offset] {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "_"):
        offset += 1
        continue
      case UInt8(ascii: "0")...UInt8(ascii: "9") where offset > start:
        offset += 1
        continue
      case 0x80...:
        guard let decoded = UTF8Decoding.decode(text.span, at: offset) else {
          throw failure(expected: "valid UTF-8")
        }
        offset += decoded.byteCount
        continue
      default: break
      }
      break
    }
    guard offset > start else { throw failure(expected: expected) }
    let literal = appendLiteral(text[start..<offset])
    return .name(appendName(literal))
  }

  /// `[`, selectors parted by commas, `]`.
  private mutating func readBrackets(_ isSingular: inout Bool) throws(QrrotError) -> Range<Int> {
    offset += 1
    var selectors: [PathSelector] = []
    repeat {
      skipBlanks()
      let selector = try readSelector()
      switch selector {
      case .name, .index: break
      default: isSingular = false
      }
      selectors.append(selector)
      skipBlanks()
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "]")) else { throw failure(expected: "a comma or ]") }
    if selectors.count > 1 { isSingular = false }
    return append(selectors)
  }

  private mutating func readSelector() throws(QrrotError) -> PathSelector {
    switch next {
    case UInt8(ascii: "'"), UInt8(ascii: "\""):
      return .name(appendName(try readString()))
    case UInt8(ascii: "*"):
      offset += 1
      return .wildcard
    case UInt8(ascii: "?"):
      offset += 1
      return .filter(
        try nested { parser throws(QrrotError) in
          parser.openFilters += 1
          parser.skipBlanks()
          let filter = try parser.readLogicalExpression()
          parser.openFilters -= 1
          return filter
        })
    case UInt8(ascii: ":"), UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      return try readIndexOrSlice()
    default:
      throw failure(expected: "a name in quotes, an index, a slice, * or ?")
    }
  }

  private mutating func readIndexOrSlice() throws(QrrotError) -> PathSelector {
    var slice = PathSlice(start: nil, end: nil, step: 1)
    if next != UInt8(ascii: ":") {
      let number = try readInteger()
      let end = offset
      skipBlanks()
      guard next == UInt8(ascii: ":") else {
        offset = end
        return .index(number)
      }
      slice.start = number
    }
    offset += 1
    skipBlanks()
    if isAtInteger {
      slice.end = try readInteger()
      skipBlanks()
    }
    if take(UInt8(ascii: ":")) {
      let end = offset
      skipBlanks()
      if isAtInteger { slice.step = try readInteger() } else { offset = end }
    }
    return .slice(slice)
  }

  private var isAtInteger: Bool {
    next == UInt8(ascii: "-") || next &- UInt8(ascii: "0") < 10
  }

  /// An index or a number of a slice, within the bounds of I-JSON.
  private mutating func readInteger() throws(QrrotError) -> Int {
    let start = offset
    let isNegative = take(UInt8(ascii: "-"))
    guard next &- UInt8(ascii: "0") < 10 else { throw failure(expected: "a digit") }
    if next == UInt8(ascii: "0") {
      guard !isNegative else { throw failure("-0 is no index", at: start) }
      offset += 1
      guard next &- UInt8(ascii: "0") >= 10 else {
        throw failure(expected: "no digit after a leading 0")
      }
      return 0
    }
    var number = 0
    while next &- UInt8(ascii: "0") < 10 {
      number = number * 10 + Int(next - UInt8(ascii: "0"))
      guard number < 1 << 53 else {
        throw failure("the number is beyond 9007199254740991 (2^53 - 1)", at: start)
      }
      offset += 1
    }
    return isNegative ? -number : number
  }
}

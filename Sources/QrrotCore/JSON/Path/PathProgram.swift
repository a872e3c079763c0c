internal import CJSONStructure

/// What a path or a filter is compiled to: flat arrays that refer to one another by index.
///
/// A query is a run of segments, a segment a run of selectors. A filter is a run of tests that jump,
/// so that `&&`, `||`, `!` and parentheses cost nothing when it is evaluated.
struct PathProgram: Sendable {
  /// The bytes of member names and strings, and those of numbers. Names and strings are without
  /// quotes and have no escape but `\\\\`, so that they compare like those of a document.
  var literals: [UInt8] = []
  var names: [PathName] = []
  var segments: [PathSegment] = []
  var selectors: [PathSelector] = []
  var queries: [PathQuery] = []
  var filters: [PathFilter] = []
  var tests: [FilterTest] = []
  var operands: [FilterOperand] = []
  /// The names with which the queries of a filter begin, filter by filter.
  var firstNames: [qrrot_json_name] = []
}

/// The name of a member.
struct PathName: Sendable {
  /// Where it stands in the literals.
  var range: Range<Int>
  /// The name prepared for the search, unless a document can only write it with an escape.
  var prepared: qrrot_json_name?

  /// The name in the last bytes of `literals`, from `start` on.
  init(_ literals: [UInt8], from start: Int) {
    range = start..<literals.count
    guard Self.isPlain(literals[start...]), let offset = UInt32(exactly: start),
      let count = UInt32(exactly: range.count)
    else { return }
    var name = qrrot_json_name()
    qrrot_json_name_init(&name, literals, offset, count)
    prepared = name
  }

  /// Whether a document may write `literal` without an escape.
  static func isPlain(_ literal: ArraySlice<UInt8>) -> Bool {
    !literal.contains { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }
  }
}

/// One step of a query: from each node to those of its children, or descendants' children, that one
/// of the selectors picks.
struct PathSegment: Sendable {
  /// Indices into ``PathProgram/selectors``, at least one.
  var selectors: Range<Int>
  /// Whether it is `..`: applied to the node and to everything in it.
  var isDescendant: Bool
}

/// What picks children of one node.
enum PathSelector: Sendable {
  /// The member whose name has this index.
  case name(Int)
  /// All children.
  case wildcard
  /// An element, from the end if negative.
  case index(Int)
  /// Some elements, in their order or backwards.
  case slice(PathSlice)
  /// The children for which the filter of this index holds.
  case filter(Int)
}

/// The three numbers of a slice; what is nil stands for the array's end in the step's direction.
struct PathSlice: Sendable {
  var start: Int?
  var end: Int?
  var step: Int

  /// The indices that are selected in an array of `count` elements: from `first` on, by `step`, as
  /// long as they are on `first`'s side of `limit`. Nothing if the step is 0.
  ///
  /// Source: RFC 9535, section 2.3.4.2.2. Nothing overflows: all numbers are within 2^53.
  func bounds(count: Int) -> (first: Int, limit: Int) {
    func normal(_ index: Int) -> Int { index >= 0 ? index : count + index }
    if step > 0 {
      let lower = start.map { min(max(normal($0), 0), count) } ?? 0
      let upper = end.map { min(max(normal($0), 0), count) } ?? count
      return (lower, upper)
    }
    let upper = start.map { min(max(normal($0), -1), count - 1) } ?? count - 1
    let lower = end.map { min(max(normal($0), -1), count - 1) } ?? -1
    return (upper, lower)
  }
}

/// A query: where it begins, and its segments.
struct PathQuery: Sendable {
  /// Indices into ``PathProgram/segments``.
  var segments: Range<Int>
  /// Whether it begins at `@` instead of `$`.
  var isRelative: Bool
  /// Whether it has names and indices only, and so at most one node.
  var isSingular: Bool
  /// In a filter: the place of its first segment's name among ``PathFilter/firstNames``, if that is
  /// one; all of them are looked up in one pass.
  var slot: Int?
}

/// One filter: where its tests begin, and what they need.
struct PathFilter: Sendable {
  /// Index into ``PathProgram/tests``.
  var entry: Int
  /// Indices into ``PathProgram/firstNames``, at most ``maximumFirstNames``.
  var firstNames: Range<Int>

  /// How many names are looked up in one pass.
  static let maximumFirstNames = Int(QRROT_JSON_NAMES_MAX)
}

/// One test of a filter, and where to go on with its result.
struct FilterTest: Sendable {
  /// What is tested; numbers are indices into the program's arrays.
  enum Kind: Sendable {
    /// Whether the query has a node.
    case exists(query: Int)
    case comparison(ComparisonOperator, left: Int, right: Int)
    /// A comparison of a singular query with an integer of up to 18 digits. What is no such integer
    /// in the document is compared by the operands.
    case integer(ComparisonOperator, query: Int, Int64, left: Int, right: Int)
    /// Whether a singular query's value equals a string that needs no escape, the range of the
    /// literals; or, if `isNegated`, whether it does not.
    case string(isNegated: Bool, query: Int, Range<Int>, left: Int, right: Int)
    /// The functions `match` (of the whole text) and `search`; both numbers are operands.
    case matches(IRegexp.Extent, text: Int, pattern: Int)
  }

  /// The value of ``ifTrue`` and ``ifFalse`` that ends the filter: it holds.
  static let accept = -1
  /// The value of ``ifTrue`` and ``ifFalse`` that ends the filter: it does not hold.
  static let reject = -2

  var kind: Kind
  /// The next test if this one holds.
  var ifTrue = FilterTest.reject
  /// The next test if it does not.
  var ifFalse = FilterTest.reject
}

/// The six ways to compare.
enum ComparisonOperator: Sendable {
  case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual

  /// The operator that says the same with the sides exchanged.
  var turned: ComparisonOperator {
    switch self {
    case .equal: .equal
    case .notEqual: .notEqual
    case .less: .greater
    case .lessOrEqual: .greaterOrEqual
    case .greater: .less
    case .greaterOrEqual: .lessOrEqual
    }
  }

  /// Whether two integers compare so.
  @inline(__always)
  func holds(_ left: Int64, _ right: Int64) -> Bool {
    switch self {
    case .equal: left == right
    case .notEqual: left != right
    case .less: left < right
    case .lessOrEqual: left <= right
    case .greater: left > right
    case .greaterOrEqual: left >= right
    }
  }
}

/// A value in a comparison, or an argument of a function; numbers are indices into the program.
enum FilterOperand: Sendable {
  case null
  case bool(Bool)
  /// A string, as a range of the literals.
  case string(Range<Int>)
  /// A number as written, as a range of the literals.
  case number(Range<Int>)
  /// The one node of a singular query, or nothing.
  case query(Int)
  /// The characters of a string, or the children of an array or object; else nothing.
  case length(operand: Int)
  /// How many nodes a query has.
  case count(query: Int)
  /// The value of a query's only node; nothing if there is none or more than one.
  case value(query: Int)
}

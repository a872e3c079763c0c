/// Whether filters hold.
extension JSONScratch {
  /// Whether the filter of this index holds for the node at `start`.
  mutating func holds(
    _ filter: Int, at start: Int, in evaluation: PathEvaluation
  ) throws(QrrotError) -> Bool {
    var index = evaluation.filters[filter].entry
    while index >= 0 {
      try step()
      let test = evaluation.tests[index]
      index = try holds(test.kind, at: start, in: evaluation) ? test.ifTrue : test.ifFalse
    }
    return index == FilterTest.accept
  }

  private mutating func holds(
    _ test: FilterTest.Kind, at start: Int, in evaluation: PathEvaluation
  ) throws(QrrotError) -> Bool {
    switch test {
    case .exists(let index):
      let query = evaluation.queries[index]
      if query.isSingular { return try node(of: query, from: start, in: evaluation) != nil }
      return try countNodes(of: query, atMost: 1, from: start, in: evaluation).count > 0
    case .comparison(let comparison, let left, let right):
      let left = try value(of: left, at: start, in: evaluation)
      let right = try value(of: right, at: start, in: evaluation)
      return try compare(left, right, by: comparison, in: evaluation.document)
    }
  }

  /// How many nodes a query has, counting to `limit`, and where the last that was counted begins.
  private mutating func countNodes(
    of query: PathQuery, atMost limit: Int, from start: Int, in evaluation: PathEvaluation
  ) throws(QrrotError) -> (count: Int, last: Int?) {
    var count = 0
    var last: Int?
    try forEachNode(of: query, from: start, in: evaluation) { start, _ in
      count += 1
      last = start
      return count < limit
    }
    return (count, last)
  }

  /// The value of an operand.
  private mutating func value(
    of operand: Int, at start: Int, in evaluation: PathEvaluation
  ) throws(QrrotError) -> JSONComparand {
    switch evaluation.operands[operand] {
    case .null: return .null
    case .bool(let bool): return .bool(bool)
    case .string(let range): return .string(evaluation.string(range))
    case .number(let range):
      return .number(JSONNumberText(UnsafeBufferPointer(rebasing: evaluation.literals[range])))
    case .query(let index):
      let found = try node(of: evaluation.queries[index], from: start, in: evaluation)
      return JSONComparand(evaluation.document, at: found)
    case .length(let inner):
      return try length(of: value(of: inner, at: start, in: evaluation), in: evaluation.document)
    case .count(let index):
      let query = evaluation.queries[index]
      return .integer(
        Int64(try countNodes(of: query, atMost: .max, from: start, in: evaluation).count))
    case .value(let index):
      let query = evaluation.queries[index]
      let found = try countNodes(of: query, atMost: 2, from: start, in: evaluation)
      return JSONComparand(evaluation.document, at: found.count == 1 ? found.last : nil)
    }
  }

  /// The function `length`.
  private mutating func length(
    of value: JSONComparand, in document: JSONBytes
  ) throws(QrrotError) -> JSONComparand {
    switch value {
    case .string(let text):
      try step(text.count >> 6)
      return .integer(Int64(text.characterCount))
    case .array(let start):
      return .integer(Int64(try elementCount(ofArrayAt: start, of: document)))
    case .object(let start):
      let base = members.count
      defer { members.removeLast(members.count - base) }
      try appendMembers(ofObjectAt: start, of: document)
      return .integer(Int64(members.count - base))
    case .nothing, .null, .bool, .number, .integer:
      return .nothing
    }
  }
}

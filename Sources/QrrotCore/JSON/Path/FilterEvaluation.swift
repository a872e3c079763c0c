/// Whether filters hold.
extension JSONScratch {
  /// Whether the filter of this index holds for the node at `start`.
  mutating func holds(
    _ filter: Int, at start: Int, in evaluation: PathEvaluation
  ) throws(QrrotError) -> Bool {
    let filter = evaluation.filters[filter]
    let slots = try pushSlots(of: filter, at: start, in: evaluation)
    defer { slotCount = slots.start }
    var index = filter.entry
    while index >= 0 {
      try step()
      let test = evaluation.tests[index]
      let holds = try holds(test.kind, at: start, slots, in: evaluation)
      index = holds ? test.ifTrue : test.ifFalse
    }
    return index == FilterTest.accept
  }

  private mutating func holds(
    _ test: FilterTest.Kind, at start: Int, _ slots: FilterSlots, in evaluation: PathEvaluation
  ) throws(QrrotError) -> Bool {
    switch test {
    case .exists(let index):
      let query = evaluation.queries[index]
      if query.isSingular {
        return try node(of: query, from: start, slots, in: evaluation) != nil
      }
      return try countNodes(of: query, atMost: 1, from: start, slots, in: evaluation).count > 0
    case .integer(let comparison, let index, let integer, let left, let right):
      let found = try node(of: evaluation.queries[index], from: start, slots, in: evaluation)
      if let found, let value = evaluation.document.integer(at: found) {
        return comparison.holds(value, integer)
      }
      return try compare(left, right, by: comparison, at: start, slots, in: evaluation)
    case .string(let isNegated, let index, let range, let left, let right):
      let found = try node(of: evaluation.queries[index], from: start, slots, in: evaluation)
      if let found, let isEqual = evaluation.isString(at: found, range) {
        return isEqual != isNegated
      }
      return try compare(
        left, right, by: isNegated ? .notEqual : .equal, at: start, slots, in: evaluation)
    case .comparison(let comparison, let left, let right):
      return try compare(left, right, by: comparison, at: start, slots, in: evaluation)
    case .matches(let extent, let text, let pattern):
      let text = try value(of: text, at: start, slots, in: evaluation)
      let pattern = try value(of: pattern, at: start, slots, in: evaluation)
      guard case .string(let text) = text, case .string(let pattern) = pattern else {
        return false
      }
      return try matches(text, pattern, extent)
    }
  }

  @inline(never)
  private mutating func compare(
    _ left: Int, _ right: Int, by comparison: ComparisonOperator, at start: Int,
    _ slots: FilterSlots, in evaluation: PathEvaluation
  ) throws(QrrotError) -> Bool {
    let left = try value(of: left, at: start, slots, in: evaluation)
    let right = try value(of: right, at: start, slots, in: evaluation)
    return try compare(left, right, by: comparison, in: evaluation.document)
  }

  /// How many nodes a query has, counting to `limit`, and where the last that was counted begins.
  private mutating func countNodes(
    of query: PathQuery, atMost limit: Int, from start: Int, _ slots: FilterSlots,
    in evaluation: PathEvaluation
  ) throws(QrrotError) -> (count: Int, last: Int?) {
    var count = 0
    var last: Int?
    try forEachNode(of: query, from: start, slots, in: evaluation) { start, _ in
      count += 1
      last = start
      return count < limit
    }
    return (count, last)
  }

  /// The value of an operand.
  private mutating func value(
    of operand: Int, at start: Int, _ slots: FilterSlots, in evaluation: PathEvaluation
  ) throws(QrrotError) -> JSONComparand {
    switch evaluation.operands[operand] {
    case .null: return .null
    case .bool(let bool): return .bool(bool)
    case .string(let range): return .string(evaluation.string(range))
    case .number(let range):
      return .number(JSONNumberText(UnsafeBufferPointer(rebasing: evaluation.literals[range])))
    case .query(let index):
      let found = try node(of: evaluation.queries[index], from: start, slots, in: evaluation)
      return JSONComparand(evaluation.document, at: found)
    case .length(let inner):
      let value = try value(of: inner, at: start, slots, in: evaluation)
      return try length(of: value, in: evaluation.document)
    case .count(let index):
      let query = evaluation.queries[index]
      return .integer(
        Int64(try countNodes(of: query, atMost: .max, from: start, slots, in: evaluation).count))
    case .value(let index):
      let query = evaluation.queries[index]
      let found = try countNodes(of: query, atMost: 2, from: start, slots, in: evaluation)
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

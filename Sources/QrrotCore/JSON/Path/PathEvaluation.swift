internal import CJSONStructure

/// A compiled program and the document that it is run over, for the time of one call.
struct PathEvaluation {
  let document: JSONBytes
  let literals: UnsafeBufferPointer<UInt8>
  let names: UnsafeBufferPointer<PathName>
  let firstNames: UnsafeBufferPointer<qrrot_json_name>
  let segments: UnsafeBufferPointer<PathSegment>
  let selectors: UnsafeBufferPointer<PathSelector>
  let queries: UnsafeBufferPointer<PathQuery>
  let filters: UnsafeBufferPointer<PathFilter>
  let tests: UnsafeBufferPointer<FilterTest>
  let operands: UnsafeBufferPointer<FilterOperand>

  /// A string of the literals.
  func string(_ range: Range<Int>) -> JSONStringText {
    JSONStringText(UnsafeBufferPointer(rebasing: literals[range]))
  }

  /// Whether the value at `offset` is the string of this range, which needs no escape; nil if that
  /// takes a closer look.
  @inline(__always)
  func isString(at offset: Int, _ range: Range<Int>) -> Bool? {
    guard document[offset] == UInt8(ascii: "\"") else { return nil }
    let first = offset + 1
    var index = 0
    while index < range.count {
      let byte = document[first + index]
      // As long as the bytes are the same there is no escape.
      if byte != literals[range.lowerBound + index] {
        return byte == UInt8(ascii: "\\") ? nil : false
      }
      index += 1
    }
    switch document[first + index] {
    case UInt8(ascii: "\""): return true
    case UInt8(ascii: "\\"): return nil
    default: return false
    }
  }
}

/// A finished program: behind one reference, so that paths and filters are cheap to copy.
final class CompiledPath: Sendable {
  private let program: PathProgram

  init(_ program: PathProgram) { self.program = program }

  /// Hands the program, ready to be run over `document`, to `body`.
  func withEvaluation<T>(
    of document: JSONBytes, _ body: (PathEvaluation) throws(QrrotError) -> T
  ) throws(QrrotError) -> T {
    try program.literals.withUnsafeBufferPointer { literals throws(QrrotError) in
      try program.names.withUnsafeBufferPointer { names throws(QrrotError) in
        try program.firstNames.withUnsafeBufferPointer { firstNames throws(QrrotError) in
          try program.segments.withUnsafeBufferPointer { segments throws(QrrotError) in
            try program.selectors.withUnsafeBufferPointer { selectors throws(QrrotError) in
              try program.queries.withUnsafeBufferPointer { queries throws(QrrotError) in
                try program.filters.withUnsafeBufferPointer { filters throws(QrrotError) in
                  try program.tests.withUnsafeBufferPointer { tests throws(QrrotError) in
                    try program.operands.withUnsafeBufferPointer { operands throws(QrrotError) in
                      try body(
                        PathEvaluation(
                          document: document, literals: literals, names: names,
                          firstNames: firstNames, segments: segments,
                          selectors: selectors, queries: queries, filters: filters, tests: tests,
                          operands: operands))
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
  }
}

/// The nodes of a query, one after the other.
///
/// The walk is depth first with a stack of its own. Each segment is applied to one node at a time, so
/// the nodes come in the order of the standard although no list of nodes is ever made. A step goes
/// down one level in the document, so the stack is never deeper than the document.
extension JSONScratch {
  /// Hands each node of `query`, as its offset and the offset behind it, to `body` until that returns
  /// false; the node at `start` is `@`, and `slots` are its members.
  mutating func forEachNode(
    of query: PathQuery, from start: Int, _ slots: FilterSlots, in evaluation: PathEvaluation,
    _ body: (Int, Int) throws(QrrotError) -> Bool
  ) throws(QrrotError) {
    let document = evaluation.document
    let framesBase = frames.count
    let membersBase = members.count
    defer {
      frames.removeLast(frames.count - framesBase)
      members.removeLast(members.count - membersBase)
    }
    guard let (origin, segment) = origin(of: query, from: start, slots) else { return }
    guard segment < query.segments.upperBound else {
      _ = try body(origin, document.end(ofValueAt: origin))
      return
    }
    pushFrame(at: origin, segment: segment, in: evaluation)
    while frames.count > framesBase {
      guard let child = try nextChild(in: evaluation) else {
        popFrame()
        continue
      }
      if child.segment == query.segments.upperBound {
        guard try body(child.start, child.end) else { return }
      } else {
        pushFrame(at: child.start, segment: child.segment, in: evaluation)
      }
    }
  }

  /// Where a query begins, and with which segment: behind the first one if that is in a slot.
  @inline(__always)
  private func origin(
    of query: PathQuery, from start: Int, _ slots: FilterSlots
  ) -> (offset: Int, segment: Int)? {
    if let slot = query.slot {
      let offset = self.slots[slots.start + slot]
      return offset == 0 ? nil : (offset, query.segments.lowerBound + 1)
    }
    return (query.isRelative ? start : 0, query.segments.lowerBound)
  }

  /// The only node of a singular query.
  @inline(__always)
  mutating func node(
    of query: PathQuery, from start: Int, _ slots: FilterSlots, in evaluation: PathEvaluation
  ) throws(QrrotError) -> Int? {
    guard let (origin, segment) = origin(of: query, from: start, slots) else { return nil }
    if segment == query.segments.upperBound { return origin }
    return try node(of: segment..<query.segments.upperBound, from: origin, in: evaluation)
  }

  private mutating func node(
    of segments: Range<Int>, from origin: Int, in evaluation: PathEvaluation
  ) throws(QrrotError) -> Int? {
    var offset = origin
    for segment in segments {
      let selector = evaluation.segments[segment].selectors.lowerBound
      guard
        let child = try child(
          evaluation.selectors[selector], ofValueAt: offset, in: evaluation)
      else { return nil }
      offset = child
    }
    return offset
  }

  /// The child that a name or an index picks.
  private mutating func child(
    _ selector: PathSelector, ofValueAt start: Int, in evaluation: PathEvaluation
  ) throws(QrrotError) -> Int? {
    let document = evaluation.document
    switch (selector, document[start]) {
    case (.name(let index), UInt8(ascii: "{")):
      return try value(of: index, inObjectAt: start, in: evaluation)
    case (.index(let index), UInt8(ascii: "[")):
      return try element(index, ofArrayAt: start, of: document)
    default:
      return nil
    }
  }

  /// Begins to apply `segment` to the value at `start`; scalars have no children.
  private mutating func pushFrame(at start: Int, segment: Int, in evaluation: PathEvaluation) {
    let byte = evaluation.document[start]
    guard byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") else { return }
    frames.append(
      PathFrame(
        start: start, segment: segment,
        selector: evaluation.segments[segment].selectors.lowerBound,
        membersStart: members.count, isObject: byte == UInt8(ascii: "{")))
  }

  private mutating func popFrame() {
    guard let frame = frames.popLast() else { return }
    members.removeLast(members.count - frame.membersStart)
  }

  /// A node of the next segment; or of the same one, on the way down of a descendant segment.
  private struct Child {
    var start: Int
    var end: Int
    var segment: Int
  }

  /// The next child that the innermost frame's segment picks; nil if there are no more.
  private mutating func nextChild(
    in evaluation: PathEvaluation
  ) throws(QrrotError) -> Child? {
    let top = frames.count - 1
    let segment = evaluation.segments[frames[top].segment]
    while frames[top].selector < segment.selectors.upperBound {
      let selector = evaluation.selectors[frames[top].selector]
      if let (start, end) = try nextSelected(selector, in: evaluation) {
        return Child(start: start, end: end, segment: frames[top].segment + 1)
      }
      frames[top].selector += 1
      frames[top].position = -1
    }
    guard segment.isDescendant else { return nil }
    while let (start, end) = try nextChild(ofFrame: top, in: evaluation.document) {
      let byte = evaluation.document[start]
      if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
        return Child(start: start, end: end, segment: frames[top].segment)
      }
    }
    return nil
  }

  /// The next child of the innermost frame that `selector` picks.
  private mutating func nextSelected(
    _ selector: PathSelector, in evaluation: PathEvaluation
  ) throws(QrrotError) -> (start: Int, end: Int)? {
    let top = frames.count - 1
    let document = evaluation.document
    switch selector {
    case .name, .index:
      guard frames[top].position < 0 else { return nil }
      frames[top].position = 0
      guard let start = try child(selector, ofValueAt: frames[top].start, in: evaluation) else {
        return nil
      }
      return (start, document.end(ofValueAt: start))
    case .wildcard:
      return try nextChild(ofFrame: top, in: document)
    case .filter(let filter):
      while let child = try nextChild(ofFrame: top, in: document) {
        if try holds(filter, at: child.start, in: evaluation) { return child }
      }
      return nil
    case .slice(let slice):
      guard !frames[top].isObject, slice.step != 0 else { return nil }
      return slice.step > 0
        ? try nextForwards(slice, in: document) : try nextBackwards(slice, in: document)
    }
  }

  /// The next child, in the order of the document.
  private mutating func nextChild(
    ofFrame top: Int, in document: JSONBytes
  ) throws(QrrotError) -> (start: Int, end: Int)? {
    if frames[top].isObject {
      if frames[top].position < 0 {
        if !frames[top].hasMembers {
          frames[top].hasMembers = true
          try appendMembers(ofObjectAt: frames[top].start, of: document)
        }
        frames[top].position = frames[top].membersStart
      }
      let position = frames[top].position
      guard position < members.count else { return nil }
      frames[top].position += 1
      let start = members[position].value
      let end = document.end(ofValueAt: start)
      try step(1 + (end - start) >> 6)
      return (start, end)
    }
    if frames[top].position < 0 {
      frames[top].position = frames[top].start + 1
      frames[top].index = 0
    }
    let start = frames[top].position
    guard start < document.count, document[start] != UInt8(ascii: "]") else { return nil }
    let end = document.end(ofValueAt: start)
    try step(1 + (end - start) >> 6)
    frames[top].position = document[end] == UInt8(ascii: ",") ? end + 1 : end
    frames[top].index += 1
    return (start, end)
  }

  /// The next element of a slice whose step is positive.
  private mutating func nextForwards(
    _ slice: PathSlice, in document: JSONBytes
  ) throws(QrrotError) -> (start: Int, end: Int)? {
    let top = frames.count - 1
    if frames[top].position < 0 {
      // The array's length matters only where something counts from its end.
      let isFromEnd = (slice.start ?? 0) < 0 || (slice.end ?? 0) < 0
      let count =
        isFromEnd ? try elementCount(ofArrayAt: frames[top].start, of: document) : 1 << 53
      (frames[top].wanted, frames[top].limit) = slice.bounds(count: count)
    }
    while frames[top].position < 0 || frames[top].index < frames[top].limit,
      frames[top].wanted < frames[top].limit,
      let child = try nextChild(ofFrame: top, in: document)
    {
      if frames[top].index - 1 == frames[top].wanted {
        frames[top].wanted += slice.step
        return child
      }
    }
    return nil
  }

  /// The next element of a slice whose step is negative: the text is walked backwards, so that
  /// nothing needs to be kept.
  private mutating func nextBackwards(
    _ slice: PathSlice, in document: JSONBytes
  ) throws(QrrotError) -> (start: Int, end: Int)? {
    let top = frames.count - 1
    let array = frames[top].start
    if frames[top].position < 0 {
      let count = try elementCount(ofArrayAt: array, of: document)
      (frames[top].wanted, frames[top].limit) = slice.bounds(count: count)
      frames[top].index = frames[top].wanted
      frames[top].position =
        try element(max(0, frames[top].wanted), ofArrayAt: array, of: document) ?? 0
    }
    guard frames[top].wanted > frames[top].limit else { return nil }
    while frames[top].index > frames[top].wanted, frames[top].position > array + 1 {
      // In front of an element there is a comma.
      let start = document.start(ofValueEndingAt: frames[top].position - 1)
      try step(1 + (frames[top].position - start) >> 6)
      frames[top].position = start
      frames[top].index -= 1
    }
    frames[top].wanted += slice.step
    let start = frames[top].position
    let end = document.end(ofValueAt: start)
    try step(1 + (end - start) >> 6)
    return (start, end)
  }
}

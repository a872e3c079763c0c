#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A walk over two documents at once, from token to token.
///
/// What is found is taken back where a container turns out not to be explained by it: an object at its
/// end, when all of its names are known; an array that has become shorter.
struct JSONDifferenceWalk {
  private let before: JSONBytes
  private let after: JSONBytes
  private let placeLimit: Int
  private let interrupt: Interrupt?
  private(set) var result = JSONDifference()
  /// Where the walk stands in the texts.
  private var first = 0
  private var second = 0
  private var frames: [Frame] = []
  /// The names of all objects that are open.
  private var names: [Name] = []
  /// How many bytes may still be gone through twice.
  private var credit: Int
  private var countdown = Self.interruptInterval

  /// Two containers that are open.
  private struct Frame {
    let isObject: Bool
    /// Where they begin.
    let first: Int
    let second: Int
    /// The way to them from the container around.
    let step: JSONDifference.StepPlace
    /// What had been found in front of them.
    let counts: JSONDifference.Counts
    let placeCount: Int
    /// Where their names begin.
    let nameStart: Int
    /// Their place in the paths; nil until it is needed.
    var node: Int?
    /// The index of the next element.
    var index = 0
  }

  /// A name of the first text, or one that only the second one has.
  private struct Name {
    // 32 bits are enough: see JSONBytes.maximumCount. There can be as many as a fifth of the bytes.
    let hash: UInt32
    let offset: UInt32
    let isInSecond: Bool
  }

  init(_ before: JSONBytes, _ after: JSONBytes, placeLimit: Int, interrupt: Interrupt?) {
    self.before = before
    self.after = after
    self.placeLimit = placeLimit
    self.interrupt = interrupt
    credit = 4 * (before.count + after.count) + 65_536
  }

  mutating func run() throws(QrrotError) {
    compare(.root)
    while let frame = frames.last {
      countdown -= 1
      if countdown == 0 {
        countdown = Self.interruptInterval
        try interrupt?.check()
      }
      // Behind a member or an element.
      if before[first] == UInt8(ascii: ",") { first += 1 }
      if after[second] == UInt8(ascii: ",") { second += 1 }
      if frame.isObject { goOn(inObject: frame) } else { goOn(inArray: frame) }
    }
  }

  /// Compares the values at which the walk stands, and goes behind them, of containers inside.
  private mutating func compare(_ step: JSONDifference.StepPlace) {
    let one = before[first]
    let other = after[second]
    switch (one, other) {
    case (UInt8(ascii: "{"), UInt8(ascii: "{")), (UInt8(ascii: "["), UInt8(ascii: "[")):
      frames.append(
        Frame(
          isObject: one == UInt8(ascii: "{"), first: first, second: second, step: step,
          counts: result.counts, placeCount: result.places.count, nameStart: names.count,
          node: frames.isEmpty ? 0 : nil))
      first += 1
      second += 1
    default:
      // A value has a byte at least; where the text is damaged, the walk still comes to its end.
      let firstRange = first..<max(first + 1, before.end(ofValueAt: first))
      let secondRange = second..<max(second + 1, after.end(ofValueAt: second))
      if !areSame(firstRange, secondRange) {
        let isNumber = Self.isNumber(one) && Self.isNumber(other)
        note(isNumber ? .number : .replaced, firstRange, secondRange, step)
      }
      first = firstRange.upperBound
      second = secondRange.upperBound
    }
  }

  private static func isNumber(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "-") || byte &- UInt8(ascii: "0") < 10
  }

  private func areSame(_ one: Range<Int>, _ other: Range<Int>) -> Bool {
    one.count == other.count && one.upperBound <= before.count && other.upperBound <= after.count
      && memcmp(before.start + one.lowerBound, after.start + other.lowerBound, one.count) == 0
  }

  private static let interruptInterval = 4_096
}

/// Objects.
extension JSONDifferenceWalk {
  private mutating func goOn(inObject frame: Frame) {
    let hasOne = before[first] == UInt8(ascii: "\"")
    let hasOther = after[second] == UInt8(ascii: "\"")
    guard hasOne || hasOther else { return close(frame) }
    let one = first..<(hasOne ? before.end(ofStringAt: first) : first)
    let other = second..<(hasOther ? after.end(ofStringAt: second) : second)
    if hasOne, hasOther, areSame(one, other) {
      add(one, isInSecond: false)
      first = one.upperBound + 1
      second = other.upperBound + 1
      return compare(.name(one, isInSecond: false))
    }
    // A name that stands elsewhere in the second text is found among the added ones in the end.
    if hasOne {
      add(one, isInSecond: false)
      let value = one.upperBound + 1
      first = max(value, before.end(ofValueAt: value))
      note(.removed, value..<first, nil, .name(one, isInSecond: false))
    } else {
      add(other, isInSecond: true)
      let value = other.upperBound + 1
      second = max(value, after.end(ofValueAt: value))
      note(.added, nil, value..<second, .name(other, isInSecond: true))
    }
  }

  private mutating func add(_ name: Range<Int>, isInSecond: Bool) {
    let content = (isInSecond ? after : before).string(at: name.lowerBound).content
    names.append(
      Name(
        hash: UInt32(truncatingIfNeeded: content.hash),
        offset: UInt32(truncatingIfNeeded: name.lowerBound), isInSecond: isInSecond))
  }

  private mutating func close(_ frame: Frame) {
    first += 1
    second += 1
    let isAmbiguous = result.counts != frame.counts && hasNamesakes(from: frame.nameStart)
    names.removeLast(names.count - frame.nameStart)
    frames.removeLast()
    if isAmbiguous { replace(frame) }
  }

  /// Whether two names mean the same: one stands twice in an object, has moved, or is written
  /// otherwise.
  private mutating func hasNamesakes(from start: Int) -> Bool {
    let (before, after) = (before, after)
    func content(_ name: Name) -> JSONStringText {
      (name.isInSecond ? after : before).string(at: Int(name.offset)).content
    }
    names[start...].sort { left, right in
      if left.hash != right.hash { return left.hash < right.hash }
      return JSONStringText.compare(content(left), content(right)) < 0
    }
    return zip(names[start...], names[start...].dropFirst()).contains { left, right in
      left.hash == right.hash && content(left) == content(right)
    }
  }
}

/// Arrays.
extension JSONDifferenceWalk {
  private mutating func goOn(inArray frame: Frame) {
    let hasOne = first < before.count && before[first] != UInt8(ascii: "]")
    let hasOther = second < after.count && after[second] != UInt8(ascii: "]")
    frames[frames.count - 1].index += 1
    switch (hasOne, hasOther) {
    case (true, true):
      compare(.index(frame.index))
    case (false, true):
      let value = second
      second = max(value + 1, after.end(ofValueAt: value))
      note(.added, nil, value..<second, .index(frame.index))
    case (true, false):
      first = max(first + 1, before.end(ofContainerAt: frame.first))
      second += 1
      frames.removeLast()
      shorten(frame)
    case (false, false):
      first += 1
      second += 1
      frames.removeLast()
    }
  }

  /// Notes the elements of a closed array that are missing in the other one, if that explains all.
  private mutating func shorten(_ frame: Frame) {
    takeBack(frame)
    credit -= first - frame.first + second - frame.second
    guard credit > 0 else { return replace(frame) }
    frames.append(frame)
    var one = frame.first + 1
    var index = 0
    var other = element(of: after, at: frame.second + 1, before: second)
    while let value = element(of: before, at: one, before: first) {
      if let match = other, areSame(value, match) {
        other = element(of: after, at: match.upperBound + 1, before: second)
      } else {
        note(.removed, value, nil, .index(index))
      }
      index += 1
      one = value.upperBound + 1
    }
    frames.removeLast()
    if other != nil { replace(frame) }
  }

  /// Where the element at `offset` stands; nil behind the last one of an array that ends at `end`.
  private func element(of text: JSONBytes, at offset: Int, before end: Int) -> Range<Int>? {
    guard offset < end - 1 else { return nil }
    return offset..<max(offset + 1, text.end(ofValueAt: offset))
  }
}

/// What has been found.
extension JSONDifferenceWalk {
  /// Says that all of a closed container is replaced.
  private mutating func replace(_ frame: Frame) {
    takeBack(frame)
    note(.replaced, frame.first..<first, frame.second..<second, frame.step)
  }

  private mutating func takeBack(_ frame: Frame) {
    result.counts = frame.counts
    result.places.removeLast(max(0, result.places.count - frame.placeCount))
  }

  private mutating func note(
    _ kind: JSONDifference.Kind, _ one: Range<Int>?, _ other: Range<Int>?,
    _ step: JSONDifference.StepPlace
  ) {
    let isWhole = result.isWhole
    switch kind {
    case .added: result.counts.added += 1
    case .removed: result.counts.removed += 1
    case .number: result.counts.numbers += 1
    case .replaced: result.counts.replaced += 1
    }
    // The places that are kept are the first ones, without a gap.
    guard isWhole, result.places.count < placeLimit, result.nodes.count < 8 * placeLimit + 1_024
    else { return }
    let node: Int
    if case .root = step {
      node = 0
    } else {
      node = add(JSONDifference.Node(parent: innermostNode(), step: step))
    }
    result.places.append(
      JSONDifference.Place(
        kind: kind, before: one?.clamped(to: 0..<before.count),
        after: other?.clamped(to: 0..<after.count), node: node))
  }

  /// The node of the innermost container that is open.
  private mutating func innermostNode() -> Int {
    let known = frames.lastIndex { $0.node != nil } ?? -1
    var node = known < 0 ? 0 : frames[known].node ?? 0
    for index in frames.indices where index > known {
      node = add(JSONDifference.Node(parent: node, step: frames[index].step))
      frames[index].node = node
    }
    return node
  }

  private mutating func add(_ node: JSONDifference.Node) -> Int {
    result.nodes.append(node)
    return result.nodes.count - 1
  }
}

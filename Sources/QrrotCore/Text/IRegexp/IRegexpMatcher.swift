/// Matches texts against one I-Regexp, remembering what it has worked out.
///
/// It walks a deterministic automaton whose states are made as they are first needed, so a text
/// takes one look-up a character once the states are there, and never more than one pass over the
/// program a character: there is no backtracking. What it remembers is bounded to a few MiB: when
/// that is full it is forgotten and begun anew.
///
/// It is a value: one a thread, made once for many texts.
///
/// Source: R. Cox, "Regular Expression Matching in the Wild" (2010), the lazily built automaton.
public struct IRegexpMatcher: Sendable {
  let program: IRegexp.Program
  private let extent: IRegexp.Extent

  /// A set of places in the program, one bit each.
  private typealias Places = [UInt64]

  private struct State {
    var places: Places
    /// Whether the expression has matched up to here.
    var accepts: Bool
    /// Whether it has matched if the text ends here; nil as long as nobody has asked.
    var acceptsAtEnd: Bool?
  }

  /// The state at the start of a text comes first; it is unlike all others because `^` holds there.
  private var states: [State] = []
  private var numbers: [Places: Int32] = [:]
  /// For each state a row: the state behind each symbol, or one of the marks below.
  private var transitions: [Int32] = []

  /// Characters that all classes take alike are one symbol. Those of ASCII have a table.
  private var symbolsOfASCII: [UInt8] = []
  /// The symbols of the others, by interval and category.
  private var symbolsOfOthers: [UInt8] = []
  /// For each symbol a character that it stands for; the first is for bytes that are no UTF-8.
  private var representatives: [(scalar: UInt32, categoryBit: UInt32)] = []
  private let rowCount: Int

  private var stack: [Int32] = []
  /// How many places have been looked at and are not taken off anybody's steps yet.
  private var lookCount = 0

  private static var unknown: Int32 { -1 }
  /// Nothing that follows can make it match.
  private static var failed: Int32 { -2 }
  /// Nothing that follows can keep it from matching.
  private static var succeeded: Int32 { -3 }
  private static var noSymbol: UInt8 { 0xFF }
  private static var stateLimit: Int { 1 << 10 }
  private static var placeWordLimit: Int { 1 << 17 }

  /// Makes a matcher that remembers nothing yet.
  ///
  /// - Complexity: O(size of the program).
  public init(_ expression: IRegexp, _ extent: IRegexp.Extent) {
    program = expression.program
    self.extent = extent
    let categoryCount = program.usesCategories ? Int(GeneralCategories.count) : 1
    let kindCount = program.cuts.count * categoryCount
    rowCount = min(kindCount + 1, Int(Self.noSymbol))
    symbolsOfOthers = Array(repeating: Self.noSymbol, count: kindCount)
    forget()
    var places = noPlaces
    let accepts = close(0, into: &places, isStart: true, isEnd: false)
    _ = append(State(places: places, accepts: accepts))
  }

  /// Whether `text` matches; bytes that are not UTF-8 match nothing, not `.` either.
  ///
  /// - Parameter steps: what it may take, of which it takes away: one for each 16 bytes, and one for
  ///   each place of the program that is looked at to make a state.
  /// - Returns: nil if the steps were not enough.
  /// - Complexity: O(length of `text` × size of the program), and O(length) mostly.
  public mutating func matches(_ text: UnsafeRawBufferPointer, steps: inout Int) -> Bool? {
    steps -= 1 + text.count / 16
    if extent == .part, states[0].accepts { return true }
    var state: Int32 = 0
    var offset = 0
    while offset < text.count {
      guard steps >= 0 else { return nil }
      var symbol: UInt8
      let byte = text[offset]
      if byte < 0x80 {
        symbol = symbolsOfASCII[Int(byte)]
        if symbol == Self.noSymbol {
          (symbol, state) = newSymbol(for: UInt32(byte), in: state)
          symbolsOfASCII[Int(byte)] = symbol
        }
        offset += 1
      } else {
        (symbol, state) = nextSymbol(in: text, at: &offset, in: state)
      }
      var next = transitions[Int(state) * rowCount + Int(symbol)]
      if next < 0 {
        if next == Self.unknown { next = makeTransition(from: state, by: symbol, steps: &steps) }
        if next == Self.failed { return false }
        if next == Self.succeeded { return true }
      }
      state = next
    }
    return steps >= 0 ? acceptsAtEnd(state, isStart: text.isEmpty, steps: &steps) : nil
  }

  // MARK: Symbols

  /// Takes the character at `offset`, which is not of ASCII.
  private mutating func nextSymbol(
    in text: UnsafeRawBufferPointer, at offset: inout Int, in state: Int32
  ) -> (UInt8, state: Int32) {
    guard
      let decoded = UTF8Decoding.decode(text.assumingMemoryBound(to: UInt8.self).span, at: offset)
    else {
      offset += 1
      return (0, state)
    }
    offset += decoded.byteCount
    return newSymbol(for: decoded.scalar, in: state)
  }

  /// The symbol of a character, if need be a new one; there may be no room for it, and all is
  /// forgotten but the state, which then has another number.
  private mutating func newSymbol(for scalar: UInt32, in state: Int32) -> (UInt8, state: Int32) {
    let interval = program.interval(of: scalar)
    let category = program.usesCategories ? Int(GeneralCategories.index(of: scalar)) : 0
    let kind =
      program.usesCategories ? interval * Int(GeneralCategories.count) + category : interval
    let known = symbolsOfOthers[kind]
    guard known == Self.noSymbol else { return (known, state) }
    let kept = representatives.count < rowCount ? state : forget(allBut: state)
    let symbol = UInt8(truncatingIfNeeded: representatives.count)
    symbolsOfOthers[kind] = symbol
    representatives.append((program.cuts[interval], 1 << UInt32(category)))
    return (symbol, kept)
  }

  // MARK: States

  private var noPlaces: Places {
    Array(repeating: 0, count: (program.instructions.count + 63) / 64)
  }

  private mutating func forget() {
    numbers.removeAll(keepingCapacity: true)
    states.removeAll(keepingCapacity: true)
    transitions.removeAll(keepingCapacity: true)
    symbolsOfASCII = Array(repeating: Self.noSymbol, count: 128)
    if !representatives.isEmpty {
      symbolsOfOthers = Array(repeating: Self.noSymbol, count: symbolsOfOthers.count)
    }
    representatives = [(0, 0)]
  }

  /// Forgets everything but the first state and this one, of which it returns the new number.
  private mutating func forget(allBut state: Int32) -> Int32 {
    let first = states[0]
    let kept = states[Int(state)]
    forget()
    _ = append(first)
    guard state > 0 else { return 0 }
    numbers[kept.places] = 1
    return append(kept)
  }

  /// Adds a state whose transitions are unknown.
  private mutating func append(_ state: State) -> Int32 {
    states.append(state)
    transitions.append(contentsOf: repeatElement(Self.unknown, count: rowCount))
    return Int32(states.count - 1)
  }

  /// Works out what follows `state` at a character of this kind.
  private mutating func makeTransition(
    from state: Int32, by symbol: UInt8, steps: inout Int
  ) -> Int32 {
    var places = noPlaces
    var accepts = false
    lookCount = places.count
    defer { steps -= lookCount }
    if symbol > 0 {
      let (scalar, categoryBit) = representatives[Int(symbol)]
      forEachPlace(of: states[Int(state)].places) { matcher, place in
        matcher.lookCount += 1
        guard case .scalar(let index) = matcher.program.instructions[place],
          matcher.program.classes[Int(index)].contains(scalar, categoryBit: categoryBit)
        else { return }
        if matcher.close(place + 1, into: &places, isStart: false, isEnd: false) { accepts = true }
      }
    }
    if extent == .part, close(0, into: &places, isStart: false, isEnd: false) { accepts = true }
    let cell = Int(state) * rowCount + Int(symbol)
    let isFailed = extent == .whole && places.allSatisfy { $0 == 0 }
    if isFailed || extent == .part && accepts {
      transitions[cell] = isFailed ? Self.failed : Self.succeeded
      return transitions[cell]
    }
    if let number = numbers[places] {
      transitions[cell] = number
      return number
    }
    if states.count >= Self.stateLimit || states.count * places.count >= Self.placeWordLimit {
      // Symbols go too; the character at hand has been dealt with.
      _ = forget(allBut: 0)
      numbers[places] = 1
      return append(State(places: places, accepts: accepts))
    }
    let number = append(State(places: places, accepts: accepts))
    numbers[places] = number
    transitions[cell] = number
    return number
  }

  /// Whether a text that ends in `state` has matched.
  private mutating func acceptsAtEnd(_ state: Int32, isStart: Bool, steps: inout Int) -> Bool {
    let known = states[Int(state)]
    if !program.hasEnd || known.accepts { return known.accepts }
    if let answer = known.acceptsAtEnd, !isStart { return answer }
    var places = noPlaces
    var accepts = false
    lookCount = 0
    defer { steps -= lookCount }
    forEachPlace(of: known.places) { matcher, place in
      matcher.lookCount += 1
      guard case .end = matcher.program.instructions[place] else { return }
      if matcher.close(place + 1, into: &places, isStart: isStart, isEnd: true) { accepts = true }
    }
    if !isStart { states[Int(state)].acceptsAtEnd = accepts }
    return accepts
  }

  private mutating func forEachPlace(
    of places: Places, _ body: (inout IRegexpMatcher, Int) -> Void
  ) {
    for (index, word) in places.enumerated() {
      var rest = word
      while rest != 0 {
        body(&self, index * 64 + rest.trailingZeroBitCount)
        rest &= rest &- 1
      }
    }
  }

  /// Adds all places that are reached from `place` without taking a character.
  ///
  /// - Returns: whether the expression's end is among those that were added.
  private mutating func close(
    _ place: Int, into places: inout [UInt64], isStart: Bool, isEnd: Bool
  ) -> Bool {
    var accepts = false
    stack.append(Int32(place))
    while let top = stack.popLast() {
      lookCount += 1
      let place = Int(top)
      let bit = UInt64(1) << UInt64(place & 63)
      if places[place >> 6] & bit != 0 { continue }
      places[place >> 6] |= bit
      switch program.instructions[place] {
      case .scalar: break
      case .split(let distance):
        stack.append(top + 1)
        stack.append(top + distance)
      case .jump(let distance): stack.append(top + distance)
      case .start: if isStart { stack.append(top + 1) }
      case .end: if isEnd { stack.append(top + 1) }
      case .accept: accepts = true
      }
    }
    return accepts
  }
}

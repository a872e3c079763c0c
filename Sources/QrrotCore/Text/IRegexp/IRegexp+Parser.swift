extension IRegexp {
  /// Reads a pattern and builds its program on the way, without recursion.
  struct Parser {
    let pattern: [UInt8]
    var offset = 0
    private var builder = ProgramBuilder()
    /// The group that is being read.
    private var group = Group(start: 0, branchStart: 0, jumps: [], offset: 0)
    /// The groups around it.
    private var outerGroups: [Group] = []

    private struct Group {
      /// Where its instructions begin.
      var start: Int
      /// Where those of its last branch begin.
      var branchStart: Int
      /// The jumps at the ends of its other branches.
      var jumps: [Int]
      /// Where its bracket stands in the pattern.
      var offset: Int
    }

    init(_ pattern: [UInt8]) { self.pattern = pattern }

    mutating func parse() throws(IRegexpError) -> Program {
      while offset < pattern.count { try parseNext() }
      guard outerGroups.isEmpty else {
        throw IRegexpError(offset: group.offset, message: "the group is never closed")
      }
      builder.land(group.jumps)
      return builder.finish()
    }

    /// Reads an atom with its quantifier, or a bracket or bar.
    private mutating func parseNext() throws(IRegexpError) {
      let place = offset
      let start = builder.count
      guard start < IRegexp.instructionCount else { throw tooLarge(at: place) }
      let scalar = try nextScalar()
      switch scalar {
      case "(":
        guard outerGroups.count < IRegexp.groupDepth else {
          throw IRegexpError(
            offset: place, message: "groups may be nested \(IRegexp.groupDepth) deep",
            isTooLarge: true)
        }
        outerGroups.append(group)
        group = Group(start: start, branchStart: start, jumps: [], offset: place)
        return
      case "|":
        group.jumps.append(builder.endBranch(from: group.branchStart))
        group.branchStart = builder.count
        return
      case ")":
        guard let outer = outerGroups.popLast() else {
          throw IRegexpError(
            offset: place, message: "a closing bracket that nothing opens; write \\)")
        }
        builder.land(group.jumps)
        let groupStart = group.start
        group = outer
        return try parseQuantifier(from: groupStart)
      case ".": builder.append(.dot)
      case "^": builder.append(.start)
      case "$": builder.append(.end)
      case "[": builder.append(try classExpression(from: place))
      case "\\": builder.append(try escape(from: place))
      case "*", "+", "?", "{":
        throw IRegexpError(offset: place, message: "there is nothing to repeat; write \\\(scalar)")
      case "]", "}":
        throw IRegexpError(
          offset: place, message: "a bracket that nothing opens; write \\\(scalar)")
      default: builder.append(Self.single(scalar))
      }
      try parseQuantifier(from: start)
    }

    /// Reads the quantifier, if there is one, of what was built from `start` on.
    private mutating func parseQuantifier(from start: Int) throws(IRegexpError) {
      guard offset < pattern.count else { return }
      let place = offset
      let fits: Bool
      switch pattern[offset] {
      case UInt8(ascii: "*"):
        fits = builder.repeat(from: start, atLeast: 0, atMost: nil)
      case UInt8(ascii: "+"):
        fits = builder.repeat(from: start, atLeast: 1, atMost: nil)
      case UInt8(ascii: "?"):
        fits = builder.repeat(from: start, atLeast: 0, atMost: 1)
      case UInt8(ascii: "{"):
        offset += 1
        let least = try parseCount()
        var most: Int? = least
        if offset < pattern.count, pattern[offset] == UInt8(ascii: ",") {
          offset += 1
          most = nil
          if offset < pattern.count, pattern[offset] != UInt8(ascii: "}") {
            most = try parseCount()
          }
        }
        guard offset < pattern.count, pattern[offset] == UInt8(ascii: "}") else {
          throw IRegexpError(offset: offset, message: "expected } after the numbers of a repeat")
        }
        if let most, most < least {
          throw IRegexpError(
            offset: place, message: "a repeat of at least \(least) and at most \(most)")
        }
        fits = builder.repeat(from: start, atLeast: least, atMost: most)
      default: return
      }
      guard fits else { throw tooLarge(at: place) }
      offset += 1
    }

    /// Reads the digits of a number; all that are beyond any limit are the same.
    private mutating func parseCount() throws(IRegexpError) -> Int {
      let start = offset
      var count = 0
      while offset < pattern.count, pattern[offset] &- UInt8(ascii: "0") < 10 {
        count = min(count * 10 + Int(pattern[offset] - UInt8(ascii: "0")), Self.countLimit)
        offset += 1
      }
      guard offset > start else {
        throw IRegexpError(offset: offset, message: "expected a number of repeats; write \\{")
      }
      return count
    }

    private static let countLimit = 1_000_000_000

    /// Takes the next scalar; there must be a byte.
    mutating func nextScalar() throws(IRegexpError) -> Unicode.Scalar {
      guard let decoded = UTF8Decoding.decode(pattern.span, at: offset),
        let scalar = Unicode.Scalar(decoded.scalar)
      else { throw IRegexpError(offset: offset, message: "the pattern is not UTF-8") }
      offset += decoded.byteCount
      return scalar
    }

    static func single(_ scalar: Unicode.Scalar) -> ScalarClass {
      var scalars = ScalarClass()
      scalars.insert(scalar.value...scalar.value)
      return scalars
    }

    private func tooLarge(at offset: Int) -> IRegexpError {
      IRegexpError(
        offset: offset,
        message:
          "with its repeats written out, a pattern may take \(IRegexp.instructionCount) steps",
        isTooLarge: true)
    }
  }
}

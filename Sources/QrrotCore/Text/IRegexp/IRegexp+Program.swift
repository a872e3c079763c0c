extension IRegexp {
  /// One step of a program. Distances are from the instruction itself, so that a part of a program
  /// can be copied and moved.
  enum Instruction: Sendable {
    /// Takes a scalar of this class, and goes on behind.
    case scalar(classIndex: Int32)
    /// Goes on behind, and at this distance too.
    case split(Int32)
    /// Goes on at this distance.
    case jump(Int32)
    /// Goes on behind if this is the start of the text.
    case start
    /// Goes on behind if this is the end of the text.
    case end
    /// The expression has matched.
    case accept
  }

  /// A nondeterministic automaton over classes of scalars.
  struct Program: Sendable {
    /// The instructions; the last one is the only `accept`.
    let instructions: [Instruction]
    let classes: [ScalarClass]
    /// Where any class begins or ends, in order, from 0: between two of them all scalars are alike,
    /// apart from their categories.
    let cuts: [UInt32]
    let usesCategories: Bool
    let hasEnd: Bool

    init(_ instructions: [Instruction], _ classes: [ScalarClass]) {
      self.instructions = instructions
      self.classes = classes
      usesCategories = classes.contains { $0.categories != 0 }
      hasEnd = instructions.contains {
        if case .end = $0 { true } else { false }
      }
      var cuts: Set<UInt32> = [0]
      for range in classes.lazy.flatMap(\.ranges) {
        cuts.insert(range.lowerBound)
        cuts.insert(range.upperBound + 1)
      }
      self.cuts = cuts.sorted()
    }

    /// The index of the last cut at or before `scalar`.
    func interval(of scalar: UInt32) -> Int {
      var low = 1
      var high = cuts.count
      while low < high {
        let middle = (low + high) / 2
        if cuts[middle] <= scalar { low = middle + 1 } else { high = middle }
      }
      return low - 1
    }
  }

  /// A program in the making. Each part of an expression is a run of instructions that falls through
  /// at its end.
  struct ProgramBuilder {
    private(set) var instructions: [Instruction] = []
    private var classes: [ScalarClass] = []
    private var classIndexes: [ScalarClass: Int32] = [:]

    var count: Int { instructions.count }

    mutating func append(_ instruction: Instruction) { instructions.append(instruction) }

    mutating func append(_ given: ScalarClass) {
      var scalars = given
      scalars.normalize()
      if let index = classIndexes[scalars] { return append(.scalar(classIndex: index)) }
      let index = Int32(classes.count)
      classIndexes[scalars] = index
      classes.append(scalars)
      append(.scalar(classIndex: index))
    }

    /// Ends a branch that began at `start`, another one following.
    ///
    /// - Returns: the place of the jump to the end of all branches, for ``land(_:)``.
    mutating func endBranch(from start: Int) -> Int {
      instructions.insert(.split(Int32(count - start + 2)), at: start)
      append(.jump(0))
      return count - 1
    }

    /// Makes the jumps at `places` lead here.
    mutating func land(_ places: [Int]) {
      for place in places { instructions[place] = .jump(Int32(count - place)) }
    }

    /// Repeats the run from `start` on.
    ///
    /// - Returns: false if that would take more than ``IRegexp/instructionCount``; nothing has
    ///   changed then.
    mutating func `repeat`(from start: Int, atLeast least: Int, atMost most: Int?) -> Bool {
      let run = Array(instructions[start...])
      // Nothing, however often.
      if run.isEmpty { return true }
      let copies = most ?? max(least, 1)
      // The parser bounds the numbers, so that nothing overflows. Each copy that may be left out has
      // a split, an endless repeat two of split and jump.
      let branchCount = most.map { $0 - least } ?? 2
      let needed = run.count * copies + branchCount
      guard start + needed + 1 <= IRegexp.instructionCount else { return false }
      instructions.removeSubrange(start...)
      guard let most else {
        if least == 0 { append(.split(Int32(run.count + 2))) }
        for _ in 0..<copies { instructions.append(contentsOf: run) }
        append(least == 0 ? .jump(-Int32(run.count + 1)) : .split(-Int32(run.count)))
        return true
      }
      for _ in 0..<least { instructions.append(contentsOf: run) }
      for optional in stride(from: most - least, to: 0, by: -1) {
        append(.split(Int32(optional * (run.count + 1))))
        instructions.append(contentsOf: run)
      }
      return true
    }

    /// The whole program.
    consuming func finish() -> Program {
      append(.accept)
      return Program(instructions, classes)
    }
  }
}

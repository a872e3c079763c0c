/// Writes queries and filters in one of the many ways that mean the same.
package struct QueryPrinter<C: Choices> {
  package var text: [UInt8] = []
  package var choices: C

  package init(_ choices: C) { self.choices = choices }

  package mutating func print(_ query: ModelQuery) {
    text.append(UInt8(ascii: query.isRelative ? "@" : "$"))
    for segment in query.segments {
      blanks()
      print(segment, isSingular: false)
    }
  }

  private mutating func printSingular(_ query: ModelQuery) {
    text.append(UInt8(ascii: query.isRelative ? "@" : "$"))
    for segment in query.segments {
      blanks()
      print(segment, isSingular: true)
    }
  }

  package mutating func print(_ logic: ModelLogic) {
    switch logic {
    case .or(let left, let right):
      printPart(left, bindsTighter: true)
      print(operator: "||")
      printPart(right, bindsTighter: true)
    case .and(let left, let right):
      printPart(left, bindsTighter: false)
      print(operator: "&&")
      printPart(right, bindsTighter: false)
    case .not(let inner):
      text.append(UInt8(ascii: "!"))
      blanks()
      parenthesised(inner)
    case .exists(let query): print(query)
    case .comparison(let left, let comparison, let right):
      print(left)
      blanks()
      text += comparison.utf8
      blanks()
      print(right)
    case .matches(let isWhole, let operand, let pattern):
      text += (isWhole ? "match(" : "search(").utf8
      blanks()
      print(operand)
      blanks()
      text.append(UInt8(ascii: ","))
      blanks()
      print(string: pattern)
      blanks()
      text.append(UInt8(ascii: ")"))
    }
  }

  private mutating func print(operator word: String) {
    blanks()
    text += word.utf8
    blanks()
  }

  /// A side of `||` or `&&`, in parentheses where it needs them and sometimes where not.
  private mutating func printPart(_ logic: ModelLogic, bindsTighter: Bool) {
    let isFree =
      switch logic {
      case .or: false
      case .and: bindsTighter
      default: true
      }
    if isFree, !choices.oneIn(4) { print(logic) } else { parenthesised(logic) }
  }

  private mutating func parenthesised(_ logic: ModelLogic) {
    text.append(UInt8(ascii: "("))
    blanks()
    print(logic)
    blanks()
    text.append(UInt8(ascii: ")"))
  }

  private mutating func print(_ operand: ModelOperand) {
    switch operand {
    case .literal(let literal):
      if case .string(let characters) = JSONTree(literal).content {
        print(string: characters)
      } else {
        text += literal
      }
    case .query(let query): printSingular(query)
    case .length(let inner):
      text += "length(".utf8
      blanks()
      print(inner)
      blanks()
      text.append(UInt8(ascii: ")"))
    case .count(let query), .value(let query):
      if case .count = operand { text += "count(".utf8 } else { text += "value(".utf8 }
      blanks()
      print(query)
      blanks()
      text.append(UInt8(ascii: ")"))
    }
  }

  private mutating func print(_ segment: ModelSegment, isSingular: Bool) {
    if segment.isDescendant { text += "..".utf8 }
    if segment.selectors.count == 1, !choices.oneIn(3) {
      let dot = segment.isDescendant ? "" : "."
      switch segment.selectors[0] {
      case .wildcard:
        text += (dot + "*").utf8
        return
      case .name(let name) where Self.isShorthand(name):
        text += dot.utf8
        text += characters(name)
        return
      default: break
      }
    }
    text.append(UInt8(ascii: "["))
    for (index, selector) in segment.selectors.enumerated() {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      if !isSingular { blanks() }
      print(selector)
      if !isSingular { blanks() }
    }
    text.append(UInt8(ascii: "]"))
  }

  private mutating func print(_ selector: ModelSelector) {
    switch selector {
    case .name(let name): print(string: name)
    case .wildcard: text.append(UInt8(ascii: "*"))
    case .index(let index): text += String(index).utf8
    case .slice(let start, let end, let step):
      if let start { text += String(start).utf8 }
      blanks()
      text.append(UInt8(ascii: ":"))
      blanks()
      if let end { text += String(end).utf8 }
      if step != nil || choices.oneIn(3) {
        blanks()
        text.append(UInt8(ascii: ":"))
        if let step {
          blanks()
          text += String(step).utf8
        }
      }
    case .filter(let logic):
      text.append(UInt8(ascii: "?"))
      blanks()
      print(logic)
    }
  }

  private mutating func print(string: [UInt32]) {
    let quote: UInt32 = choices.oneIn(2) ? 0x22 : 0x27
    text.append(UInt8(quote))
    for character in string {
      if character == 0x5C || character == quote {
        text += [0x5C, UInt8(character)]
      } else if character < 0x20 || choices.oneIn(12) {
        text += DocumentMaker.escaped(character, &choices).replacing("\\\"", with: "\\u0022").utf8
      } else {
        text += characters([character])
      }
    }
    text.append(UInt8(quote))
  }

  private func characters(_ characters: [UInt32]) -> [UInt8] {
    characters.flatMap { [UInt8](String(Unicode.Scalar($0).map(Character.init) ?? "?").utf8) }
  }

  private static func isShorthand(_ name: [UInt32]) -> Bool {
    guard let first = name.first, !(0x30...0x39 ~= first) else { return false }
    return name.allSatisfy { $0 >= 0x80 || $0 < 0x7B && (Self.isWord(UInt8($0))) }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10
      || byte == UInt8(ascii: "_")
  }

  /// Most often none.
  private mutating func blanks() {
    if choices.oneIn(10) { text += choices.choose([" ", "\t", "\n", "\r", "  "]).utf8 }
  }
}

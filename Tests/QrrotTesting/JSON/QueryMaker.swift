/// Makes queries and filters that mean something in the documents of ``DocumentMaker``.
package enum QueryMaker {
  package static func query(
    _ choices: inout some Choices, isRelative: Bool = false, levels: Int = 2
  ) -> ModelQuery {
    let count = choices.choose([1, 2, 0, 3, 1, 2])
    var segments: [ModelSegment] = []
    for _ in 0..<count {
      let isDescendant = choices.oneIn(6)
      let selectors = choices.oneIn(5) ? choices.choose([2, 3]) : 1
      segments.append(
        ModelSegment(
          isDescendant: isDescendant,
          selectors: (0..<selectors).map { _ in selector(&choices, levels: levels) }))
    }
    return ModelQuery(isRelative: isRelative, segments: segments)
  }

  package static func logic(_ choices: inout some Choices, levels: Int = 2) -> ModelLogic {
    switch choices.number(below: levels > 0 ? 10 : 5) {
    case 0: return .exists(query(&choices, isRelative: !choices.oneIn(4), levels: levels - 1))
    case 1...3:
      let comparison = choices.choose(["==", "!=", "<", "<=", ">", ">="])
      return .comparison(
        operand(&choices, levels: levels), comparison, operand(&choices, levels: levels))
    case 4:
      let parts = choices.choose(["a", "a.*", "..", "x*y", "O.lo", "é", ".", "b*", "a*b*"])
      return .matches(
        isWhole: choices.oneIn(2), operand(&choices, levels: 0),
        pattern: parts.unicodeScalars.map(\.value))
    case 5, 6: return .and(logic(&choices, levels: levels - 1), logic(&choices, levels: levels - 1))
    case 7, 8: return .or(logic(&choices, levels: levels - 1), logic(&choices, levels: levels - 1))
    default: return .not(logic(&choices, levels: levels - 1))
    }
  }

  private static func operand(_ choices: inout some Choices, levels: Int) -> ModelOperand {
    switch choices.number(below: 8) {
    case 0...2:
      var text: [UInt8] = []
      switch choices.number(below: 5) {
      case 0: text += choices.choose(["null", "true", "false"]).utf8
      case 1, 2: text += choices.choose(DocumentMaker.numbers).utf8
      default:
        DocumentMaker.appendString(choices.choose(DocumentMaker.strings), to: &text, &choices)
      }
      return .literal(text)
    case 3...5: return .query(singular(&choices))
    case 6 where levels > 0: return .length(operand(&choices, levels: levels - 1))
    default:
      let inner = query(&choices, isRelative: !choices.oneIn(4), levels: levels - 1)
      return choices.oneIn(2) ? .count(inner) : .value(inner)
    }
  }

  private static func singular(_ choices: inout some Choices) -> ModelQuery {
    let segments = (0..<choices.choose([1, 0, 2, 3])).map { _ in
      ModelSegment(
        isDescendant: false,
        selectors: [choices.oneIn(4) ? index(&choices) : name(&choices)])
    }
    return ModelQuery(isRelative: !choices.oneIn(4), segments: segments)
  }

  private static func name(_ choices: inout some Choices) -> ModelSelector {
    .name(choices.choose(DocumentMaker.names))
  }

  private static func index(_ choices: inout some Choices) -> ModelSelector {
    .index(choices.choose([0, 1, 2, -1, -2, 5, -7, 9_007_199_254_740_991, -9_007_199_254_740_991]))
  }

  private static func selector(_ choices: inout some Choices, levels: Int) -> ModelSelector {
    switch choices.number(below: levels > 0 ? 9 : 7) {
    case 0...2: return name(&choices)
    case 3, 4: return .wildcard
    case 5: return index(&choices)
    case 6:
      let numbers = [
        0, 1, 2, 3, -1, -2, -3, 9, -9, 9_007_199_254_740_991, -9_007_199_254_740_991,
      ]
      let bounds = (0..<2).map { _ in choices.oneIn(2) ? nil : choices.choose(numbers) }
      let step = choices.choose([nil, -1, 1, 2, -2, choices.choose(numbers)])
      return .slice(bounds[0], bounds[1], step)
    default: return .filter(logic(&choices, levels: levels - 1))
    }
  }
}

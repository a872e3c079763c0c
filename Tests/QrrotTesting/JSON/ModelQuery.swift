/// A query of RFC 9535 as a tree, and what it means, step by step as the standard says it.
package struct ModelQuery {
  package var isRelative: Bool
  package var segments: [ModelSegment]

  /// The nodes, as lists from segment to segment.
  package func nodes(root: JSONTree, current: JSONTree) -> [JSONTree] {
    var nodes = [isRelative ? current : root]
    for segment in segments {
      nodes = nodes.flatMap { node in
        let inputs = segment.isDescendant ? Self.descendants(of: node) : [node]
        return inputs.flatMap { input in
          segment.selectors.flatMap { $0.children(of: input, root: root) }
        }
      }
    }
    return nodes
  }

  private static func descendants(of node: JSONTree) -> [JSONTree] {
    [node] + node.children.flatMap { descendants(of: $0) }
  }

  package var isSingular: Bool {
    segments.allSatisfy { segment in
      guard !segment.isDescendant, segment.selectors.count == 1 else { return false }
      switch segment.selectors[0] {
      case .name, .index: return true
      default: return false
      }
    }
  }
}

package struct ModelSegment {
  package var isDescendant: Bool
  package var selectors: [ModelSelector]
}

package indirect enum ModelSelector {
  case name([UInt32])
  case wildcard
  case index(Int)
  case slice(Int?, Int?, Int?)
  case filter(ModelLogic)

  fileprivate func children(of node: JSONTree, root: JSONTree) -> [JSONTree] {
    switch self {
    case .name(let name):
      guard case .object(let members) = node.content else { return [] }
      return members.filter { $0.name == name }.map(\.value)
    case .wildcard:
      return node.children
    case .filter(let logic):
      return node.children.filter { logic.holds(root: root, current: $0) }
    case .index(let index):
      guard case .array(let elements) = node.content else { return [] }
      let place = index < 0 ? elements.count + index : index
      return elements.indices.contains(place) ? [elements[place]] : []
    case .slice(let start, let end, let step):
      guard case .array(let elements) = node.content else { return [] }
      return Self.slice(elements, start, end, step ?? 1)
    }
  }

  /// The pseudocode of section 2.3.4.2.2.
  private static func slice(
    _ elements: [JSONTree], _ start: Int?, _ end: Int?, _ step: Int
  ) -> [JSONTree] {
    guard step != 0 else { return [] }
    let count = elements.count
    func normal(_ index: Int) -> Int { index < 0 ? count + index : index }
    let first = normal(start ?? (step > 0 ? 0 : count - 1))
    let last = end.map(normal) ?? (step > 0 ? count : -1)
    var result: [JSONTree] = []
    if step > 0 {
      for index in stride(from: min(max(first, 0), count), to: min(max(last, 0), count), by: step) {
        result.append(elements[index])
      }
    } else {
      let upper = min(max(first, -1), count - 1)
      for index in stride(from: upper, to: min(max(last, -1), count - 1), by: step) {
        result.append(elements[index])
      }
    }
    return result
  }
}

package indirect enum ModelLogic {
  case or(ModelLogic, ModelLogic)
  case and(ModelLogic, ModelLogic)
  case not(ModelLogic)
  case exists(ModelQuery)
  case comparison(ModelOperand, String, ModelOperand)
  /// `match` or `search` with a pattern of characters, dots and stars.
  case matches(isWhole: Bool, ModelOperand, pattern: [UInt32])

  package func holds(root: JSONTree, current: JSONTree) -> Bool {
    switch self {
    case .or(let left, let right):
      return left.holds(root: root, current: current) || right.holds(root: root, current: current)
    case .and(let left, let right):
      return left.holds(root: root, current: current) && right.holds(root: root, current: current)
    case .not(let inner):
      return !inner.holds(root: root, current: current)
    case .exists(let query):
      return !query.nodes(root: root, current: current).isEmpty
    case .comparison(let left, let comparison, let right):
      return Self.compare(
        left.value(root: root, current: current), comparison,
        right.value(root: root, current: current))
    case .matches(let isWhole, let operand, let pattern):
      guard case .string(let text)? = operand.value(root: root, current: current)?.content
      else { return false }
      let starts = isWhole ? text.startIndex...text.startIndex : text.startIndex...text.endIndex
      return starts.contains { Self.matches(text[$0...], pattern[...], toEnd: isWhole) }
    }
  }

  private static func compare(
    _ left: JSONTree?, _ comparison: String, _ right: JSONTree?
  ) -> Bool {
    let isEqual: Bool
    var (isLess, isGreater) = (false, false)
    switch (left, right) {
    case (nil, nil): isEqual = true
    case (let left?, let right?):
      isEqual = JSONTree.areEqual(left, right)
      isLess = JSONTree.isLess(left, right)
      isGreater = JSONTree.isLess(right, left)
    default: isEqual = false
    }
    switch comparison {
    case "==": return isEqual
    case "!=": return !isEqual
    case "<": return isLess
    case "<=": return isLess || isEqual
    case ">": return isGreater
    default: return isGreater || isEqual
    }
  }

  /// By trying everything.
  private static func matches(
    _ text: ArraySlice<UInt32>, _ pattern: ArraySlice<UInt32>, toEnd: Bool
  ) -> Bool {
    guard let item = pattern.first else { return !toEnd || text.isEmpty }
    let rest = pattern.dropFirst()
    // Nothing fits a lone surrogate: it is no character.
    let isAny = item == 0x2E
    let fits =
      text.first.map {
        !(0xD800..<0xE000 ~= $0) && ($0 == item || isAny && $0 != 10 && $0 != 13)
      } ?? false
    if rest.first == 0x2A {
      return matches(text, rest.dropFirst(), toEnd: toEnd)
        || fits && matches(text.dropFirst(), pattern, toEnd: toEnd)
    }
    return fits && matches(text.dropFirst(), rest, toEnd: toEnd)
  }
}

package indirect enum ModelOperand {
  /// A scalar as JSON text; in a filter it may be written in other ways.
  case literal([UInt8])
  case query(ModelQuery)
  case length(ModelOperand)
  case count(ModelQuery)
  case value(ModelQuery)

  fileprivate func value(root: JSONTree, current: JSONTree) -> JSONTree? {
    func number(_ number: Int) -> JSONTree { JSONTree([UInt8](String(number).utf8)) }
    switch self {
    case .literal(let text): return JSONTree(text)
    case .query(let query): return query.nodes(root: root, current: current).first
    case .count(let query): return number(query.nodes(root: root, current: current).count)
    case .value(let query):
      let nodes = query.nodes(root: root, current: current)
      return nodes.count == 1 ? nodes[0] : nil
    case .length(let operand):
      switch operand.value(root: root, current: current)?.content {
      case .string(let text): return number(text.count)
      case .array(let elements): return number(elements.count)
      case .object(let members): return number(members.count)
      default: return nil
      }
    }
  }
}

/// A JSON path as data, with an evaluation that is too simple to be wrong.
///
/// It has all selectors but filters.
public struct WrittenPath: Sendable {
  /// What picks parts of one value.
  public enum Selector: Sendable {
    case name(String)
    case index(Int)
    case wildcard
    case slice(start: Int?, end: Int?, step: Int?)
  }

  /// Selectors, applied to a value or to everything in it.
  public struct Segment: Sendable {
    /// At least one.
    public var selectors: [Selector]
    /// Whether it is `..`.
    public var isDescendant: Bool
  }

  /// The segments, in order.
  public var segments: [Segment]

  /// Makes a path.
  public init(segments: [Segment]) { self.segments = segments }

  /// Whether it has names and single indices only.
  public var isSingular: Bool {
    segments.allSatisfy { segment in
      guard !segment.isDescendant, segment.selectors.count == 1 else { return false }
      switch segment.selectors[0] {
      case .name, .index: return true
      case .wildcard, .slice: return false
      }
    }
  }

  /// The places of all matches in the order of the standard; what is matched twice comes twice.
  public func places(in tree: WrittenJSON) -> [[Int]] {
    segments.reduce([[]]) { places, segment in
      places.flatMap { place in
        let roots = segment.isDescendant ? Self.descendants(of: place, in: tree) : [place]
        return roots.flatMap { root in
          segment.selectors.flatMap { selector in
            Self.parts(selector, of: tree[root]).map { root + [$0] }
          }
        }
      }
    }
  }

  /// A place and all in it, each in front of its parts.
  private static func descendants(of place: [Int], in tree: WrittenJSON) -> [[Int]] {
    [place] + tree[place].visibleParts.flatMap { descendants(of: place + [$0], in: tree) }
  }

  private static func parts(_ selector: Selector, of tree: WrittenJSON) -> [Int] {
    switch (selector, tree) {
    case (.wildcard, _): return tree.visibleParts
    case (.name(let name), .object(let members)):
      return tree.visibleParts.filter { members[$0].name == name }
    case (.index(let index), .array(let elements)):
      let place = index < 0 ? elements.count + index : index
      return elements.indices.contains(place) ? [place] : []
    case (.slice(let start, let end, let step), .array(let elements)):
      return indices(start, end, step ?? 1, count: elements.count)
    default: return []
    }
  }

  /// The indices of a slice, as the standard's pseudocode has them.
  private static func indices(_ start: Int?, _ end: Int?, _ step: Int, count: Int) -> [Int] {
    func normal(_ index: Int) -> Int { index < 0 ? count + index : index }
    if step > 0 {
      let lower = min(max(normal(start ?? 0), 0), count)
      let upper = min(max(normal(end ?? count), 0), count)
      return Array(stride(from: lower, to: upper, by: step))
    }
    if step < 0 {
      let upper = min(max(normal(start ?? count - 1), -1), count - 1)
      let lower = min(max(end.map(normal) ?? -1, -1), count - 1)
      return Array(stride(from: upper, to: lower, by: step))
    }
    return []
  }
}

extension WrittenPath {
  /// A random path.
  ///
  /// - Parameter singular: whether it has names and single indices only.
  public static func random(singular: Bool, using generator: inout SeededGenerator) -> WrittenPath {
    let count = Int.random(in: singular ? 1...4 : 1...3, using: &generator)
    return WrittenPath(
      segments: (0..<count).map { _ in
        if singular {
          return Segment(selectors: [single(using: &generator)], isDescendant: false)
        }
        let selectors = (0..<Int.random(in: 1...2, using: &generator)).map { _ in
          selector(using: &generator)
        }
        return Segment(
          selectors: selectors, isDescendant: Int.random(in: 0..<4, using: &generator) == 0)
      })
  }

  /// A path to something in `tree`, or to where something could be put.
  public static func random(
    into tree: WrittenJSON, using generator: inout SeededGenerator
  ) -> WrittenPath {
    var segments: [Segment] = []
    var value = tree
    while Int.random(in: 0..<5, using: &generator) > 0 {
      let selector: Selector
      switch value {
      case .scalar: selector = single(using: &generator)
      case .array(let elements):
        let index = Int.random(in: -elements.count - 1...elements.count, using: &generator)
        selector = .index(index)
      case .object(let members):
        let name = members.randomElement(using: &generator)?.name ?? "a"
        selector = Int.random(in: 0..<4, using: &generator) > 0 ? .name(name) : .name("new")
      }
      segments.append(Segment(selectors: [selector], isDescendant: false))
      guard let part = parts(selector, of: value).first else { break }
      value = value.parts[part]
    }
    if segments.isEmpty {
      segments = [Segment(selectors: [single(using: &generator)], isDescendant: false)]
    }
    return WrittenPath(segments: segments)
  }

  private static func single(using generator: inout SeededGenerator) -> Selector {
    Bool.random(using: &generator)
      ? .name(WrittenJSON.names.randomElement(using: &generator) ?? "a")
      : .index(Int.random(in: -3...3, using: &generator))
  }

  private static func selector(using generator: inout SeededGenerator) -> Selector {
    func bound() -> Int? {
      Bool.random(using: &generator) ? nil : Int.random(in: -4...4, using: &generator)
    }
    switch Int.random(in: 0..<4, using: &generator) {
    case 0: return .wildcard
    case 1: return .slice(start: bound(), end: bound(), step: bound())
    default: return single(using: &generator)
    }
  }

  /// The path as text, in one of the ways in which it can be written.
  public func text(using generator: inout SeededGenerator) -> String {
    segments.reduce("$") { text, segment in
      text + (segment.isDescendant ? ".." : "") + Self.text(of: segment, using: &generator)
    }
  }

  private static func text(of segment: Segment, using generator: inout SeededGenerator) -> String {
    if segment.selectors.count == 1, Bool.random(using: &generator) {
      let dot = segment.isDescendant ? "" : "."
      switch segment.selectors[0] {
      case .wildcard: return dot + "*"
      case .name(let name) where ["a", "b", "é", "😀", "new"].contains(name): return dot + name
      default: break
      }
    }
    let blank = Int.random(in: 0..<4, using: &generator) == 0 ? " " : ""
    let selectors = segment.selectors.map { text(of: $0, using: &generator) }
    return "[\(blank)\(selectors.joined(separator: blank + "," + blank))\(blank)]"
  }

  private static func text(of selector: Selector, using generator: inout SeededGenerator) -> String
  {
    switch selector {
    case .wildcard: return "*"
    case .index(let index): return "\(index)"
    case .slice(let start, let end, let step):
      let bounds = "\(start.map(String.init) ?? ""):\(end.map(String.init) ?? "")"
      return step.map { "\(bounds):\($0)" } ?? bounds
    case .name(let name):
      let quoted = WrittenJSON.written(name, using: &generator)
      guard Bool.random(using: &generator) else { return quoted }
      // Between single quotes a double one stands for itself, and a single one needs the backslash.
      let content = quoted.dropFirst().dropLast()
      return "'" + content.replacing("\\\"", with: "\"").replacing("'", with: "\\'") + "'"
    }
  }
}

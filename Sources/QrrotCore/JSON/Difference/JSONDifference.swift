/// The places in which one JSON text differs from another, as far as that can be said without a doubt.
///
/// The texts are compared as they are written. Members are matched by their names, elements by their
/// indices. What is left in its place is gone through; else
///
/// - a member that only the second text has counts as added if it stands behind all that both have, an
///   element if the array has become longer;
/// - a member that only the first one has counts as removed, an element if what is left of a shorter
///   array are elements of the longer one, unchanged and in order;
/// - everything else is *replaced*, all of the innermost value that contains the difference: one of another kind,
///   an object whose members stand in another order or in which a name occurs twice, and one whose names
///   are written otherwise.
///
/// So applying the places to the first text gives the second one, byte for byte: set what has changed,
/// remove what is removed (indices are those of the first text), append what is added, in order.
///
/// Nothing recurses and no tree is made.
public struct JSONDifference: Sendable {
  /// What became of a place.
  public enum Kind: Sendable {
    /// A new member, or an element behind the last.
    case added
    /// A member or an element that is gone.
    case removed
    /// A number for which another number stands.
    case number
    /// A value for which another one stands.
    case replaced
  }

  /// One difference.
  public struct Place: Equatable, Sendable {
    /// What became of it.
    public var kind: Kind
    /// Where its value stands in the first text; nil if it is added.
    public var before: Range<Int>?
    /// Where its value stands in the second text; nil if it is removed.
    public var after: Range<Int>?
    /// The end of its path.
    var node: Int
  }

  /// One step on the way to a place.
  public enum Step: Equatable, Sendable {
    /// To the member of this name: the content of a JSON string, as it is written.
    case name([UInt8])
    /// To the element of this index.
    case index(Int)
  }

  /// A step of a path, and the one before it.
  struct Node {
    /// An index into the nodes; that of the root is its own.
    var parent: Int
    var step: StepPlace
  }

  /// Where a step is known from.
  enum StepPlace {
    case root
    case index(Int)
    /// A name stands there, in quotes, in the first text or in the second one.
    case name(Range<Int>, isInSecond: Bool)
  }

  /// How many places there are of each kind.
  public struct Counts: Equatable, Sendable {
    /// New members, and elements behind the last.
    public internal(set) var added = 0
    /// Members and elements that are gone.
    public internal(set) var removed = 0
    /// Numbers by numbers.
    public internal(set) var numbers = 0
    /// All other values.
    public internal(set) var replaced = 0

    /// All of them.
    public var total: Int { added + removed + numbers + replaced }
  }

  /// The places, the first ones if there are too many, in the order of the texts.
  public internal(set) var places: [Place] = []
  /// How many there are in all.
  public internal(set) var counts = Counts()
  var nodes = [Node(parent: 0, step: .root)]

  /// Whether ``places`` has all of them.
  public var isWhole: Bool { places.count == counts.total }

  /// No difference.
  init() {}

  /// Compares two texts.
  ///
  /// - Parameters:
  ///   - before: a valid, compact JSON text, and so is `after`. Nothing beyond their ends is read if they
  ///     are not.
  ///   - placeLimit: how many places are kept; the others are counted.
  ///   - interrupt: ends it.
  /// - Throws: `too-large` for texts beyond 4 GiB, `interrupted`.
  /// - Complexity: O(n) for texts of n bytes, and O(m log m) for an object of m members in which
  ///   something differs. Memory for the names of objects that are open, and for the places.
  public init(
    from before: UnsafeRawBufferPointer, to after: UnsafeRawBufferPointer, placeLimit: Int,
    interrupt: Interrupt? = nil
  ) throws(QrrotError) {
    guard let first = try JSONBytes(before), let second = try JSONBytes(after) else { return }
    var walk = JSONDifferenceWalk(first, second, placeLimit: placeLimit, interrupt: interrupt)
    try walk.run()
    self = walk.result
  }

  /// The way to a place of these texts, from the root on.
  ///
  /// - Complexity: O(length of the path).
  public func steps(
    to place: Place, before: UnsafeRawBufferPointer, after: UnsafeRawBufferPointer
  ) -> [Step] {
    var steps: [Step] = []
    var node = place.node
    while node > 0, node < nodes.count {
      switch nodes[node].step {
      case .root: break
      case .index(let index): steps.append(.index(index))
      case .name(let range, let isInSecond):
        let text = isInSecond ? after : before
        let content = (range.lowerBound + 1)..<max(range.lowerBound + 1, range.upperBound - 1)
        steps.append(.name(Array(text[content.clamped(to: 0..<text.count)])))
      }
      node = nodes[node].parent
    }
    return steps.reversed()
  }
}

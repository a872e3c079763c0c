/// A set of Unicode scalars: ranges and general categories, or all others.
struct ScalarClass: Hashable, Sendable {
  /// In order and apart from one another, once ``normalize()`` has been called.
  private(set) var ranges: [ClosedRange<UInt32>] = []
  /// The general categories in it, a bit each; see ``GeneralCategories``.
  var categories: UInt32 = 0
  /// Whether the set is of all the scalars that are not in it.
  var isNegated = false

  /// Adds a range.
  mutating func insert(_ range: ClosedRange<UInt32>) { ranges.append(range) }

  /// Joins ranges that meet, and puts them in order.
  ///
  /// - Complexity: O(n log n).
  mutating func normalize() {
    guard ranges.count > 1 else { return }
    ranges.sort { $0.lowerBound < $1.lowerBound }
    var joined: [ClosedRange<UInt32>] = []
    for range in ranges {
      if let last = joined.last, range.lowerBound <= last.upperBound &+ 1 {
        joined[joined.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        joined.append(range)
      }
    }
    ranges = joined
  }

  /// Whether `scalar`, which is of the category with this bit, is in the set.
  ///
  /// - Complexity: O(log n).
  func contains(_ scalar: UInt32, categoryBit: UInt32) -> Bool {
    (categories & categoryBit != 0 || isInRanges(scalar)) != isNegated
  }

  private func isInRanges(_ scalar: UInt32) -> Bool {
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound < scalar { low = middle + 1 } else { high = middle }
    }
    return low < ranges.count && ranges[low].contains(scalar)
  }

  /// Any scalar but LF and CR.
  static let dot: ScalarClass = {
    var lineEnds = ScalarClass()
    lineEnds.insert(0x0A...0x0A)
    lineEnds.insert(0x0D...0x0D)
    lineEnds.isNegated = true
    return lineEnds
  }()
}

/// The general categories of Unicode as bits of a word.
enum GeneralCategories {
  /// All of them.
  static let all: UInt32 = (1 << count) - 1
  /// How many there are.
  static let count: UInt32 = 30

  /// The number, below ``count``, of the category of `scalar`; that of the unassigned ones for what
  /// is no scalar.
  static func index(of scalar: UInt32) -> UInt32 {
    guard let scalar = Unicode.Scalar(scalar) else { return 29 }
    return switch scalar.properties.generalCategory {
    case .uppercaseLetter: 0
    case .lowercaseLetter: 1
    case .titlecaseLetter: 2
    case .modifierLetter: 3
    case .otherLetter: 4
    case .nonspacingMark: 5
    case .spacingMark: 6
    case .enclosingMark: 7
    case .decimalNumber: 8
    case .letterNumber: 9
    case .otherNumber: 10
    case .connectorPunctuation: 11
    case .dashPunctuation: 12
    case .openPunctuation: 13
    case .closePunctuation: 14
    case .initialPunctuation: 15
    case .finalPunctuation: 16
    case .otherPunctuation: 17
    case .mathSymbol: 18
    case .currencySymbol: 19
    case .modifierSymbol: 20
    case .otherSymbol: 21
    case .spaceSeparator: 22
    case .lineSeparator: 23
    case .paragraphSeparator: 24
    case .control: 25
    case .format: 26
    case .surrogate: 27
    case .privateUse: 28
    case .unassigned: 29
    @unknown default: 29
    }
  }

  /// The bits of the categories that are called so in a pattern; nil if none is.
  ///
  /// Source: RFC 9485, section 4; surrogates (`Cs`) are left out there, since no text has any.
  static func bits(named name: some Collection<UInt8>) -> UInt32? {
    guard let first = name.first, name.count <= 2, !name.contains(unnamed),
      let group = groups.first(where: { $0.letter == first })
    else { return nil }
    guard name.count == 2, let second = name.dropFirst().first else {
      return group.members.reduce(0) { $0 | 1 << $1.index }
    }
    return group.members.first { $0.letter == second }.map { 1 << $0.index }
  }

  /// Stands for the letter of what has none.
  private static let unnamed: UInt8 = 0

  private struct Group {
    let letter: UInt8
    let members: [(letter: UInt8, index: UInt32)]

    init(_ letter: Unicode.Scalar, _ letters: String, from first: UInt32) {
      self.letter = UInt8(ascii: letter)
      members = letters.utf8.enumerated().map { ($1, first + UInt32($0)) }
    }
  }

  /// The second letters in the order of ``index(of:)``. `C` has the unassigned ones last, and in
  /// their middle the surrogates, which can't be named.
  private static let groups = [
    Group("L", "ultmo", from: 0), Group("M", "nce", from: 5), Group("N", "dlo", from: 8),
    Group("P", "cdseifo", from: 11), Group("S", "mcko", from: 18), Group("Z", "slp", from: 22),
    Group("C", "cf\u{0}on", from: 25),
  ]
}

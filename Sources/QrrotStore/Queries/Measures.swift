internal import QrrotCore

/// What an aggregate has measured of each group so far.
struct Measures {
  /// The least or the greatest value: a number if there was one, else a string.
  private struct Extreme {
    /// Empty before the first one.
    var text: [UInt8] = []
    var kind = JSONOrder.Kind.string
  }

  private let name: CommandName
  /// For each group, how many keys; of `sum` and the others nothing.
  private var counts: [Int] = []
  private var sums: [JSONNumberSum] = []
  private var extremes: [Extreme] = []
  private var extremesByteCount = 0

  init(_ name: CommandName) { self.name = name }

  /// The memory it takes.
  var byteCount: Int {
    counts.capacity * 8 + sums.capacity * MemoryLayout<JSONNumberSum>.stride
      + extremes.capacity * MemoryLayout<Extreme>.stride + extremesByteCount
  }

  /// Makes room for another group.
  mutating func addGroup() {
    switch name {
    case .sum, .avg: sums.append(JSONNumberSum())
    case .min, .max: extremes.append(Extreme())
    default: counts.append(0)
    }
  }

  /// Counts a key.
  @inline(__always)
  mutating func count(in group: Int) { counts[group] &+= 1 }

  /// Whether `value` is of use.
  @inline(__always)
  func takes(_ value: UnsafeRawBufferPointer) -> Bool {
    let kind = JSONOrder.kind(of: value)
    return kind == .number || kind == .string && (name == .min || name == .max)
  }

  /// Takes a value that is of use.
  ///
  /// - Throws: `range`.
  @inline(__always)
  mutating func add(
    _ value: UnsafeRawBufferPointer, to group: Int
  ) throws(QrrotError) {
    switch name {
    case .sum, .avg: try sums[group].add(value)
    default: compare(value, with: group)
    }
  }

  private mutating func compare(_ value: UnsafeRawBufferPointer, with group: Int) {
    let kind = JSONOrder.kind(of: value)
    let isBetter: Bool
    if extremes[group].text.isEmpty {
      isBetter = true
    } else if extremes[group].kind != kind {
      isBetter = kind == .number
    } else {
      let order = extremes[group].text.withRawBytes { JSONOrder.compare(value, $0) }
      isBetter = name == .min ? order < 0 : order > 0
    }
    guard isBetter else { return }
    extremesByteCount += value.count - extremes[group].text.count
    extremes[group].text.removeAll(keepingCapacity: true)
    extremes[group].text.append(contentsOf: value)
    extremes[group].kind = kind
  }

  /// The measure of a group, as a JSON text in its canonical form; nil if there is none.
  ///
  /// - Throws: `range`.
  func result(of group: Int) throws(QrrotError) -> [UInt8]? {
    switch name {
    case .sum: return try sums[group].total()
    case .avg: return try sums[group].average()
    case .min, .max:
      let text = extremes[group].text
      guard !text.isEmpty else { return nil }
      var canonical: [UInt8] = []
      var scratch = JSONScratch()
      try text.withRawBytes { text throws(QrrotError) in
        try JSONText.appendCanonical(text, to: &canonical, scratch: &scratch)
      }
      return canonical
    default:
      var digits: [UInt8] = []
      TextForm.append(Int64(counts[group]), to: &digits)
      return digits
    }
  }
}

/// The progress bar of long work: how much is done, how fast, how long it will still take.
///
/// It shows up after a second, so that short work draws nothing.
struct Progress {
  private let label: String
  private let unit: String
  private let total: Int?
  private let start = ContinuousClock.now
  private var lastDrawn = ContinuousClock.now

  /// Begins; `total` is the amount of work, in the unit that ``line(done:count:columns:)`` is told.
  init(_ label: String, total: Int?, unit: String = "commands") {
    self.label = label
    self.unit = unit
    self.total = total
  }

  /// The bar to draw now, or nil if it is not time yet.
  ///
  /// - Parameters:
  ///   - done: how much of the total is done.
  ///   - count: how many lines or keys that was.
  ///   - columns: the width of the terminal.
  mutating func line(done: Int, count: Int, columns: Int) -> String? {
    let now = ContinuousClock.now
    guard now - start > .seconds(1), now - lastDrawn > .milliseconds(100) else { return nil }
    lastDrawn = now
    return Self.text(
      label: label, unit: unit, done: done, total: total, count: count,
      elapsed: (now - start).inSeconds, columns: columns)
  }

  static func text(
    label: String, unit: String = "commands", done: Int, total: Int?, count: Int, elapsed: Double,
    columns: Int
  ) -> String {
    let rate = elapsed > 0 ? Int(Double(count) / elapsed) : 0
    let counted = "\(grouped(count)) \(unit) · \(grouped(rate))/s"
    guard let total, total > 0 else { return cut("\(label)  \(counted)", to: columns) }
    let share = min(1, Double(done) / Double(total))
    let left = share > 0 ? elapsed / share - elapsed : 0
    let percent = Int(share * 100)
    let tail = " \(percent) % · \(counted) · \(duration(left)) left"
    let room = columns - label.count - tail.count - 5
    guard room >= 10 else { return cut("\(label) \(tail)", to: columns) }
    let width = min(room, 30)
    let filled = Int(share * Double(width))
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    return "\(label)  \(bar)\(tail)"
  }

  private static func cut(_ text: String, to columns: Int) -> String {
    String(text.prefix(max(0, columns - 1)))
  }

  /// `1234567` as `1,234,567`.
  static func grouped(_ number: Int) -> String {
    var digits = String(number)
    var index = digits.endIndex
    while let cut = digits.index(index, offsetBy: -3, limitedBy: digits.startIndex),
      cut > digits.startIndex, digits[digits.index(before: cut)] != "-"
    {
      digits.insert(",", at: cut)
      index = cut
    }
    return digits
  }

  /// A duration as a person says it: `820 ms`, `1.24 s`, `3 min 12 s`.
  static func duration(_ seconds: Double) -> String {
    if seconds < 0.001 { return "\(Int(seconds * 1_000_000)) µs" }
    if seconds < 1 { return "\(Int(seconds * 1_000)) ms" }
    if seconds < 10 {
      return "\(Int(seconds * 100) / 100).\(twoDigits(Int(seconds * 100) % 100)) s"
    }
    if seconds < 60 { return "\(Int(seconds)) s" }
    if seconds < 86_400 { return "\(Int(seconds) / 60) min \(Int(seconds) % 60) s" }
    return "over a day"
  }

  private static func twoDigits(_ number: Int) -> String {
    number < 10 ? "0\(number)" : "\(number)"
  }
}

extension Duration {
  /// The duration in seconds.
  var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}

internal import QrrotCore

/// Counts the lines that a text takes on a terminal, wrapped ones too.
struct ScreenMeasure {
  private let columns: Int
  private(set) var lineCount = 0

  /// Measures for a terminal `columns` wide.
  init(columns: Int) {
    self.columns = max(1, columns)
  }

  /// Adds whole lines.
  mutating func add(_ text: ArraySlice<UInt8>) {
    for line in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .dropLast()
    {
      let width = DisplayWidth.columns(of: Self.withoutColors(line))
      lineCount += max(1, (width + columns - 1) / columns)
    }
  }

  /// The text without the escapes that colour it, `ESC [ … m`.
  private static func withoutColors(_ line: ArraySlice<UInt8>) -> [UInt8] {
    guard line.contains(0x1B) else { return Array(line) }
    var plain: [UInt8] = []
    var isEscape = false
    for byte in line {
      if byte == 0x1B { isEscape = true }
      if !isEscape { plain.append(byte) }
      if byte == UInt8(ascii: "m") { isEscape = false }
    }
    return plain
  }
}

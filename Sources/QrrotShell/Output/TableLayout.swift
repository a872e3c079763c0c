import QrrotCore

/// Rows in aligned columns under a header, cut to the width of a terminal.
struct TableLayout {
  private let titles: [[UInt8]]
  private let widths: [Int]
  private let isNumeric: [Bool]
  private let isColored: Bool

  /// Measures a reply.
  ///
  /// - Parameter columns: the width of the terminal, or nil if nothing is to be cut.
  /// - Complexity: O(size of the reply).
  init(_ reply: Reply, columns: Int?, isColored: Bool) {
    titles = (reply.columns.isEmpty ? ["key"] : reply.columns).map { Array($0.utf8) }
    self.isColored = isColored
    var widths = titles.map { DisplayWidth.columns(of: $0) }
    var isNumeric = Array(repeating: reply.rowCount > 0, count: titles.count)
    for (index, cell) in reply.cells.enumerated() {
      let column = index % titles.count
      widths[column] = max(widths[column], DisplayWidth.columns(of: Self.shown(cell, of: reply)))
      switch cell.kind {
      case .integer, .value(.int), .absent: break
      case .json where Self.isNumber(reply.bytes[cell.range]): break
      default: isNumeric[column] = false
      }
    }
    if let columns { Self.shrink(&widths, to: columns) }
    self.widths = widths
    self.isNumeric = isNumeric
  }

  /// Takes columns off the widest until the row fits, but leaves each at least a few.
  private static func shrink(_ widths: inout [Int], to columns: Int) {
    let separators = 3 * (widths.count - 1) + 2
    var excess = widths.reduce(separators, +) - columns
    while excess > 0 {
      guard let widest = widths.indices.max(by: { widths[$0] < widths[$1] }),
        widths[widest] > minimumWidth
      else { return }
      let second = widths.indices.filter { $0 != widest }.map { widths[$0] }.max() ?? 0
      let step = min(excess, max(1, widths[widest] - max(second, minimumWidth)))
      widths[widest] -= step
      excess -= step
    }
  }

  private static let minimumWidth = 4

  /// Appends the header and the line under it.
  func appendHeader(to output: inout [UInt8]) {
    if isColored { output.append(contentsOf: Palette.header.utf8) }
    append(titles, to: &output)
    if isColored {
      output.removeLast()
      output.append(contentsOf: (Palette.reset + "\n").utf8)
    }
    let rules = widths.map { String(repeating: "─", count: $0 + 2) }
    output.append(contentsOf: (rules.joined(separator: "┼") + "\n").utf8)
  }

  /// Appends one row.
  func append(row: Int, of reply: Reply, to output: inout [UInt8]) {
    append(reply.cells(ofRow: row).map { Self.shown($0, of: reply) }, to: &output)
  }

  private func append(_ cells: [[UInt8]], to output: inout [UInt8]) {
    for (index, cell) in cells.enumerated() {
      let isLast = index == cells.count - 1
      output.append(contentsOf: (index == 0 ? " " : " │ ").utf8)
      let width = widths[index]
      var text = cell
      var used = DisplayWidth.columns(of: cell)
      if used > width {
        let cut = DisplayWidth.prefix(of: cell, fitting: width - 1)
        text = Array(cell.prefix(cut.byteCount)) + Array("…".utf8)
        used = cut.columns + 1
      }
      let padding = Array(repeating: UInt8(ascii: " "), count: max(0, width - used))
      if isNumeric[index] {
        output.append(contentsOf: padding)
        output.append(contentsOf: text)
      } else {
        output.append(contentsOf: text)
        if !isLast { output.append(contentsOf: padding) }
      }
    }
    output.append(UInt8(ascii: "\n"))
  }

  private static func isNumber(_ json: ArraySlice<UInt8>) -> Bool {
    guard let first = json.first else { return false }
    return first == UInt8(ascii: "-") || first &- UInt8(ascii: "0") < 10
  }

  private static func shown(_ cell: Reply.Cell, of reply: Reply) -> [UInt8] {
    var text: [UInt8] = []
    let content = reply.bytes.span.extracting(cell.range)
    switch cell.kind {
    case .absent: break
    case .integer, .value(.int): TextForm.append(cell.integer, to: &text)
    case .value(.json): Escaping.appendJSONText(content, to: &text)
    case .json: ReplyRenderer.appendField(json: content, isEscaped: true, to: &text)
    case .key, .word, .value(.string): Escaping.appendDisplayed(content, to: &text)
    }
    return text
  }
}

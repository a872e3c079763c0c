import QrrotCore

/// Rows in aligned columns under a header, cut to the width of a terminal.
///
/// Where a row is too wide, the widest columns give up what is missing, all of them down to the same
/// width, so that narrow ones stay whole. Columns that would get too narrow to tell anything are left out
/// of the middle, with an ellipsis in their place.
struct TableLayout {
  private let titles: [[UInt8]]
  private let widths: [Int]
  private let isNumeric: [Bool]
  private let isColored: Bool
  /// The columns that are shown; nil stands for those that are left out.
  private let shownColumns: [Int?]

  /// Measures a reply.
  ///
  /// - Parameter columns: the width of the terminal, or nil if nothing is to be cut.
  /// - Complexity: O(size of the reply).
  init(_ reply: Reply, columns: Int?, isColored: Bool) {
    let titles = (reply.columns.isEmpty ? ["key"] : reply.columns).map { name in
      var title: [UInt8] = []
      Escaping.appendDisplayed(Array(name.utf8).span, to: &title)
      return title
    }
    self.titles = titles
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
    shownColumns = Self.columns(thatFit: columns, of: widths)
    if let columns {
      Self.shrink(&widths, shownColumns.compactMap { $0 }, to: columns - Self.frame(shownColumns))
    }
    self.widths = widths
    self.isNumeric = isNumeric
  }

  /// All columns, or as many of the first and the last as fit when each is as narrow as may be.
  private static func columns(thatFit columns: Int?, of widths: [Int]) -> [Int?] {
    var shown: [Int?] = Array(widths.indices)
    guard let columns else { return shown }
    func least(_ shown: [Int?]) -> Int {
      shown.reduce(frame(shown)) { $0 + ($1.map { min(widths[$0], minimumWidth) } ?? 0) }
    }
    var kept = widths.count
    while least(shown) > columns, kept > 2 {
      kept -= 1
      let first = (kept + 1) / 2
      shown = Array(0..<first) + [nil] + Array((widths.count - (kept - first))..<widths.count)
    }
    return shown
  }

  /// What separators and ellipses take of a row.
  private static func frame(_ shown: [Int?]) -> Int {
    3 * (shown.count - 1) + 2 + shown.count { $0 == nil }
  }

  /// Cuts the columns of these indices to one greatest width, so that together they take `room`, but
  /// leaves each at least a few.
  ///
  /// - Complexity: O(columns × log of the widest).
  private static func shrink(_ widths: inout [Int], _ indices: [Int], to room: Int) {
    func total(_ limit: Int) -> Int { indices.reduce(0) { $0 + min(widths[$1], limit) } }
    var low = minimumWidth
    var high = max(low, indices.map { widths[$0] }.max() ?? low)
    if total(high) <= room { return }
    while low < high {
      let middle = (low + high + 1) / 2
      if total(middle) <= room { low = middle } else { high = middle - 1 }
    }
    // What is left over is less than a column each.
    var rest = max(0, room - total(low))
    for index in indices where widths[index] > low {
      let extra = min(rest, 1)
      rest -= extra
      widths[index] = low + extra
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
    let rules = shownColumns.map { column in
      String(repeating: "─", count: (column.map { widths[$0] } ?? 1) + 2)
    }
    output.append(contentsOf: (rules.joined(separator: "┼") + "\n").utf8)
  }

  /// Appends one row.
  func append(row: Int, of reply: Reply, to output: inout [UInt8]) {
    append(reply.cells(ofRow: row).map { Self.shown($0, of: reply) }, to: &output)
  }

  private func append(_ cells: [[UInt8]], to output: inout [UInt8]) {
    for (place, column) in shownColumns.enumerated() {
      output.append(contentsOf: (place == 0 ? " " : " │ ").utf8)
      guard let column else {
        output.append(contentsOf: "…".utf8)
        continue
      }
      append(cells[column], column, isLast: place == shownColumns.count - 1, to: &output)
    }
    output.append(UInt8(ascii: "\n"))
  }

  private func append(_ cell: [UInt8], _ column: Int, isLast: Bool, to output: inout [UInt8]) {
    let width = widths[column]
    var text = cell
    var used = DisplayWidth.columns(of: cell)
    if used > width {
      let cut = DisplayWidth.prefix(of: cell, fitting: width - 1)
      text = Array(cell.prefix(cut.byteCount)) + Array("…".utf8)
      used = cut.columns + 1
    }
    let padding = repeatElement(UInt8(ascii: " "), count: max(0, width - used))
    if isNumeric[column] {
      output.append(contentsOf: padding)
      output.append(contentsOf: text)
    } else {
      output.append(contentsOf: text)
      if !isLast { output.append(contentsOf: padding) }
    }
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

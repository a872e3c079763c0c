import QrrotCore

/// Turns replies into what is printed in one output mode.
struct ReplyRenderer {
  let mode: OutputMode
  /// Whether stored bytes are escaped in raw and csv too: on a terminal they are, always.
  let escapesForTerminal: Bool
  let isColored: Bool
  /// The width to cut tables to; nil for none.
  let columns: Int?

  /// The printed form, to be taken part by part, so that a long reply is never there twice.
  func parts(of reply: Reply) -> Parts {
    Parts(renderer: self, reply: reply)
  }

  /// A reply on its way out.
  struct Parts {
    fileprivate let renderer: ReplyRenderer
    fileprivate let reply: Reply
    fileprivate var table: TableLayout?
    private var nextRow = -1

    fileprivate init(renderer: ReplyRenderer, reply: Reply) {
      self.renderer = renderer
      self.reply = reply
      if renderer.mode == .table, reply.shape == .rows || reply.shape == .keys {
        table = TableLayout(reply, columns: renderer.columns, isColored: renderer.isColored)
      }
    }

    /// Appends the next row (the header counts as one).
    ///
    /// - Returns: false once there is nothing more.
    mutating func appendNext(to output: inout [UInt8]) -> Bool {
      defer { nextRow += 1 }
      if nextRow < 0 {
        renderer.appendHead(of: reply, table, to: &output)
        return true
      }
      guard nextRow < reply.rowCount else {
        if nextRow == reply.rowCount { renderer.appendTail(of: reply, to: &output) }
        return false
      }
      renderer.append(row: nextRow, of: reply, table, to: &output)
      return true
    }
  }

  private func appendHead(of reply: Reply, _ table: TableLayout?, to output: inout [UInt8]) {
    switch (reply.shape, mode) {
    case (.ok, .json): output.append(contentsOf: "\"OK\"\n".utf8)
    case (.ok, _): output.append(contentsOf: "OK\n".utf8)
    case (.none, .json): output.append(contentsOf: "null\n".utf8)
    case (.none, .text):
      output.append(contentsOf: isColored ? "\u{1B}[2m(nil)\u{1B}[0m\n".utf8 : "(nil)\n".utf8)
    case (.none, _): output.append(UInt8(ascii: "\n"))
    case (.keys, .json), (.rows, .json): output.append(UInt8(ascii: "["))
    case (.keys, .csv), (.rows, .csv):
      output.append(contentsOf: reply.columns.joined(separator: ",").utf8)
      output.append(UInt8(ascii: "\n"))
    case (.keys, .table), (.rows, .table): table?.appendHeader(to: &output)
    default: break
    }
  }

  private func appendTail(of reply: Reply, to output: inout [UInt8]) {
    if mode == .json, reply.shape == .keys || reply.shape == .rows {
      output.append(contentsOf: "]\n".utf8)
    }
  }

  private func append(
    row: Int, of reply: Reply, _ table: TableLayout?, to output: inout [UInt8]
  ) {
    switch mode {
    case .text:
      if isColored {
        appendColored(row: row, of: reply, to: &output)
      } else {
        TextForm.appendRow(row, of: reply, to: &output)
      }
    case .json: appendJSON(row: row, of: reply, to: &output)
    case .raw, .csv: appendFields(row: row, of: reply, to: &output)
    case .table:
      if let table {
        table.append(row: row, of: reply, to: &output)
      } else {
        appendFields(row: row, of: reply, to: &output)
      }
    }
  }

  private func appendColored(row: Int, of reply: Reply, to output: inout [UInt8]) {
    var isFirst = true
    for cell in reply.cells(ofRow: row) where cell.kind != .absent {
      if !isFirst { output.append(UInt8(ascii: " ")) }
      isFirst = false
      let color = Palette.color(of: cell, in: reply)
      output.append(contentsOf: color.utf8)
      TextForm.append(cell, of: reply, to: &output)
      if !color.isEmpty { output.append(contentsOf: Palette.reset.utf8) }
    }
    output.append(UInt8(ascii: "\n"))
  }

  private func appendFields(row: Int, of reply: Reply, to output: inout [UInt8]) {
    var isFirst = true
    for cell in reply.cells(ofRow: row) {
      if !isFirst { output.append(mode == .csv ? UInt8(ascii: ",") : UInt8(ascii: "\t")) }
      isFirst = false
      let start = output.count
      appendPlain(cell, of: reply, to: &output)
      if mode == .csv { Self.quoteField(from: start, in: &output) }
    }
    output.append(UInt8(ascii: "\n"))
  }

  /// The cell's bytes, escaped where a terminal would obey them.
  private func appendPlain(_ cell: Reply.Cell, of reply: Reply, to output: inout [UInt8]) {
    switch cell.kind {
    case .absent: break
    case .integer, .value(.int): TextForm.append(cell.integer, to: &output)
    case .json:
      let content = reply.bytes.span.extracting(cell.range)
      Self.appendField(json: content, isEscaped: escapesForTerminal || mode == .table, to: &output)
    case .word, .key, .value:
      let content = reply.bytes.span.extracting(cell.range)
      if !escapesForTerminal, mode != .table {
        output.append(contentsOf: reply.bytes[cell.range])
      } else if cell.kind == .value(.json) {
        Escaping.appendJSONText(content, to: &output)
      } else {
        Escaping.appendDisplayed(content, to: &output)
      }
    }
  }

  /// Appends a JSON text as a field: a string as its characters, all else as it is.
  ///
  /// - Parameter isEscaped: whether hidden characters print as `\uXXXX`.
  static func appendField(json: Span<UInt8>, isEscaped: Bool, to output: inout [UInt8]) {
    guard !json.isEmpty, json[0] == UInt8(ascii: "\"") else {
      if isEscaped { return Escaping.appendJSONText(json, to: &output) }
      return json.withUnsafeBufferPointer { output.append(contentsOf: $0) }
    }
    guard isEscaped else { return JSONText.appendContent(ofString: json, to: &output) }
    var content: [UInt8] = []
    JSONText.appendContent(ofString: json, to: &content)
    Escaping.appendJSONText(content.span, to: &output)
  }

  /// RFC 4180: a field with a comma, a quote or a line break is quoted, its quotes doubled.
  private static func quoteField(from start: Int, in output: inout [UInt8]) {
    let needsQuotes = output[start...].contains {
      $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 == 0x0A || $0 == 0x0D
    }
    guard needsQuotes else { return }
    let field = Array(output[start...])
    output.removeSubrange(start...)
    output.append(UInt8(ascii: "\""))
    for byte in field {
      if byte == UInt8(ascii: "\"") { output.append(byte) }
      output.append(byte)
    }
    output.append(UInt8(ascii: "\""))
  }
}

extension Reply {
  /// The cells of one row.
  func cells(ofRow row: Int) -> ArraySlice<Cell> {
    cells[(row * columnCount)..<((row + 1) * columnCount)]
  }
}

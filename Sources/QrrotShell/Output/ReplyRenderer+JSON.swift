import QrrotCore

extension ReplyRenderer {
  /// Appends a row of a reply in json mode; the brackets around a list stand in its head and tail.
  func appendJSON(row: Int, of reply: Reply, to output: inout [UInt8]) {
    let cells = reply.cells(ofRow: row)
    switch reply.shape {
    case .rows:
      if row > 0 { output.append(UInt8(ascii: ",")) }
      output.append(UInt8(ascii: "{"))
      for (index, cell) in cells.enumerated() {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        Escaping.appendJSONString(Array(reply.columns[index].utf8).span, to: &output)
        output.append(UInt8(ascii: ":"))
        appendJSON(cell, of: reply, to: &output)
      }
      output.append(UInt8(ascii: "}"))
    case .keys:
      if row > 0 { output.append(UInt8(ascii: ",")) }
      for cell in cells { appendJSON(cell, of: reply, to: &output) }
    case .single, .ok, .none:
      for cell in cells { appendJSON(cell, of: reply, to: &output) }
      output.append(UInt8(ascii: "\n"))
    }
  }

  private func appendJSON(_ cell: Reply.Cell, of reply: Reply, to output: inout [UInt8]) {
    let content = reply.bytes.span.extracting(cell.range)
    switch cell.kind {
    case .absent:
      output.append(contentsOf: "null".utf8)
    case .integer, .value(.int):
      TextForm.append(cell.integer, to: &output)
    case .value(.json), .json:
      Escaping.appendJSONText(content, to: &output)
    case .key, .word, .value(.string):
      if Escaping.isValidUTF8(content) {
        Escaping.appendJSONString(content, to: &output)
      } else {
        output.append(contentsOf: "{\"base64\":\"".utf8)
        Escaping.appendBase64(content, to: &output)
        output.append(contentsOf: "\"}".utf8)
      }
    }
  }
}

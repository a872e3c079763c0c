internal import QrrotCore

/// What a model is told of a reply: its text form up to a budget, and what to do about the rest.
struct ResultText: Equatable {
  /// The reply's text form, or the part of it that fits; stored data, so it belongs in a data block.
  var data: String
  /// How much was left out and how to get at it, and the reply's remarks; empty if there is neither.
  var note: String

  /// An error, or another text that is short.
  init(data: String, note: String = "") {
    self.data = data
    self.note = note
  }

  /// Both, as a person sees them.
  var text: String { note.isEmpty ? data : "\(data)\n\(note)" }

  /// The text form of `reply` in about `byteLimit` bytes at most: whole rows, as many as fit, but one
  /// at least, which is cut if need be.
  ///
  /// - Complexity: O(`byteLimit`), however large the reply is.
  init(_ reply: Reply, of command: Command, byteLimit: Int) {
    var output: [UInt8] = []
    var notes: [String] = []
    var row = 0
    switch reply.shape {
    case .ok, .none: TextForm.append(reply, to: &output)
    case .single, .keys, .rows:
      while row < reply.rowCount {
        let start = output.count
        Self.append(row: row, of: reply, byteLimit: byteLimit, to: &output)
        if output.count > byteLimit, row > 0 {
          output.removeSubrange(start...)
          break
        }
        row += 1
        if output.count > byteLimit {
          notes.append(Self.cut(&output, to: byteLimit, reply, command.name))
          break
        }
      }
      if row < reply.rowCount {
        notes.append(Self.leftOut(reply.rowCount - row, of: reply.rowCount, command.name))
      }
      if reply.rowCount == 0 { output += Array("(nothing)".utf8) }
    }
    if output.last == 0x0A { output.removeLast() }
    data = String(decoding: output, as: UTF8.self)
    note = (notes + reply.notes.map { "note: \($0)" }).joined(separator: "\n")
  }

  private static func append(
    row: Int, of reply: Reply, byteLimit: Int, to output: inout [UInt8]
  ) {
    var isFirst = true
    for cell in TextForm.shownCells(ofRow: row, of: reply) {
      if !isFirst { output.append(UInt8(ascii: " ")) }
      isFirst = false
      var cell = cell
      // What lies beyond would be cut anyway, and may be hundreds of megabytes.
      cell.byteCount = min(cell.byteCount, byteLimit + 1)
      TextForm.append(cell, of: reply, to: &output)
    }
    output.append(0x0A)
  }

  /// Cuts the one row that is too long by itself.
  private static func cut(
    _ output: inout [UInt8], to byteLimit: Int, _ reply: Reply, _ name: CommandName
  ) -> String {
    output.removeSubrange(max(0, byteLimit)...)
    // A character that the cut has divided goes whole.
    let tail = output.suffix(4).lastIndex { $0 & 0xC0 != 0x80 }
    if let tail, output[tail] >= 0xC0 { output.removeSubrange(tail...) }
    output += Array("…".utf8)
    let byteCount = reply.cells.prefix(reply.columnCount).reduce(0) { $0 + $1.byteCount }
    let advice =
      name == .get
      ? "read a part of it with a path: get KEY $.member, get KEY $.list[0:20]"
      : "select the members that matter: find PATTERN select $.member"
    return "more: the first row was cut here, it has \(byteCount) bytes in all; \(advice)"
  }

  private static func leftOut(_ count: Int, of total: Int, _ name: CommandName) -> String {
    let advice: String
    switch name {
    case .keys, .all:
      advice =
        "narrow the pattern (such as \(name.text) user:1*), or use count, or find with where and limit"
    case .find:
      advice =
        "add to where, or take them page by page: order by a path with limit N, then where beyond the last value shown"
    default: advice = "use limit N, or where, or a pattern"
    }
    return "\(count) more of \(total) rows: \(advice)"
  }
}

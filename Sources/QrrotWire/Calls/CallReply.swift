internal import QrrotCore

/// Replies: their shape, columns and notes, then their cells, each with its bytes behind it.
extension CallWriter {
  mutating func write(_ reply: Reply) {
    byte(ShapeTag.tag(of: reply.shape))
    list(reply.columns) { $0.text($1) }
    list(reply.notes) { $0.text($1) }
    bytes.reserveCapacity(bytes.count + reply.bytes.count + 3 * reply.cells.count)
    list(reply.cells) { writer, cell in
      switch cell.kind {
      case .absent: writer.byte(0)
      case .integer:
        writer.byte(1)
        writer.integer(cell.integer)
      case .value(.int):
        writer.byte(2)
        writer.integer(cell.integer)
      case .key: writer.cell(3, cell, reply)
      case .word: writer.cell(4, cell, reply)
      case .value(.string): writer.cell(5, cell, reply)
      case .value(.json): writer.cell(6, cell, reply)
      case .json: writer.cell(7, cell, reply)
      }
    }
  }

  private mutating func cell(_ tag: UInt8, _ cell: Reply.Cell, _ reply: Reply) {
    byte(tag)
    content(reply.bytes[cell.range])
  }
}

private enum ShapeTag {
  static func tag(of shape: Reply.Shape) -> UInt8 {
    switch shape {
    case .ok: 0
    case .none: 1
    case .single: 2
    case .keys: 3
    case .rows: 4
    }
  }

  static let shapes: [Reply.Shape] = [.ok, .none, .single, .keys, .rows]
}

extension CallReader {
  mutating func reply() throws(CallFault) -> Reply {
    let tag = Int(try byte())
    guard tag < ShapeTag.shapes.count else { throw .invalid("shape") }
    let shape = ShapeTag.shapes[tag]
    let columns = try list("column") { reader throws(CallFault) in try reader.text("column") }
    let notes = try list("note") { reader throws(CallFault) in try reader.text("note") }
    var reply = Reply()
    reply.reset(shape, columns: columns)
    for note in notes { reply.append(note: note) }
    let count = try count("cells")
    guard count <= restCount else { throw .truncated }
    for _ in 0..<count { try cell(into: &reply) }
    let fits =
      switch shape {
      case .ok, .none: count == 0
      case .single: count == 1
      case .keys: columns.count <= 1
      case .rows: count % reply.columnCount == 0
      }
    guard fits else { throw .invalid("shape") }
    return reply
  }

  private mutating func cell(into reply: inout Reply) throws(CallFault) {
    switch try byte() {
    case 0: reply.appendAbsent()
    case 1: reply.append(integer: try integer("cell"))
    case 2: reply.append(integer: try integer("cell"), as: .value(.int))
    case 3: reply.append(.key, try content("cell"))
    case 4: reply.append(.word, try content("cell"))
    case 5: reply.append(.value(.string), try content("cell"))
    case 6: reply.append(.value(.json), try content("cell"))
    case 7: reply.append(.json, try content("cell"))
    default: throw .invalid("cell")
    }
  }
}

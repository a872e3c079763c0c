import QrrotCore

/// The colours of results on a terminal; the sixteen that every theme defines.
enum Palette {
  static let reset = "\u{1B}[0m"
  static let header = "\u{1B}[1m"

  /// The escape that begins the colour of a cell; empty for the terminal's own.
  static func color(of cell: Reply.Cell, in reply: Reply) -> String {
    switch cell.kind {
    case .value(.string): "\u{1B}[32m"
    case .value(.int), .integer: "\u{1B}[36m"
    case .word: reply.shape == .rows ? "\u{1B}[2m" : ""
    case .key: reply.shape == .rows ? "\u{1B}[1m" : ""
    case .value(.json), .json, .absent: ""
    }
  }
}

/// A format that records are read from and written to.
public enum TransferFormat: String, CaseIterable, Sendable {
  /// A command file of `put` and `expireat`.
  case commands = "qrrot"
  /// JSON Lines: one JSON text a line.
  case jsonLines = "jsonl"
  /// One JSON array.
  case jsonArray = "json"
  /// Fields parted by commas, quoted as RFC 4180 says.
  case csv
  /// The same with tabs.
  case tsv

  /// The format that the end of a file's name stands for, where it stands for one; `.gz` behind it
  /// does not count.
  init?(fileName: String) {
    var name = fileName.lowercased()[...]
    if name.hasSuffix(Self.gzipSuffix) { name = name.dropLast(Self.gzipSuffix.count) }
    guard let dot = name.lastIndex(of: ".") else { return nil }
    switch name[name.index(after: dot)...] {
    case "qrrot": self = .commands
    case "jsonl", "ndjson": self = .jsonLines
    case "json": self = .jsonArray
    case "csv": self = .csv
    case "tsv", "tab": self = .tsv
    default: return nil
    }
  }

  static let gzipSuffix = ".gz"

  /// What parts two fields.
  var separator: UInt8 { self == .tsv ? UInt8(ascii: "\t") : UInt8(ascii: ",") }
}

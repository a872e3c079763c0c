/// How replies are printed.
public enum OutputMode: String, CaseIterable, Sendable {
  /// Literals that can be pasted back; the default on a terminal.
  case text
  /// The bytes themselves, fields parted by tabs; the default elsewhere.
  case raw
  /// One line of JSON a reply.
  case json
  /// RFC 4180.
  case csv
  /// Aligned columns under a header.
  case table
}

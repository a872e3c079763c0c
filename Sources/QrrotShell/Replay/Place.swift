/// Where a command stands, for its errors: `FILE:LINE`.
public struct Place: Equatable, Sendable, CustomStringConvertible {
  /// The file as it was named; `-` for standard input, `-c` for a command.
  public var file: String
  /// The line, from 1; nil where the file as a whole is meant.
  public var line: Int?

  /// Names a place.
  public init(file: String, line: Int? = nil) {
    self.file = file
    self.line = line
  }

  /// `FILE:LINE`.
  public var description: String { line.map { "\(file):\($0)" } ?? file }
}

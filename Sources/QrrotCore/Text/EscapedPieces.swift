/// Escapes a text piece by piece, to the same bytes as ``Escaping`` does at once.
///
/// All of the text is at hand each time, as it is where a long value stands in memory that may not be
/// looked at for long. So no piece ends inside of a scalar, or between two that belong together.
struct EscapedPieces {
  private let form: Escaping.Form
  private var scanner = DisplayScanner()

  /// - Parameter form: any but `displayedLines`.
  init(as form: Escaping.Form) { self.form = form }

  /// Appends the next piece.
  ///
  /// - Parameters:
  ///   - bytes: the whole text, the same at each call.
  ///   - byteLimit: about how much of the text to read.
  /// - Returns: whether there is more.
  /// - Complexity: O(`byteLimit`). What is appended is at most 10 times as long.
  mutating func append(
    _ bytes: Span<UInt8>, byteLimit: Int, to output: inout [UInt8]
  ) -> Bool {
    let piece = min(max(byteLimit, 2 * Self.contextByteCount), bytes.count)
    let end = scanner.offset + piece
    guard end < bytes.count else {
      Escaping.append(bytes, as: form, from: &scanner, until: bytes.count, to: &output)
      return false
    }
    // A run of plain bytes may go to the end of what is looked at. All else depends on what follows.
    Escaping.append(
      bytes.extracting(0..<end), as: form, from: &scanner, until: end - Self.contextByteCount,
      to: &output)
    return true
  }

  /// A scalar, and the one behind it.
  private static var contextByteCount: Int { 8 }
}

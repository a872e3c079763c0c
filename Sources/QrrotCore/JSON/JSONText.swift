/// JSON as text: checked and made compact, never turned into values.
///
/// A JSON text is one value (RFC 8259) in UTF-8, with blanks (space, tab, LF, CR) allowed around
/// each token. What is accepted is exactly that grammar, with these choices where the standard
/// leaves one:
///
/// - Numbers may have any length and any exponent; not a digit is lost.
/// - Escapes stay as written, lone surrogates such as `\uD800` too.
/// - A member name may occur more than once; all are kept.
/// - Invalid UTF-8 (overlong forms, surrogates, values above U+10FFFF) and a byte order mark are
///   errors.
/// - Nesting beyond ``maximumDepth`` is an error.
///
/// The work is iterative: the depth of a text costs one bit a level, never stack.
///
/// Source: RFC 8259; the choices agree with the y and n files of the public JSONTestSuite.
public enum JSONText {
  /// The greatest number of arrays and objects that may be open at once.
  public static let maximumDepth = 512

  /// Checks `text` and appends it to `output` without insignificant blanks; every other byte is
  /// kept.
  ///
  /// - Throws: ``JSONSyntaxError`` for the first byte that cannot stand where it stands; `output`
  ///   then holds what it held before.
  /// - Complexity: O(n) time; no memory beyond `output`.
  public static func appendCompact(
    _ text: Span<UInt8>, to output: inout [UInt8]
  ) throws(JSONSyntaxError) {
    let countBefore = output.count
    // Doubling keeps many appends to one array linear; an exact reservation each time would not.
    let needed = countBefore + text.count
    if output.capacity < needed { output.reserveCapacity(max(needed, 2 * countBefore)) }
    do throws(JSONSyntaxError) {
      var scanner = JSONScanner()
      try scanner.scan(text, compacting: true, into: &output)
    } catch {
      output.removeLast(output.count - countBefore)
      throw error
    }
  }

  /// Checks that `text` is one JSON text.
  ///
  /// - Throws: ``JSONSyntaxError`` for the first byte that cannot stand where it stands.
  /// - Complexity: O(n) time, O(1) memory.
  public static func validate(_ text: Span<UInt8>) throws(JSONSyntaxError) {
    var nothing: [UInt8] = []
    var scanner = JSONScanner()
    try scanner.scan(text, compacting: false, into: &nothing)
  }
}

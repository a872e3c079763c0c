/// A compiled filter: a logical expression of RFC 9535 over `@`, a document.
///
/// `$` in it, outside the brackets of a path, is the document too. Immutable; made once for a command
/// and used for any number of documents, on any number of threads.
///
///     let filter = try JSONFilter([UInt8](#"@.age > 30 && @.city == "Oslo""#.utf8))
///     if try filter.matches(document, scratch: &scratch) { … }
public struct JSONFilter: Sendable {
  private let compiled: CompiledPath
  private let filter: Int

  /// Compiles a filter; blanks around it are ignored.
  ///
  /// - Throws: `filter`, with the offset of the byte that can't stand where it stands.
  /// - Complexity: O(n).
  public init(_ text: [UInt8]) throws(QrrotError) {
    var parser = PathParser(text, code: .filter)
    filter = try parser.readFilter()
    compiled = CompiledPath(parser.program)
  }

  /// Whether the filter holds for `document`, a valid, compact JSON text.
  ///
  /// - Throws: `budget` past the steps that `scratch` allows, `interrupted`.
  public func matches(
    _ document: UnsafeRawBufferPointer, scratch: inout JSONScratch
  ) throws(QrrotError) -> Bool {
    guard let bytes = try JSONBytes(document) else { return false }
    scratch.beginDocument(byteCount: document.count)
    return try compiled.withEvaluation(of: bytes) { evaluation throws(QrrotError) in
      try scratch.holds(filter, at: 0, in: evaluation)
    }
  }
}

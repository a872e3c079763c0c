/// A compiled JSON path: a query of RFC 9535, evaluated over the text of a document.
///
/// Immutable; made once for a command and used for any number of documents, on any number of threads.
///
///     let path = try JSONPath([UInt8]("$.users[?@.age > 30].name".utf8))
///     try path.forEach(in: document, scratch: &scratch) { range in … }
///
/// A document is a valid, compact JSON text, as the store keeps it. No tree is made of it: matches
/// are ranges of its bytes. Where a member name occurs more than once in an object, the path sees the
/// last one only.
public struct JSONPath: Sendable {
  /// The path as written.
  public let text: [UInt8]
  /// Nil for those that ``isPlain(_:)``: they need none.
  private let compiled: CompiledPath?
  private let query: PathQuery

  /// Compiles a path; it begins with `$`, and nothing stands in front of or behind it.
  ///
  /// - Throws: `path`, with the offset of the byte that can't stand where it stands.
  /// - Complexity: O(n), without an allocation for a path that ``isPlain(_:)``.
  public init(_ text: [UInt8]) throws(QrrotError) {
    self.text = text
    if text.withUnsafeBytes({ Self.isPlain($0) }) {
      compiled = nil
      query = PathQuery(segments: 0..<0, isRelative: false, isSingular: true)
    } else {
      var parser = PathParser(text, code: .path)
      query = try parser.readPath()
      compiled = CompiledPath(parser.program)
    }
  }

  /// Whether it consists of names and single indices, and so has at most one match.
  public var isSingular: Bool { query.isSingular }

  /// The first match in `document`, or nil; of a singular path the only one.
  ///
  /// - Parameter document: A valid, compact JSON text.
  /// - Throws: `budget` past the steps that `scratch` allows, `interrupted`.
  /// - Complexity: O(n) for a singular path.
  public func first(
    in document: UnsafeRawBufferPointer, scratch: inout JSONScratch
  ) throws(QrrotError) -> Range<Int>? {
    guard let compiled else { return try firstOfPlain(in: document, scratch: &scratch) }
    guard let bytes = try JSONBytes(document) else { return nil }
    scratch.beginDocument(byteCount: document.count)
    return try compiled.withEvaluation(of: bytes) { evaluation throws(QrrotError) in
      if query.isSingular {
        guard let start = try scratch.node(of: query, from: 0, FilterSlots(), in: evaluation) else {
          return nil
        }
        return bytes.range(start, bytes.end(ofValueAt: start))
      }
      var first: Range<Int>?
      try scratch.forEachNode(of: query, from: 0, FilterSlots(), in: evaluation) { start, end in
        first = bytes.range(start, end)
        return false
      }
      return first
    }
  }

  /// Hands every match, a range of the document's bytes, to `body`, in the order of the standard;
  /// what is selected twice comes twice. Members come in the order of the document.
  ///
  /// - Parameters:
  ///   - document: A valid, compact JSON text.
  ///   - body: Returns whether to go on.
  /// - Throws: `budget` past the steps that `scratch` allows, `interrupted`, and what `body` throws.
  public func forEach(
    in document: UnsafeRawBufferPointer, scratch: inout JSONScratch,
    _ body: (Range<Int>) throws(QrrotError) -> Bool
  ) throws(QrrotError) {
    guard let compiled else {
      if let match = try firstOfPlain(in: document, scratch: &scratch) { _ = try body(match) }
      return
    }
    guard let bytes = try JSONBytes(document) else { return }
    scratch.beginDocument(byteCount: document.count)
    try compiled.withEvaluation(of: bytes) { evaluation throws(QrrotError) in
      try scratch.forEachNode(of: query, from: 0, FilterSlots(), in: evaluation) {
        (start, end) throws(QrrotError) in
        try body(bytes.range(start, end))
      }
    }
  }

  private func firstOfPlain(
    in document: UnsafeRawBufferPointer, scratch: inout JSONScratch
  ) throws(QrrotError) -> Range<Int>? {
    try text.withUnsafeBufferPointer { text throws(QrrotError) in
      try Self.first(ofPlain: UnsafeRawBufferPointer(text), in: document, scratch: &scratch)
    }
  }
}

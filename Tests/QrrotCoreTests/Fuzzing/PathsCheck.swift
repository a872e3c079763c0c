import QrrotCore
import QrrotTesting

/// Paths and filters over the text, beside those over a tree.
enum PathsCheck {
  /// Compares what a query selects, written in some way, with what the model selects.
  ///
  /// - Returns: How many nodes there are.
  @discardableResult
  static func compare(
    _ query: ModelQuery, in document: [UInt8], _ choices: some Choices
  ) throws -> Int {
    var printer = QueryPrinter(choices)
    printer.print(query)
    let text = printer.text
    let what =
      "\(String(decoding: text, as: UTF8.self)) in \(String(decoding: document, as: UTF8.self))"
    let root = JSONTree(document)
    let expected = query.nodes(root: root, current: root).map(\.range)
    let path = try JSONPath(text)
    let found = try matches(of: path, in: document)
    try FuzzFailure.unless(found == expected, "\(what): \(found), not \(expected)")
    try FuzzFailure.unless(path.isSingular == query.isSingular, "\(what): singular")
    let (first, plain) = try firsts(of: path, in: document)
    try FuzzFailure.unless(first == expected.first, "\(what): the first is \(first as Any)")
    try FuzzFailure.unless(plain == nil || plain == first, "\(what): plain gives \(plain as Any)")
    return expected.count
  }

  /// Compares whether a filter holds for a document with what the model says.
  @discardableResult
  static func compare(
    _ logic: ModelLogic, in document: [UInt8], _ choices: some Choices
  ) throws -> Bool {
    var printer = QueryPrinter(choices)
    printer.print(logic)
    let root = JSONTree(document)
    let expected = logic.holds(root: root, current: root)
    let filter = try JSONFilter(printer.text)
    var scratch = JSONScratch()
    let holds = try document.withUnsafeBytes { try filter.matches($0, scratch: &scratch) }
    try FuzzFailure.unless(
      holds == expected,
      "\(String(decoding: printer.text, as: UTF8.self)) in \(String(decoding: document, as: UTF8.self)): \(holds)"
    )
    return holds
  }

  /// The matches of a path; an error if they are more than the budget allows.
  static func matches(
    of path: JSONPath, in document: [UInt8], stepLimit: Int = JSONScratch.defaultStepLimit
  ) throws -> [Range<Int>] {
    var scratch = JSONScratch(stepLimit: stepLimit)
    var ranges: [Range<Int>] = []
    try document.withUnsafeBytes { bytes in
      try path.forEach(in: bytes, scratch: &scratch) { range in
        ranges.append(range)
        return true
      }
    }
    return ranges
  }

  /// The first match; and, of a plain path, what is found without compiling it.
  private static func firsts(
    of path: JSONPath, in document: [UInt8]
  ) throws -> (first: Range<Int>?, plain: Range<Int>??) {
    var scratch = JSONScratch()
    return try document.withUnsafeBytes { bytes in
      let first = try path.first(in: bytes, scratch: &scratch)
      let plain: Range<Int>?? = try path.text.withUnsafeBytes { text in
        guard JSONPath.isPlain(text) else { return nil }
        return .some(try JSONPath.first(ofPlain: text, in: bytes, scratch: &scratch))
      }
      return (first, plain)
    }
  }
}

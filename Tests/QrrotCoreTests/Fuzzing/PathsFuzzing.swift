import QrrotCore
import QrrotTesting

/// What the fuzzer of paths and filters does with an input.
///
/// The first byte says what the rest is: decisions from which a document and a query are made, that
/// are then compared with the model; or a text that is read as a path and as a filter, and, behind a
/// byte 0xFF, a document.
package enum PathsFuzzing {
  /// What an input was found to be.
  package struct Tally: Equatable {
    package var nodeCount = 0
    package var acceptedCount = 0
    package var errorCount = 0
  }

  /// - Throws: ``FuzzFailure`` if anything did not hold.
  @discardableResult
  package static func check(_ bytes: [UInt8]) throws -> Tally {
    var input = FuzzInput(bytes)
    switch input.byte() % 4 {
    case 0:
      let document = DocumentMaker.document(&input)
      let query = QueryMaker.query(&input)
      return Tally(nodeCount: try PathsCheck.compare(query, in: document, input), acceptedCount: 1)
    case 1:
      let document = DocumentMaker.document(&input)
      let logic = QueryMaker.logic(&input)
      return Tally(
        nodeCount: try PathsCheck.compare(logic, in: document, input) ? 1 : 0, acceptedCount: 1)
    default:
      let rest = input.rest()
      let text = Array(rest.prefix { $0 != 0xFF })
      let written = Array(rest.dropFirst(text.count + 1))
      checkAnyBytes(text, in: written)
      return try check(text, in: document(of: written))
    }
  }

  private static func document(of text: [UInt8]) -> [UInt8] {
    var document: [UInt8] = []
    do throws(JSONSyntaxError) {
      try JSONText.appendCompact(text.span, to: &document)
    } catch {
      return [UInt8](
        #"{"a":[1,{"a":"A\n","b":[2.5,-3,"x"]},[[]]],"b":{"a":true,"a":null},"":"😀"}"#.utf8)
    }
    return document
  }

  /// A document should be JSON. What is found in other bytes means nothing, but it lies among them.
  private static func checkAnyBytes(_ text: [UInt8], in bytes: [UInt8]) {
    guard let path = try? JSONPath(text),
      let ranges = try? PathsCheck.matches(of: path, in: bytes, stepLimit: 10_000)
    else { return }
    for range in ranges { _ = bytes[range] }
  }

  /// Whatever the text is, it is refused with the place, or evaluated within the budget.
  private static func check(_ text: [UInt8], in document: [UInt8]) throws -> Tally {
    var tally = Tally()
    do {
      let path = try JSONPath(text)
      tally.acceptedCount += 1
      let ranges = try PathsCheck.matches(of: path, in: document, stepLimit: 20_000)
      tally.nodeCount += ranges.count
      for range in ranges.prefix(100) {
        try FuzzFailure.unless(
          document.indices.contains(range.lowerBound) && range.upperBound <= document.count,
          "\(range) of \(document.count)")
        try JSONText.validate(Array(document[range]).span)
      }
    } catch let error as QrrotError {
      tally.errorCount += 1
      try checkError(error, .path, text)
    }
    do {
      let filter = try JSONFilter(text)
      tally.acceptedCount += 1
      var scratch = JSONScratch(stepLimit: 20_000)
      _ = try document.withUnsafeBytes { try filter.matches($0, scratch: &scratch) }
    } catch let error as QrrotError {
      tally.errorCount += 1
      try checkError(error, .filter, text)
    }
    return tally
  }

  private static func checkError(
    _ error: QrrotError, _ code: QrrotError.Code, _ text: [UInt8]
  ) throws {
    guard error.code == code else {
      try FuzzFailure.unless(error.code == .budget || error.code == .tooLarge, "\(error)")
      return
    }
    let words = error.message.split(separator: " ")
    let place = words.count > 1 ? Int(words[1]) : nil
    try FuzzFailure.unless(
      error.message.hasPrefix("byte ") && place.map { (0...text.count).contains($0) } == true,
      "no place: \(error)")
  }
}

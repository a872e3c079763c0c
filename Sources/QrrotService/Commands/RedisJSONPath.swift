internal import QrrotCore
internal import QrrotStore

/// A path as the JSON module takes it: `$.a.b`, which stands for all that it matches, or one in the older
/// form, `.a.b`, `a.b` or `.`, which stands for the first match.
struct RedisJSONPath {
  /// As it was written.
  let original: [UInt8]
  /// In the form that begins with `$`.
  let text: [UInt8]
  /// Whether it was in the older form.
  let isLegacy: Bool
  let path: JSONPath

  /// - Throws: what is wrong with it.
  init(_ written: UnsafeRawBufferPointer) throws(RedisError) {
    original = Array(written)
    isLegacy = written.first != UInt8(ascii: "$")
    let root = [UInt8(ascii: "$")]
    if !isLegacy {
      text = original
    } else if original == [UInt8(ascii: ".")] {
      text = root
    } else if let first = written.first, first == UInt8(ascii: ".") || first == UInt8(ascii: "[") {
      text = root + original
    } else {
      text = root + [UInt8(ascii: ".")] + original
    }
    do throws(QrrotError) { path = try JSONPath(text) } catch {
      throw RedisError(Escaping.displayed(error.message))
    }
  }

  /// The whole document, in the older form: what is meant where no path is given.
  static var root: RedisJSONPath {
    get throws(RedisError) {
      try [UInt8(ascii: ".")].withRawBytes { bytes throws(RedisError) in
        try RedisJSONPath(bytes)
      }
    }
  }

  /// That there is nothing at this path, and perhaps what else might be the case.
  func missing(_ other: String = "") -> RedisError {
    RedisError("Path '\(Escaping.displayed(text))' does not exist\(other)")
  }

  /// Where the matches in a document are, in the order of the standard.
  func matches(in document: UnsafeRawBufferPointer) throws(RedisError) -> [Range<Int>] {
    var matches: [Range<Int>] = []
    var scratch = Self.scratch
    try redis { () throws(QrrotError) in
      try path.forEach(in: document, scratch: &scratch) { match throws(QrrotError) in
        guard matches.count < Self.matchLimit else {
          throw QrrotError(.budget, "the path has more than \(Self.matchLimit) matches")
        }
        matches.append(match)
        return true
      }
    }
    return matches
  }

  /// The matches that lie in no other one, each once, in the order of the document.
  func outermost(in document: UnsafeRawBufferPointer) throws(RedisError) -> [Range<Int>] {
    var end = 0
    return try matches(in: document)
      .sorted { ($0.lowerBound, $1.upperBound) < ($1.lowerBound, $0.upperBound) }
      .filter { match in
        guard match.lowerBound >= end else { return false }
        end = match.upperBound
        return true
      }
  }

  /// Everybody else waits meanwhile: a tenth of a second at most.
  static var scratch: JSONScratch { JSONScratch(stepLimit: 10_000_000) }
  /// Each takes 16 bytes.
  private static var matchLimit: Int { 4 << 20 }
}

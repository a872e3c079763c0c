/// A pattern of `match` or `search`, as written in the filter or found in a document.
struct PatternEntry {
  /// The content of the string, with its escapes.
  let pattern: [UInt8]
  let extent: IRegexp.Extent
  /// Nil if the pattern is no I-Regexp: then it matches nothing.
  var matcher: IRegexpMatcher?
}

/// The functions `match` and `search`.
///
/// Source: RFC 9535, sections 2.4.6 and 2.4.7.
extension JSONScratch {
  /// How many patterns are remembered. A filter seldom has more, and a matcher may take some MiB.
  private static let patternCount = 8

  /// Whether `pattern`, an I-Regexp, matches all or a part of `text`; false if it is none.
  ///
  /// - Throws: `budget`, `interrupted`; `too-large` if the pattern is beyond a limit.
  mutating func matches(
    _ text: JSONStringText, _ pattern: JSONStringText, _ extent: IRegexp.Extent
  ) throws(QrrotError) -> Bool {
    let index = try index(of: pattern, extent)
    guard patterns[index].matcher != nil else { return false }
    if text.isEscaped {
      unescaped.removeAll(keepingCapacity: true)
      text.append(to: &unescaped)
    }
    // Without steps left there is no answer; then this throws.
    return try withSteps { scratch, steps in
      guard text.isEscaped else {
        let bytes = UnsafeRawBufferPointer(start: text.start, count: text.count)
        return scratch.patterns[index].matcher?.matches(bytes, steps: &steps) ?? false
      }
      return scratch.unescaped.withUnsafeBytes {
        scratch.patterns[index].matcher?.matches($0, steps: &steps) ?? false
      }
    }
  }

  /// The index of a pattern in ``patterns``, where it is put if it is not there.
  private mutating func index(
    of pattern: JSONStringText, _ extent: IRegexp.Extent
  ) throws(QrrotError) -> Int {
    let written = UnsafeBufferPointer(start: pattern.start, count: pattern.count)
    if let index = patterns.firstIndex(where: {
      $0.extent == extent && $0.pattern.count == written.count && $0.pattern.elementsEqual(written)
    }) {
      return index
    }
    var content: [UInt8] = []
    pattern.append(to: &content)
    var entry = PatternEntry(pattern: Array(written), extent: extent, matcher: nil)
    var work = content.count
    do throws(IRegexpError) {
      let expression = try IRegexp(content)
      entry.matcher = IRegexpMatcher(expression, extent)
      work += expression.program.instructions.count
    } catch  where error.isTooLarge {
      throw QrrotError(
        .tooLarge, "the pattern \(QrrotError.excerpt(content)) is too large: \(error)")
    } catch {
      // No I-Regexp.
    }
    try step(work)
    if patterns.count < Self.patternCount {
      patterns.append(entry)
      return patterns.count - 1
    }
    nextPattern = (nextPattern + 1) % Self.patternCount
    patterns[nextPattern] = entry
    return nextPattern
  }
}

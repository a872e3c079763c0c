internal import CJSONStructure

/// A valid, compact JSON text in memory, and how to move in it.
///
/// Nothing beyond its end is read, even if the text is not valid after all; what is found is then
/// meaningless.
struct JSONBytes {
  let start: UnsafePointer<UInt8>
  let count: Int

  /// The longest text: offsets are kept in 32 bits. A value of the store is an eighth of that at most.
  static let maximumCount = Int(UInt32.max)

  /// Nil if there are no bytes.
  ///
  /// - Throws: `too-large` beyond ``maximumCount``.
  init?(_ bytes: UnsafeRawBufferPointer) throws(QrrotError) {
    guard let address = bytes.baseAddress, bytes.count > 0 else { return nil }
    guard bytes.count <= Self.maximumCount else {
      throw QrrotError(.tooLarge, "a document for a path or a filter may have 4 GiB")
    }
    start = address.assumingMemoryBound(to: UInt8.self)
    count = bytes.count
  }

  /// The byte at `offset`; 0, which stands nowhere in a JSON text, beyond the end.
  @inline(__always)
  subscript(offset: Int) -> UInt8 { offset < count ? start[offset] : 0 }

  /// The bytes from `start` to `end`; inside the text even if it is not valid.
  @inline(__always)
  func range(_ start: Int, _ end: Int) -> Range<Int> {
    let end = min(end, count)
    return min(start, end)..<end
  }

  /// The offset behind the value that begins at `offset`.
  ///
  /// - Complexity: O(n) for a value of n bytes.
  func end(ofValueAt offset: Int) -> Int {
    switch self[offset] {
    case UInt8(ascii: "\""): return end(ofStringAt: offset)
    case UInt8(ascii: "{"), UInt8(ascii: "["): return end(ofContainerAt: offset)
    default: return end(ofPlainAt: offset)
    }
  }

  /// The offset behind the number, or the word, at `offset`.
  @inline(__always)
  func end(ofPlainAt offset: Int) -> Int {
    var end = offset
    while end < count {
      switch start[end] {
      case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"): return end
      default: end += 1
      }
    }
    return end
  }

  /// The offset behind the closing quote of the string whose opening one is at `offset`.
  @inline(__always)
  func end(ofStringAt offset: Int) -> Int { scanString(at: offset).end }

  /// The offset behind a string's closing quote, and whether there is a backslash in it.
  @inline(__always)
  private func scanString(at offset: Int) -> (end: Int, isEscaped: Bool) {
    var end = offset + 1
    while end + ByteWord.byteCount <= count {
      let word = ByteWord.load(start + end)
      let marks =
        ByteWord.equal(word, UInt8(ascii: "\"")) | ByteWord.equal(word, UInt8(ascii: "\\"))
      let index = ByteWord.firstIndex(of: marks)
      end += index
      if index < ByteWord.byteCount {
        if start[end] == UInt8(ascii: "\"") { return (end + 1, false) }
        return (escapedEnd(from: end), true)
      }
    }
    while end < count {
      if start[end] == UInt8(ascii: "\"") { return (end + 1, false) }
      if start[end] == UInt8(ascii: "\\") { return (escapedEnd(from: end), true) }
      end += 1
    }
    return (count, false)
  }

  /// The end of a string from its first backslash on.
  private func escapedEnd(from backslash: Int) -> Int {
    var end = backslash
    while end < count {
      switch start[end] {
      case UInt8(ascii: "\""): return end + 1
      case UInt8(ascii: "\\"): end += 2
      default: end += 1
      }
    }
    return count
  }

  /// The offset behind the bracket that closes the one at `offset`.
  func end(ofContainerAt offset: Int) -> Int {
    qrrot_json_container_end(start, count, offset)
  }

  /// The offset at which the value begins whose last byte is in front of `end`; not in front of the
  /// text.
  func start(ofValueEndingAt end: Int) -> Int {
    var depth = 0
    var at = end - 1
    while at >= 0 {
      switch start[at] {
      case UInt8(ascii: "\""):
        at = openingQuote(ofStringClosedAt: at)
        if depth == 0 { return at }
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth += 1
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        // A bracket around the value ends a number or a word.
        if depth == 0 { return at + 1 }
        depth -= 1
        if depth == 0 { return at }
      case UInt8(ascii: ",") where depth == 0: return at + 1
      default: break
      }
      at -= 1
    }
    return max(0, at)
  }

  /// Inside a string every quote has an odd number of backslashes in front; the opening one has none.
  private func openingQuote(ofStringClosedAt closing: Int) -> Int {
    var at = closing - 1
    while at > 0 {
      if start[at] == UInt8(ascii: "\"") {
        var first = at
        while first > 0, start[first - 1] == UInt8(ascii: "\\") { first -= 1 }
        if (at - first) & 1 == 0 { return at }
        at = first
      }
      at -= 1
    }
    return 0
  }

  /// The content of the string whose opening quote is at `offset`, and the offset behind its closing
  /// quote.
  @inline(__always)
  func string(at offset: Int) -> (content: JSONStringText, end: Int) {
    let (end, isEscaped) = scanString(at: offset)
    let first = min(offset + 1, count)
    let content = JSONStringText(
      start: start + first, count: max(0, end - 1 - first), isEscaped: isEscaped)
    return (content, end)
  }

  /// The number at `offset` if it is an integer of up to 18 digits; nil if it is anything else.
  @inline(__always)
  func integer(at offset: Int) -> Int64? {
    let isNegative = self[offset] == UInt8(ascii: "-")
    let first = isNegative ? offset + 1 : offset
    var end = first
    var value: Int64 = 0
    while end < count {
      let digit = start[end] &- UInt8(ascii: "0")
      guard digit < 10 else { break }
      value = value &* 10 &+ Int64(digit)
      end += 1
    }
    guard end - first - 1 < 18, end > first else { return nil }
    switch self[end] {
    case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): return nil
    default: return isNegative ? -value : value
    }
  }
}

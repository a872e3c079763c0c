/// A valid, compact JSON text in memory, and how to move in it.
///
/// Nothing beyond its end is read, even if the text is not valid after all; what is found is then
/// meaningless.
struct JSONBytes {
  let start: UnsafePointer<UInt8>
  let count: Int

  /// Nil if there are no bytes.
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard let address = bytes.baseAddress, bytes.count > 0 else { return nil }
    start = address.assumingMemoryBound(to: UInt8.self)
    count = bytes.count
  }

  /// The byte at `offset`; 0, which stands nowhere in a JSON text, beyond the end.
  @inline(__always)
  subscript(offset: Int) -> UInt8 { offset < count ? start[offset] : 0 }

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
  func end(ofStringAt offset: Int) -> Int {
    var end = offset + 1
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
    var depth = 0
    var end = offset
    while end < count {
      switch start[end] {
      case UInt8(ascii: "\""):
        end = self.end(ofStringAt: end)
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        if depth == 0 { return end + 1 }
      default: break
      }
      end += 1
    }
    return count
  }

  /// The content of the string whose opening quote is at `offset`, and the offset behind its closing
  /// quote.
  @inline(__always)
  func string(at offset: Int) -> (content: JSONStringText, end: Int) {
    let end = end(ofStringAt: offset)
    let first = min(offset + 1, count)
    return (JSONStringText(start: start + first, count: max(0, end - 1 - first)), end)
  }
}

internal import QrrotCore

/// A pattern over keys as Redis reads it: over bytes, and never wrong. Our own language's patterns
/// (``Glob``) are over characters, and refuse what is not closed.
///
/// `*` any run, `?` one byte, `[a-z]` one of a set, `[^a-z]` one outside of it, `\` takes the meaning
/// away. Matching is iterative and takes at most length of the key × length of the pattern steps.
///
/// Source: the rules of `stringmatchlen` in Redis, without its recursion.
struct RedisPattern: Sendable {
  private let bytes: [UInt8]

  init(_ text: UnsafeRawBufferPointer) { bytes = Array(text) }

  /// Whether `key` is of this form.
  func matches(_ key: UnsafeRawBufferPointer) -> Bool {
    if bytes.count == 1, bytes[0] == UInt8(ascii: "*") { return true }
    var (at, position) = (0, 0)
    // Where to go on when what follows the last `*` does not fit: it takes one byte more.
    var (star, taken) = (-1, 0)
    while position < key.count {
      if at < bytes.count, bytes[at] == UInt8(ascii: "*") {
        star = at
        taken = position
        at += 1
        continue
      }
      if let next = step(at, key[position]) {
        at = next
        position += 1
        continue
      }
      guard star >= 0 else { return false }
      at = star + 1
      taken += 1
      position = taken
    }
    while at < bytes.count, bytes[at] == UInt8(ascii: "*") { at += 1 }
    return at == bytes.count
  }

  /// Where the pattern goes on behind what stands at `at` if that fits `byte`.
  private func step(_ at: Int, _ byte: UInt8) -> Int? {
    guard at < bytes.count else { return nil }
    switch bytes[at] {
    case UInt8(ascii: "?"): return at + 1
    case UInt8(ascii: "["): return stepOverSet(at + 1, byte)
    case UInt8(ascii: "\\") where at + 1 < bytes.count:
      return bytes[at + 1] == byte ? at + 2 : nil
    default: return bytes[at] == byte ? at + 1 : nil
    }
  }

  private func stepOverSet(_ start: Int, _ byte: UInt8) -> Int? {
    var at = start
    let isNegated = at < bytes.count && bytes[at] == UInt8(ascii: "^")
    if isNegated { at += 1 }
    var fits = false
    // A set that is not closed ends with the pattern.
    while at < bytes.count, bytes[at] != UInt8(ascii: "]") {
      if bytes[at] == UInt8(ascii: "\\"), at + 1 < bytes.count {
        at += 1
        if bytes[at] == byte { fits = true }
        at += 1
      } else if at + 2 < bytes.count, bytes[at + 1] == UInt8(ascii: "-") {
        let (low, high) = (min(bytes[at], bytes[at + 2]), max(bytes[at], bytes[at + 2]))
        if (low...high).contains(byte) { fits = true }
        at += 3
      } else {
        if bytes[at] == byte { fits = true }
        at += 1
      }
    }
    guard fits != isNegated else { return nil }
    return min(at + 1, bytes.count)
  }
}

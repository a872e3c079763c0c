internal import CWords
internal import QrrotCore

/// The two commands that are given most of all, `get KEY` and `put KEY VALUE`, in their common form and
/// where they lie: a server that is sent many of them carries them out without copying a word.
///
/// It decides nothing, as ``PlainLine``: the value is a string for sure, nothing is escaped, one blank
/// stands between the words, and the line is there whole. In front of anything else it answers nil, and what
/// it does read ``Parser`` would read just so; a test compares the two.
public struct ShortLine {
  /// Whether it is `put KEY VALUE`, and not `get KEY`.
  public let isPut: Bool
  /// The key, in the input.
  public let key: UnsafeRawBufferPointer
  /// The string to be put, in the input, without its quotes; empty for `get`.
  public let value: UnsafeRawBufferPointer
  /// How many bytes the line has, its end included.
  public let byteCount: Int
  /// How many of them are the line's end: a line feed, or a carriage return in front of it too.
  public let endByteCount: Int

  /// No key and no value of such a line is longer, in bytes.
  public static var wordByteLimit: Int { 128 }
  /// No such line is longer, in bytes.
  public static var byteLimit: Int { 9 + 2 * wordByteLimit }

  /// Reads the line that `input` begins with.
  ///
  /// - Complexity: O(bytes of the line), and at most twice ``wordByteLimit`` bytes of another.
  @inline(__always)
  public init?(_ input: UnsafeRawBufferPointer) {
    // A shorter one is not worth a case of its own.
    guard input.count >= ByteWord.byteCount, let base = input.baseAddress else { return nil }
    let scan = Scan(base: base.assumingMemoryBound(to: UInt8.self), count: input.count)
    // Letters in any case; the blank behind them is one.
    let name = base.loadUnaligned(as: UInt32.self).littleEndian | 0x0020_2020
    guard name == Self.get || name == Self.put else { return nil }
    isPut = name == Self.put
    let keyEnd = scan.wordEnd(from: 4)
    guard keyEnd > 4, keyEnd < input.count else { return nil }
    key = UnsafeRawBufferPointer(start: base + 4, count: keyEnd &- 4)
    var end = keyEnd
    if isPut {
      guard base.load(fromByteOffset: keyEnd, as: UInt8.self) == 0x20,
        let place = scan.value(from: keyEnd &+ 1)
      else { return nil }
      value = UnsafeRawBufferPointer(start: base + place.start, count: place.byteCount)
      end = place.end
    } else {
      value = UnsafeRawBufferPointer(start: nil, count: 0)
    }
    guard let endByteCount = scan.lineEnd(at: end) else { return nil }
    // What ends like `HTTP/1.1` may be a browser's; the reader of requests looks at it more closely.
    guard base.load(fromByteOffset: end &- 2, as: UInt8.self) != UInt8(ascii: ".") else {
      return nil
    }
    self.endByteCount = endByteCount
    byteCount = end &+ endByteCount
  }

  private static var get: UInt32 { 0x2074_6567 }
  private static var put: UInt32 { 0x2074_7570 }
}

/// Looks for the ends of words, sixteen bytes at a time.
private struct Scan {
  let base: UnsafePointer<UInt8>
  /// How many bytes there are, at least eight.
  let count: Int

  /// What ends a word, or can't stand in it.
  private struct Marks {
    /// Every byte below is one.
    let limit: UInt8
    let first: UInt8
    let second: UInt8

    @inline(__always)
    func find(in word: UInt64) -> UInt64 {
      ByteWord.below(word, limit) | ByteWord.equal(word, first) | ByteWord.equal(word, second)
    }

    /// - Returns: the index of the first one in sixteen bytes; 16 if there is none.
    @inline(__always)
    func firstIndex(in bytes: UnsafePointer<UInt8>) -> Int {
      let found = qrrot_word_marks(bytes, limit, first, second)
      return (found | 1 << 16).trailingZeroBitCount
    }
  }

  /// Eight bytes from `position` on, as far as they are there: what is not is zero.
  @inline(__always)
  private func word(at position: Int) -> UInt64 {
    let missing = position &+ ByteWord.byteCount &- count
    guard missing > 0 else { return ByteWord.load(base + position) }
    guard missing < ByteWord.byteCount else { return 0 }
    return ByteWord.load(base + (count &- ByteWord.byteCount))
      >> UInt64(truncatingIfNeeded: missing &* 8)
  }

  /// Where the first mark from `start` on stands, or the end. What is too long ends somewhere in its midst.
  @inline(__always)
  private func end(from start: Int, at marks: Marks) -> Int {
    var position = start
    while position &- start < ShortLine.wordByteLimit {
      if position &+ 16 <= count {
        let index = marks.firstIndex(in: base + position)
        position &+= index
        if index < 16 { return position }
      } else {
        let found = marks.find(in: word(at: position))
        if found != 0 { return position &+ ByteWord.firstIndex(of: found) }
        position &+= ByteWord.byteCount
      }
    }
    return position
  }

  /// Where the bare word that begins at `start` ends.
  @inline(__always)
  func wordEnd(from start: Int) -> Int {
    end(
      from: start, at: Marks(limit: 0x21, first: UInt8(ascii: "\""), second: UInt8(ascii: "'")))
  }

  /// Where a text in double quotes that begins at `start` ends, or something unusual in it stands.
  @inline(__always)
  private func quotedEnd(from start: Int) -> Int {
    end(
      from: start, at: Marks(limit: 0x20, first: UInt8(ascii: "\""), second: UInt8(ascii: "\\")))
  }

  /// The value that begins at `position`, and where it ends with its quote; nil if it is no string for
  /// sure, or an unusual one.
  @inline(__always)
  func value(from position: Int) -> (start: Int, byteCount: Int, end: Int)? {
    guard position < count else { return nil }
    let first = base[position]
    if first == UInt8(ascii: "\"") {
      let start = position &+ 1
      let end = quotedEnd(from: start)
      guard end < count, base[end] == first else { return nil }
      return (start, end &- start, end &+ 1)
    }
    // A number or a JSON literal.
    guard first &- UInt8(ascii: "0") > 9, first != UInt8(ascii: "-"), first != UInt8(ascii: "{"),
      first != UInt8(ascii: "[")
    else { return nil }
    let end = wordEnd(from: position)
    guard end > position, !isAs(position, end) else { return nil }
    return (position, end &- position, end)
  }

  /// Whether a word is `as`, which says how the next one is meant.
  @inline(__always)
  private func isAs(_ start: Int, _ end: Int) -> Bool {
    end &- start == 2 && base[start] == UInt8(ascii: "a") && base[start &+ 1] == UInt8(ascii: "s")
  }

  /// How many bytes the line's end at `position` has; nil if there is none.
  @inline(__always)
  func lineEnd(at position: Int) -> Int? {
    guard position < count else { return nil }
    if base[position] == UInt8(ascii: "\n") { return 1 }
    guard base[position] == UInt8(ascii: "\r"), position &+ 1 < count,
      base[position &+ 1] == UInt8(ascii: "\n")
    else { return nil }
    return 2
  }
}

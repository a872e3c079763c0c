internal import QrrotCore

/// Appends replies of RESP to bytes: as many replies as there are go into one buffer, for one write.
///
/// A reply of several parts is its head (``array(count:)``, ``map(count:)`` and so on) and then just as
/// many replies; nothing checks that.
///
/// What only version 3 has is written to a client of version 2 as Redis writes it: a map as an array
/// of keys and values, a set and a push as an array, a double, a big number and a verbatim text as a
/// bulk string, a boolean as 1 or 0.
///
/// Nothing is allocated but ``bytes`` themselves, except for doubles.
public struct ReplyWriter: Sendable {
  /// What a client has asked for with `HELLO`.
  public enum Version: Int, Sendable {
    /// What everybody speaks who has not said otherwise.
    case resp2 = 2
    /// With types for maps, sets, doubles and more.
    case resp3 = 3
  }

  /// What the client speaks.
  public var version: Version
  /// What has been written; who sends it empties it.
  public var bytes: [UInt8] = []

  /// Makes a writer that has written nothing.
  public init(version: Version = .resp2) {
    self.version = version
  }

  /// A short text as a line, `+OK`. A line break in it becomes a blank.
  public mutating func simple(_ text: String) {
    bytes.append(UInt8(ascii: "+"))
    line(text)
  }

  /// An error, `-ERR no such key`. A line break in it becomes a blank, so that a message with bytes
  /// from outside can't end the reply.
  ///
  /// - Parameter code: The first word, by which clients know the error.
  public mutating func error(_ message: String, code: String = "ERR") {
    bytes.append(UInt8(ascii: "-"))
    append(lineOf: code)
    bytes.append(UInt8(ascii: " "))
    line(message)
  }

  /// An integer.
  public mutating func integer(_ value: Int64) {
    bytes.append(UInt8(ascii: ":"))
    number(value)
  }

  /// Bytes of any kind.
  ///
  /// - Complexity: O(n), amortised.
  public mutating func bulk(_ content: UnsafeRawBufferPointer) {
    guard content.count < Self.shortLimit, let start = content.baseAddress else {
      head(UInt8(ascii: "$"), content.count)
      bytes.append(contentsOf: content)
      return end()
    }
    // Put together on the stack, so that the bytes grow once.
    withUnsafeTemporaryAllocation(byteCount: content.count &+ 16, alignment: 8) { reply in
      guard let target = reply.baseAddress else { return }
      let headCount = Self.storeHead(ofBulk: content.count, to: target)
      (target + headCount).copyMemory(from: start, byteCount: content.count)
      let count = headCount &+ content.count
      (target + count).storeBytes(of: UInt16(0x0A0D).littleEndian, as: UInt16.self)
      bytes.append(contentsOf: UnsafeRawBufferPointer(start: target, count: count &+ 2))
    }
  }

  /// Lengths below this have at most three digits.
  private static var shortLimit: Int { 1_000 }

  /// Stores the head of a bulk string of less than ``shortLimit`` bytes; eight bytes are written.
  ///
  /// - Returns: how many of them are the head.
  @inline(__always)
  private static func storeHead(ofBulk count: Int, to target: UnsafeMutableRawPointer) -> Int {
    let number = UInt64(truncatingIfNeeded: count)
    let word: UInt64
    let headCount: Int
    if number < 10 {
      word = 0x0A0D_3024 &+ (number << 8)
      headCount = 4
    } else if number < 100 {
      word = 0x0A_0D30_3024 &+ ((number / 10) << 8) &+ ((number % 10) << 16)
      headCount = 5
    } else {
      let hundreds = (number / 100) << 8
      let tens = (number / 10 % 10) << 16
      word = 0x0A0D_3030_3024 &+ hundreds &+ tens &+ ((number % 10) << 24)
      headCount = 6
    }
    target.storeBytes(of: word.littleEndian, as: UInt64.self)
    return headCount
  }

  /// Bytes of any kind.
  ///
  /// - Complexity: O(n), amortised.
  public mutating func bulk(_ content: [UInt8]) {
    content.withUnsafeBytes { bulk($0) }
  }

  /// The head of bytes that follow in parts, by way of ``bytes``, and a line end behind them.
  public mutating func beginBulk(byteCount: Int) { head(UInt8(ascii: "$"), byteCount) }

  /// A text as bytes.
  ///
  /// - Complexity: O(n), amortised.
  public mutating func bulk(_ text: String) {
    head(UInt8(ascii: "$"), text.utf8.count)
    bytes.append(contentsOf: text.utf8)
    end()
  }

  /// The digits of an integer, as bytes.
  public mutating func bulk(decimal value: Int64) {
    withUnsafeTemporaryAllocation(byteCount: 24, alignment: 8) { digits in
      bulk(Self.storeDigits(of: value, in: digits))
    }
  }

  /// Writes the digits of a number at the end of some memory that has room for 20 of them.
  @inline(__always)
  private static func storeDigits(
    of value: Int64, in memory: UnsafeMutableRawBufferPointer
  ) -> UnsafeRawBufferPointer {
    var index = memory.count
    var rest = value.magnitude
    repeat {
      let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
      index -= 1
      memory[index] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: digit)
      rest = quotient
    } while rest > 0
    if value < 0 {
      index -= 1
      memory[index] = UInt8(ascii: "-")
    }
    return UnsafeRawBufferPointer(rebasing: memory[index...])
  }

  /// That something is done: `+OK`.
  public mutating func ok() { bytes.append("+OK\r\n") }

  /// That there is no value: `$-1`, and `_` in version 3.
  public mutating func null() {
    bytes.append(version == .resp3 ? "_\r\n" : "$-1\r\n")
  }

  /// That there is no array: `*-1`, and `_` in version 3.
  public mutating func nullArray() {
    bytes.append(version == .resp3 ? "_\r\n" : "*-1\r\n")
  }

  /// The head of an array of `count` replies.
  public mutating func array(count: Int) {
    head(UInt8(ascii: "*"), count)
  }

  /// A byte that tells what follows, and how much of it.
  mutating func head(_ mark: UInt8, _ count: Int) {
    bytes.append(mark)
    number(Int64(count))
  }

  /// The digits of `value` and the end of the line.
  private mutating func number(_ value: Int64) {
    if 0...9 ~= value {
      bytes.append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value))
      return end()
    }
    withUnsafeTemporaryAllocation(byteCount: 24, alignment: 8) { digits in
      bytes.append(contentsOf: Self.storeDigits(of: value, in: digits))
    }
    end()
  }

  /// The end of a line, or of bytes.
  mutating func end() {
    bytes.append(WireBytes.carriageReturn)
    bytes.append(WireBytes.lineFeed)
  }

  /// A text that keeps to its line, and the line's end.
  mutating func line(_ text: String) {
    append(lineOf: text)
    end()
  }

  private mutating func append(lineOf text: String) {
    let start = bytes.count
    bytes.append(contentsOf: text.utf8)
    for index in start..<bytes.count where Self.isLineBreak(bytes[index]) {
      bytes[index] = UInt8(ascii: " ")
    }
  }

  /// Whether `byte` would end the line of an error.
  static func isLineBreak(_ byte: UInt8) -> Bool {
    byte == WireBytes.carriageReturn || byte == WireBytes.lineFeed
  }
}

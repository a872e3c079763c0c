internal import QrrotCore
internal import QrrotWire

/// The words of a command where they lie; good until its bytes are given back.
struct Arguments {
  private let base: UnsafeRawPointer
  private let items: UnsafeBufferPointer<RequestReader.Argument>
  /// How many bytes the whole command has.
  let byteCount: Int

  /// - Parameter bytes: those of the command, from its first on; not empty.
  @inline(__always)
  init?(
    _ bytes: UnsafeRawBufferPointer, _ items: UnsafeBufferPointer<RequestReader.Argument>,
    byteCount: Int
  ) {
    guard let base = bytes.baseAddress, byteCount <= bytes.count else { return nil }
    self.base = base
    self.items = items
    self.byteCount = byteCount
  }

  /// How many there are, the command's name among them.
  @inline(__always)
  var count: Int { items.count }

  /// Word `index`; the name is 0.
  @inline(__always)
  subscript(index: Int) -> UnsafeRawBufferPointer {
    precondition(index >= 0 && index < items.count, "a command has no such word")
    let item = items[index]
    return UnsafeRawBufferPointer(start: base + item.offset, count: item.byteCount)
  }

  /// The bytes and where the words are in them, to be kept.
  var copy: (bytes: [UInt8], items: [RequestReader.Argument]) {
    (Array(UnsafeRawBufferPointer(start: base, count: byteCount)), Array(items))
  }

  /// Word `index` as text, for errors.
  func text(_ index: Int) -> String { String(decoding: self[index], as: UTF8.self) }

  /// Whether word `index` is this one, in any case.
  func isWord(_ index: Int, _ word: StaticString) -> Bool { self[index].isWord(word) }

  /// Word `index` as Redis reads integers: digits without a leading zero, perhaps behind a minus.
  func integer(_ index: Int) -> Int64? { DecimalInteger.parse(self[index]) }
}

extension UnsafeRawBufferPointer {
  /// Whether these bytes are `word`, which is in lower case, but for the case of letters.
  func isWord(_ word: StaticString) -> Bool {
    guard count == word.utf8CodeUnitCount else { return false }
    for index in 0..<count {
      let byte = self[index]
      let lower = byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
      guard lower == word.utf8Start[index] else { return false }
    }
    return true
  }
}

/// Integers as Redis reads them from texts.
enum DecimalInteger {
  /// The number that `text` is in its one form: `-?(0|[1-9][0-9]*)` within 64 bits, and not `-0`.
  static func parse(_ text: UnsafeRawBufferPointer) -> Int64? {
    guard let first = text.first, text.count <= 20 else { return nil }
    let isNegative = first == UInt8(ascii: "-")
    var index = isNegative ? 1 : 0
    guard index < text.count else { return nil }
    if text[index] == UInt8(ascii: "0") { return text.count == 1 ? 0 : nil }
    // Downwards, because the smallest number has no positive of its own.
    var value: Int64 = 0
    while index < text.count {
      let digit = text[index] &- UInt8(ascii: "0")
      guard digit <= 9 else { return nil }
      let (tenfold, isTooLarge) = value.multipliedReportingOverflow(by: 10)
      let (next, overflow) = tenfold.subtractingReportingOverflow(Int64(digit))
      guard !isTooLarge, !overflow else { return nil }
      value = next
      index += 1
    }
    if isNegative { return value }
    return value == .min ? nil : -value
  }

  /// Hands the digits of a number to `body`.
  static func withDigits<R>(of value: Int64, _ body: (UnsafeRawBufferPointer) -> R) -> R {
    withUnsafeTemporaryAllocation(byteCount: 24, alignment: 1) { digits in
      var index = digits.count
      var rest = value.magnitude
      repeat {
        index -= 1
        digits[index] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      } while rest > 0
      if value < 0 {
        index -= 1
        digits[index] = UInt8(ascii: "-")
      }
      return body(UnsafeRawBufferPointer(rebasing: digits[index...]))
    }
  }
}

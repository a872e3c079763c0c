import QrrotCore
import QrrotTesting

@testable import QrrotParser

/// What the fuzzer of the command language does with an input, and what must hold whatever it is.
///
/// The first byte is a set of options, the next two say where the text is cut, the rest is the text.
package enum CommandsFuzzing {
  /// What a text was found to hold.
  package struct Tally: Equatable {
    package var commandCount = 0
    package var errorCount = 0
  }

  /// Reads the text that an input makes.
  ///
  /// - Throws: ``FuzzFailure`` if anything did not hold.
  @discardableResult
  package static func check(_ bytes: [UInt8]) throws -> Tally {
    var input = FuzzInput(bytes)
    let options = input.byte()
    let cuts = [Int(input.byte()), Int(input.byte())].sorted()
    let text = options & 1 == 0 ? input.rest() : expanded(input.rest())
    let tally = try CommandsCheck(text).run()
    try checkParts(text, cuts)
    if options & 2 != 0, text.count <= 200 { try checkEveryByte(text) }
    try checkCompletion(text)
    return tally
  }

  /// Three bytes that stand in no text become long ones, near the limits of keys and of nesting.
  private static func expanded(_ text: [UInt8]) -> [UInt8] {
    var expanded: [UInt8] = []
    for byte in text {
      guard expanded.count < 300_000 else { break }
      switch byte {
      case 0xFD: expanded += [UInt8](repeating: UInt8(ascii: "["), count: 511)
      case 0xFE: expanded += [UInt8](repeating: UInt8(ascii: "]"), count: 511)
      case 0xFF: expanded += [UInt8](repeating: UInt8(ascii: "k"), count: Limits.keyByteCount - 1)
      default: expanded.append(byte)
      }
    }
    return expanded
  }

  /// A text that arrives in parts is read as the whole text is.
  private static func checkParts(_ text: [UInt8], _ cuts: [Int]) throws {
    let (first, second) = (min(cuts[0], text.count), min(cuts[1], text.count))
    let parted = Reading(parts: [text[..<first], text[first..<second], text[second...]])
    let whole = Reading(text)
    try FuzzFailure.unless(parted == whole, "cut at \(first) and \(second):\n\(parted)\n\(whole)")
  }

  private static func checkEveryByte(_ text: [UInt8]) throws {
    let parted = Reading(parts: text.indices.map { text[$0...$0] })
    try FuzzFailure.unless(parted == Reading(text), "byte by byte:\n\(parted)\n\(Reading(text))")
  }

  /// What could stand at the end of the first line is about a token in it.
  private static func checkCompletion(_ text: [UInt8]) throws {
    let line = text.prefix { $0 != UInt8(ascii: "\n") }
    let context = CompletionContext(line)
    try FuzzFailure.unless(
      (0...line.count).contains(context.tokenOffset)
        && context.content.count <= line.count - context.tokenOffset,
      "a token at \(context.tokenOffset) of \(line.count) with \(context.content.count) bytes")
  }
}

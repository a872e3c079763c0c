/// Stored data as a model gets it: between two lines with a marker that nobody can have foreseen, so
/// that nothing inside can end the block, whatever it says.
struct DataBlock {
  private let random: @Sendable () -> UInt64

  /// - Parameter random: 64 random bits; tests give some of their own.
  init(random: @escaping @Sendable () -> UInt64 = { UInt64.random(in: .min ... .max) }) {
    self.random = random
  }

  /// `text` as a block with a fresh marker of 64 random bits that does not occur in it.
  ///
  /// - Complexity: O(bytes).
  func wrapping(_ text: String) -> String {
    var number = random()
    while Self.contains(number, in: text) { number = random() }
    let digits = String(number, radix: 16)
    let marker = String(repeating: "0", count: 16 - digits.count) + digits
    let body = text.utf8.last == 0x0A ? text : text + "\n"
    return "<data \(marker)>\n\(body)</data \(marker)>"
  }

  /// Whether the 16 hexadecimal digits of `number` occur in `text`, in any case of letters.
  private static func contains(_ number: UInt64, in text: String) -> Bool {
    var word: UInt64 = 0
    var digitCount = 0
    for byte in text.utf8 {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        digitCount = 0
        continue
      }
      word = word << 4 | UInt64(digit)
      digitCount += 1
      if digitCount >= 16, word == number { return true }
    }
    return false
  }
}

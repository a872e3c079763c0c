internal import QrrotCore

/// Lets only whole UTF-8 characters through to readline.
///
/// Some of readline 8.2's motions (vi's `E`, `*`, `%`) never end on bytes that are no characters,
/// and nothing but SIGKILL ends them. Such a byte is typed as `\xHH` instead, which inside double
/// quotes stands for it, and which shows elsewhere what came.
struct TypedText {
  private var incomplete: [UInt8] = []
  private var ready: [UInt8] = []

  /// Takes a byte that was typed.
  mutating func take(_ byte: UInt8) {
    if byte & 0xC0 != 0x80 { giveUpIncomplete() }
    if byte < 0x80 {
      ready.append(byte)
      return
    }
    incomplete.append(byte)
    guard let first = incomplete.first, incomplete.count >= Self.byteCount(first) else { return }
    guard Escaping.isValidUTF8(incomplete.span) else { return giveUpIncomplete() }
    ready += incomplete
    incomplete = []
  }

  private mutating func giveUpIncomplete() {
    for byte in incomplete { Escaping.appendDisplayed([byte].span, to: &ready) }
    incomplete = []
  }

  /// The next byte that may be handed out; nil if more have to be typed first.
  mutating func next() -> UInt8? { ready.isEmpty ? nil : ready.removeFirst() }

  /// How many bytes the character takes that begins with `first`; 1 if none does.
  private static func byteCount(_ first: UInt8) -> Int {
    switch first {
    case 0xC2...0xDF: 2
    case 0xE0...0xEF: 3
    case 0xF0...0xF4: 4
    default: 1
    }
  }
}

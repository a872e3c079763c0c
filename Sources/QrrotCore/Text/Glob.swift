/// A pattern over keys: `*` any run, `?` one character, `[a-z]` one of a set, `[^a-z]` one outside
/// it; `\` takes the meaning away from what follows.
///
/// A character is a UTF-8 scalar, or a byte in a key that is not UTF-8.
///
/// Matching is iterative: after a mismatch only the last `*` is extended (R. Cox, *Glob Matching Can
/// Be Simple And Fast Too*), which takes at most key length × pattern length steps; a budget of steps
/// ends what is still too costly.
public struct Glob: Sendable {
  enum Element: Equatable, Sendable {
    case byte(UInt8)
    case anyCharacter
    case anyRun
    case set(Int)
  }

  struct CharacterSet: Equatable, Sendable {
    var ranges: [ClosedRange<UInt32>]
    var isNegated: Bool

    func contains(_ character: UInt32) -> Bool {
      ranges.contains { $0.contains(character) } != isNegated
    }
  }

  /// The pattern as written.
  public let pattern: [UInt8]
  private(set) var elements: [Element] = []
  private(set) var sets: [CharacterSet] = []
  /// The bytes that every match begins with.
  public private(set) var literalPrefix: [UInt8] = []
  /// Whether the pattern is nothing but its literal prefix, so that only one key can match.
  public var isLiteral: Bool { elements.count == literalPrefix.count }

  private static let stepLimit = 4_000_000

  /// Reads a pattern.
  ///
  /// - Throws: `syntax` if a `[` is never closed or the pattern ends in a `\`.
  /// - Complexity: O(length of the pattern).
  public init(_ pattern: [UInt8]) throws(QrrotError) {
    self.pattern = pattern
    var index = 0
    while index < pattern.count {
      let byte = pattern[index]
      index += 1
      switch byte {
      case UInt8(ascii: "*"):
        if elements.last != .anyRun { elements.append(.anyRun) }
      case UInt8(ascii: "?"):
        elements.append(.anyCharacter)
      case UInt8(ascii: "["):
        try appendSet(pattern, &index)
      case UInt8(ascii: "\\"):
        guard index < pattern.count else {
          throw QrrotError(
            .syntax, "the pattern ends in a backslash; write \\\\ to mean the backslash itself")
        }
        elements.append(.byte(pattern[index]))
        index += 1
      default:
        elements.append(.byte(byte))
      }
    }
    for case .byte(let byte) in elements.prefix(while: {
      if case .byte = $0 { true } else { false }
    }) {
      literalPrefix.append(byte)
    }
  }

  private mutating func appendSet(_ pattern: [UInt8], _ index: inout Int) throws(QrrotError) {
    let start = index - 1
    let isUTF8 = Escaping.isValidUTF8(pattern.span)
    var set = CharacterSet(ranges: [], isNegated: false)
    if index < pattern.count, pattern[index] == UInt8(ascii: "^") {
      set.isNegated = true
      index += 1
    }
    while index < pattern.count, pattern[index] != UInt8(ascii: "]") {
      guard let low = Self.member(of: pattern, &index, isUTF8) else { break }
      var high = low
      if index + 1 < pattern.count, pattern[index] == UInt8(ascii: "-"),
        pattern[index + 1] != UInt8(ascii: "]")
      {
        index += 1
        guard let end = Self.member(of: pattern, &index, isUTF8) else { break }
        high = end
      }
      set.ranges.append(min(low, high)...max(low, high))
    }
    guard index < pattern.count else {
      throw QrrotError(
        .syntax,
        "the [ at byte \(start) of the pattern is never closed; write \\[ to mean the bracket itself"
      )
    }
    index += 1
    elements.append(.set(sets.count))
    sets.append(set)
  }

  /// One character inside brackets, with its backslash taken off; nil at the end.
  private static func member(
    of pattern: [UInt8], _ index: inout Int, _ isUTF8: Bool
  ) -> UInt32? {
    if pattern[index] == UInt8(ascii: "\\") { index += 1 }
    guard index < pattern.count else { return nil }
    return pattern.withUnsafeBytes { bytes in
      let (scalar, byteCount) = character(of: bytes, at: index, isUTF8: isUTF8)
      index += byteCount
      return scalar
    }
  }
}

extension Glob {
  /// Whether the pattern matches all of `key`.
  ///
  /// - Throws: `budget` if that takes more than four million steps.
  /// - Complexity: O(key length × pattern length) at worst, O(key length) for most patterns.
  public func matches(_ key: UnsafeRawBufferPointer) throws(QrrotError) -> Bool {
    guard key.count >= literalPrefix.count, key.starts(with: literalPrefix) else { return false }
    var position = literalPrefix.count
    var element = position
    guard element < elements.count else { return position == key.count }
    if elements.count == element + 1, elements[element] == .anyRun { return true }
    let isUTF8 =
      !needsCharacters || Escaping.isValidUTF8(key.assumingMemoryBound(to: UInt8.self).span)
    var retry: (element: Int, position: Int)?
    var steps = 0
    while true {
      steps += 1
      guard steps <= Self.stepLimit else {
        throw QrrotError(
          .budget, "the pattern takes too many steps on a key of \(key.count) bytes; use fewer *")
      }
      if element < elements.count {
        if elements[element] == .anyRun {
          element += 1
          retry = (element, position)
          if element == elements.count { return true }
          continue
        }
        if let byteCount = step(elements[element], key, position, isUTF8) {
          element += 1
          position += byteCount
          continue
        }
      } else if position == key.count {
        return true
      }
      guard let last = retry, last.position < key.count else { return false }
      retry = (last.element, last.position + 1)
      (element, position) = (last.element, last.position + 1)
    }
  }

  private var needsCharacters: Bool {
    elements.contains { element in
      switch element {
      case .anyCharacter, .set: true
      case .byte, .anyRun: false
      }
    }
  }

  /// How many bytes of the key one element takes; nil if it does not match there.
  private func step(
    _ element: Element, _ key: UnsafeRawBufferPointer, _ position: Int, _ isUTF8: Bool
  ) -> Int? {
    guard position < key.count else { return nil }
    switch element {
    case .byte(let byte):
      return key[position] == byte ? 1 : nil
    case .anyRun:
      return 0
    case .anyCharacter:
      // After a `*`, matching may be tried in the middle of a character: no character begins there.
      if isUTF8, key[position] & 0xC0 == 0x80 { return nil }
      return Self.character(of: key, at: position, isUTF8: isUTF8).byteCount
    case .set(let index):
      if isUTF8, key[position] & 0xC0 == 0x80 { return nil }
      let (scalar, byteCount) = Self.character(of: key, at: position, isUTF8: isUTF8)
      return sets[index].contains(scalar) ? byteCount : nil
    }
  }

  /// The character at `position`: a scalar of valid UTF-8, else one byte.
  private static func character(
    of bytes: UnsafeRawBufferPointer, at position: Int, isUTF8: Bool
  ) -> (scalar: UInt32, byteCount: Int) {
    let first = bytes[position]
    let byteCount =
      switch first {
      case 0xC2...0xDF: 2
      case 0xE0...0xEF: 3
      case 0xF0...0xF4: 4
      default: 1
      }
    guard isUTF8, byteCount > 1, position + byteCount <= bytes.count else {
      return (UInt32(first), 1)
    }
    var scalar = UInt32(first) & (0xFF >> UInt32(byteCount + 1))
    for byte in bytes[(position + 1)..<(position + byteCount)] {
      scalar = scalar << 6 | UInt32(byte & 0x3F)
    }
    return (scalar, byteCount)
  }
}

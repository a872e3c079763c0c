internal import QrrotCore

/// Finds keys in texts, so that none is shown or kept.
///
/// A key is found as it is, and in every form that a text passes through: JSON escapes, percent
/// encoding, base64 with either alphabet and at any place of a longer base64 text.
public struct SecretFilter: Sendable {
  private let patterns: [SecretPattern]
  /// Whether a match can begin with a byte.
  private let isFirst: [Bool]

  /// The shortest key that is looked for, in characters: a shorter one would be found in plain words.
  public static let leastCharacterCount = 8

  /// Makes a filter that finds `secrets`, but for those under ``leastCharacterCount``.
  public init(_ secrets: [Secret]) {
    var patterns: [SecretPattern] = []
    for secret in secrets where secret.text.count >= Self.leastCharacterCount {
      let bytes = Array(secret.text.utf8)
      patterns.append(SecretPattern(bytes))
      for shift in 0..<3 {
        let encoded = Self.base64Core(of: bytes, shiftedBy: shift)
        let inAddresses = encoded.map { Self.addressCharacter(for: $0) }
        patterns.append(SecretPattern(encoded))
        if inAddresses != encoded { patterns.append(SecretPattern(inAddresses)) }
      }
    }
    self.patterns = patterns
    var isFirst = [Bool](repeating: false, count: 256)
    for byte in patterns.flatMap(\.firstBytes) { isFirst[Int(byte)] = true }
    self.isFirst = isFirst
  }

  /// Whether there is no key to be found.
  public var isEmpty: Bool { patterns.isEmpty }

  /// `text` with ``Secret/mark`` in the place of each key.
  ///
  /// - Complexity: O(n), times the length of a key where a text is full of beginnings of one.
  public func redacted(_ text: String) -> String {
    guard !isEmpty else { return text }
    let bytes = Array(text.utf8)
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count)
    _ = appendRedacted(bytes.span, to: &output, isWhole: true)
    return String(decoding: output, as: UTF8.self)
  }

  /// The same of a text in which values may have been cut: what stands in front of a `…`, or of a quote
  /// that is closed in front of one, and is the beginning of a key, is replaced as well. A key has more
  /// characters than some lines, so it may never be seen whole.
  ///
  /// A beginning under ``leastCharacterCount`` is left: it tells what kind of key it is, and no more.
  ///
  /// - Complexity: as ``redacted(_:)``.
  public func redacted(cut text: String) -> String {
    let text = redacted(text)
    guard !isEmpty, text.contains(Self.ellipsis) else { return text }
    let bytes = Array(text.utf8)
    let mark = Array(String(Self.ellipsis).utf8)
    var output: [UInt8] = []
    var start = 0
    for index in bytes.indices.dropLast(mark.count - 1)
    where bytes[index] == mark[0] && bytes[index...].starts(with: mark) {
      var end = index
      while end > start, bytes[end - 1] == UInt8(ascii: "\"") { end -= 1 }
      if let beginning = beginningOfSecret(in: bytes.span.extracting(start..<end)) {
        output += bytes[start..<(start + beginning)]
        output += Secret.mark.utf8
      } else {
        output += bytes[start..<end]
      }
      output += bytes[end..<(index + mark.count)]
      start = index + mark.count
    }
    return String(decoding: output + bytes[start...], as: UTF8.self)
  }

  /// Where a key begins that ends beyond `bytes`.
  private func beginningOfSecret(in bytes: Span<UInt8>) -> Int? {
    let end = bytes.count - Self.leastCharacterCount
    guard end >= 0 else { return nil }
    return (0...end).first { match(in: bytes, at: $0).isOpen }
  }

  /// What stands in the place of what was cut.
  private static let ellipsis: Character = "…"

  /// Whether a key stands in `bytes`.
  ///
  /// - Complexity: as ``redacted(_:)``.
  public func holdsSecret(_ bytes: some Sequence<UInt8>) -> Bool {
    guard !isEmpty else { return false }
    let bytes = Array(bytes)
    return bytes.indices.contains { offset in
      match(in: bytes.span, at: offset).end != nil
    }
  }

  /// Appends `bytes` with the mark in the place of each key.
  ///
  /// - Parameter isWhole: whether nothing follows; else it stops in front of what may be the beginning
  ///   of a key.
  /// - Returns: how many bytes are dealt with.
  func appendRedacted(_ bytes: Span<UInt8>, to output: inout [UInt8], isWhole: Bool) -> Int {
    var offset = 0
    while offset < bytes.count {
      let match = match(in: bytes, at: offset)
      if match.isOpen, !isWhole { return offset }
      if let end = match.end {
        output.append(contentsOf: Secret.mark.utf8)
        offset = end
      } else {
        output.append(bytes[offset])
        offset += 1
      }
    }
    return offset
  }

  /// The longest key at `offset`; open if with more text there might be a longer one, or one at all.
  private func match(in bytes: Span<UInt8>, at offset: Int) -> SecretPattern.Match {
    var longest = SecretPattern.Match()
    guard isFirst[Int(bytes[offset])] else { return longest }
    for pattern in patterns {
      let match = pattern.match(in: bytes, at: offset)
      longest.isOpen = longest.isOpen || match.isOpen
      if let end = match.end { longest.end = max(longest.end ?? end, end) }
    }
    return longest
  }

  /// The characters of base64 that stand for `bytes` alone, in whatever comes before and behind, if
  /// `shift` bytes come before in the same group of three.
  private static func base64Core(of bytes: [UInt8], shiftedBy shift: Int) -> [UInt8] {
    let shifted = repeatElement(0, count: shift) + bytes
    var encoded: [UInt8] = []
    Escaping.appendBase64(Array(shifted).span, to: &encoded)
    // Six bits a character: those that share one with a neighbour are left out.
    let first = (shift * 8 + 5) / 6
    let end = shifted.count * 8 / 6
    return Array(encoded[first..<max(first, end)])
  }

  private static func addressCharacter(for byte: UInt8) -> UInt8 {
    switch byte {
    case UInt8(ascii: "+"): UInt8(ascii: "-")
    case UInt8(ascii: "/"): UInt8(ascii: "_")
    default: byte
    }
  }
}

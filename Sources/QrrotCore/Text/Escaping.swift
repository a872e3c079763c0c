/// What is shown to a person, and how it reads back: the one place that escapes.
///
/// Hidden scalars are those that drive a terminal, reorder text or cannot be seen: control
/// characters, bidirectional and zero-width controls, line separators, tags. Joiners and emoji
/// selectors are hidden too unless they stand inside an emoji or after a letter that joins. Every
/// function here takes the same decision for each scalar and differs only in how it writes those.
///
/// No function reads more than its input or fails; each is O(n), ASCII eight bytes at a time.
///
/// Source: Unicode Technical Report 36 (security considerations), UTS 51 (emoji).
public enum Escaping {
  /// Appends the double-quoted literal of the command language for `bytes`, which may be any bytes.
  ///
  /// Inside, `"` and `\` follow a backslash; `\b \f \n \r \t \0` are short; other control bytes and
  /// bytes that are not UTF-8 are `\xHH`; other hidden scalars are `\u{H…}`. Read back, the literal
  /// gives exactly `bytes`.
  public static func appendQuoted(_ bytes: Span<UInt8>, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    append(bytes, as: .quoted, to: &output)
    output.append(UInt8(ascii: "\""))
  }

  /// Appends `bytes` for a person to look at: escaped as in ``appendQuoted(_:to:)``, but without
  /// quotes around, and with `"` and `\` as they are.
  ///
  /// Doing it again changes nothing. The result does not read back: a backslash may be the text's
  /// own.
  ///
  /// - Parameter keepingLineFeedsAndTabs: for text of several lines: LF and tab stay, CR LF becomes
  ///   LF; a lone CR is escaped all the same.
  public static func appendDisplayed(
    _ bytes: Span<UInt8>, to output: inout [UInt8], keepingLineFeedsAndTabs: Bool = false
  ) {
    append(bytes, as: keepingLineFeedsAndTabs ? .displayedLines : .displayed, to: &output)
  }

  /// The text as ``appendDisplayed(_:to:keepingLineFeedsAndTabs:)`` shows it, on one line.
  public static func displayed(_ string: String) -> String {
    displayed([UInt8](string.utf8))
  }

  /// The bytes as ``appendDisplayed(_:to:keepingLineFeedsAndTabs:)`` shows them, on one line.
  public static func displayed(_ bytes: [UInt8]) -> String {
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count)
    appendDisplayed(bytes.span, to: &output)
    return String(decoding: output, as: UTF8.self)
  }

  /// Appends the JSON string for `utf8`: hidden scalars as `\uXXXX` (a pair of them above U+FFFF),
  /// the short forms `\b \f \n \r \t \" \\` where there is one; `/` stays as it is.
  ///
  /// The input should be valid UTF-8: each byte that is not becomes `\uFFFD`, which loses it.
  /// Callers that must not lose bytes ask ``isValidUTF8(_:)`` first.
  public static func appendJSONString(_ utf8: Span<UInt8>, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    append(utf8, as: .json, to: &output)
    output.append(UInt8(ascii: "\""))
  }

  /// Appends `json` with the hidden scalars inside its strings as `\uXXXX`; all else byte for byte.
  ///
  /// `json` must be a valid and compact JSON text, as ``JSONText/appendCompact(_:to:)`` makes it:
  /// then hidden scalars occur only inside strings, and the result is the same JSON value. For
  /// other bytes the result still shows nothing hidden, but need not be JSON.
  public static func appendJSONText(_ json: Span<UInt8>, to output: inout [UInt8]) {
    append(json, as: .jsonText, to: &output)
  }

  /// Whether all of `bytes` is well-formed UTF-8 (no overlong forms, no surrogates); no bytes at
  /// all are.
  public static func isValidUTF8(_ bytes: Span<UInt8>) -> Bool {
    UTF8Decoding.isValid(bytes)
  }

  /// Whether `bytes` read back as one bare token of the command language and show as they are: not
  /// empty, no space or tab, neither `"` nor `'`, nothing hidden or invalid.
  public static func isBareWord(_ bytes: Span<UInt8>) -> Bool {
    guard bytes.count > 0, !containsBlankOrSingleQuote(bytes) else { return false }
    var scanner = DisplayScanner()
    while let unit = scanner.next(in: bytes) {
      switch unit {
      case .shown, .mark(UInt8(ascii: "\\")): continue
      case .mark, .hidden, .invalid: return false
      }
    }
    return true
  }

  /// Appends a key as a reply prints it: bare if ``isBareWord(_:)``, else as
  /// ``appendQuoted(_:to:)``.
  public static func appendKey(_ bytes: Span<UInt8>, to output: inout [UInt8]) {
    if isBareWord(bytes) {
      output.append(bytes, 0..<bytes.count)
    } else {
      appendQuoted(bytes, to: &output)
    }
  }

  /// Whether a space or `'` occurs; other blanks and quotes are the scanner's.
  private static func containsBlankOrSingleQuote(_ bytes: Span<UInt8>) -> Bool {
    var offset = 0
    while offset + ByteWord.byteCount <= bytes.count {
      let word = ByteWord.load(bytes, at: offset)
      let marks =
        ByteWord.equal(word, UInt8(ascii: " ")) | ByteWord.equal(word, UInt8(ascii: "'"))
      if marks != 0 { return true }
      offset += ByteWord.byteCount
    }
    while offset < bytes.count {
      if bytes[offset] == UInt8(ascii: " ") || bytes[offset] == UInt8(ascii: "'") { return true }
      offset += 1
    }
    return false
  }
}

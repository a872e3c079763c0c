internal import QrrotCore

/// A key, a value or a part of one on its way into a line: escaped, and cut where there is no room.
///
/// A text that is cut ends outside of its quotes, and says how many bytes all of it has:
/// `"abc"… (12,345 bytes)`.
struct ShownText {
  private enum Form {
    /// A key: bare if nothing in it could be taken for a part of the plan.
    case key
    /// A string in quotes.
    case string
    /// A JSON text.
    case json
    /// A literal of the command language for the whole value of a key, where it is neither.
    case literal
  }

  private let form: Form
  private let bytes: [UInt8]
  /// What stands in front of the text, such as `as json `.
  private let front: String

  private init(_ form: Form, _ bytes: [UInt8], front: String = "") {
    self.form = form
    self.bytes = bytes
    self.front = front
  }

  /// A key.
  static func key(_ key: [UInt8]) -> ShownText {
    ShownText(Self.isPlain(key) ? .literal : .key, key)
  }

  /// A part of a json value.
  static func part(_ json: ArraySlice<UInt8>) -> ShownText { ShownText(.json, Array(json)) }

  /// The whole value of a key: a literal of the command language, but that a JSON string behind
  /// `as json` has no further quotes.
  static func value(_ value: Value) -> ShownText {
    switch value {
    case .int(let integer): return ShownText(.literal, Array(String(integer).utf8))
    case .string(let content): return ShownText(.string, content)
    case .json(let text):
      // A scalar in a key of its own is no int and no string.
      let isContainer = text.first == UInt8(ascii: "{") || text.first == UInt8(ascii: "[")
      return ShownText(.json, text, front: isContainer ? "" : "as json ")
    }
  }

  /// All of it.
  var whole: String { front + shown(bytes[...]) }

  /// All of it if it fits, else as much of it as there is room for; its length in bytes always.
  ///
  /// - Complexity: O(columns), however long the text is.
  func fitting(_ columns: Int) -> String {
    if let whole = wholeIfFitting(columns) { return whole }
    let inspected = Self.inspectedByteCount(columns)
    let note = "… (\(Self.grouped(bytes.count)) bytes)"
    let room = columns - width(note)
    let cuts = cuts(within: min(inspected, bytes.count))
    var low = 0
    var high = cuts.count - 1
    while low < high {
      let middle = (low + high + 1) / 2
      if width(head(cuts[middle])) <= room { low = middle } else { high = middle - 1 }
    }
    return head(cuts[low]) + note
  }

  /// All of it; nil if it does not fit. A text with more bytes for each column than characters have is
  /// taken as one that does not.
  func wholeIfFitting(_ columns: Int) -> String? {
    guard bytes.count <= Self.inspectedByteCount(columns) else { return nil }
    let whole = whole
    return width(whole) <= columns ? whole : nil
  }

  private static func inspectedByteCount(_ columns: Int) -> Int { 4 * max(columns, 0) + 64 }

  /// A place at which the text may be cut.
  private struct Cut {
    var offset = 0
    var isInString = false
  }

  private func head(_ cut: Cut) -> String {
    front + shown(bytes[..<cut.offset]) + (cut.isInString ? "\"" : "")
  }

  private func shown(_ bytes: ArraySlice<UInt8>) -> String {
    var text: [UInt8] = []
    let bytes = Array(bytes)
    switch form {
    case .key, .string: Escaping.appendQuoted(bytes.span, to: &text)
    case .json: Escaping.appendJSONText(bytes.span, to: &text)
    case .literal: text = bytes
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The places between characters, and outside of escapes, up to `limit`; the beginning is one.
  private func cuts(within limit: Int) -> [Cut] {
    var cuts = [Cut()]
    var offset = 0
    var isInString = false
    while offset < limit {
      let byte = bytes[offset]
      var length = 1
      if byte >= 0xC0 {
        // The bytes that continue it, if they are there.
        while length < 4, offset + length < bytes.count, bytes[offset + length] & 0xC0 == 0x80 {
          length += 1
        }
      } else if form == .json, byte == UInt8(ascii: "\"") {
        isInString.toggle()
      } else if form == .json, isInString, byte == UInt8(ascii: "\\") {
        length = offset + 1 < bytes.count && bytes[offset + 1] == UInt8(ascii: "u") ? 6 : 2
      }
      offset += length
      if offset <= bytes.count { cuts.append(Cut(offset: offset, isInString: isInString)) }
    }
    return cuts
  }

  private func width(_ text: String) -> Int { DisplayWidth.columns(of: Array(text.utf8)) }

  /// Whether a key is letters and digits, and signs that stand nowhere else in a plan.
  private static func isPlain(_ key: [UInt8]) -> Bool {
    guard Escaping.isBareWord(key.span), let first = key.first, !"+-~".utf8.contains(first)
    else { return false }
    return String(decoding: key, as: UTF8.self).unicodeScalars.allSatisfy { scalar in
      scalar.value < 0x80
        ? isPlain(UInt8(truncatingIfNeeded: scalar.value)) : scalar.properties.isAlphabetic
    }
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "_-.:/@#+".utf8.contains(byte)
    }
  }

  /// A number with commas, as people write it.
  static func grouped(_ number: Int) -> String {
    var text = ""
    for (index, digit) in String(number.magnitude).reversed().enumerated() {
      if index > 0, index % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return (number < 0 ? "-" : "") + String(text.reversed())
  }
}

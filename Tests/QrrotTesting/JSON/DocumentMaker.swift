/// Makes documents in which the names and values of ``QueryMaker`` occur: with members of one name,
/// escapes, structure inside strings, and lengths around those of a vector.
package enum DocumentMaker {
  /// Names in documents and in queries, as code points.
  static let names: [[UInt32]] = [
    "a", "b", "c", "ab", "age", "city", "x y", "é", "漢", "😀", "q\"q", "b\\s", "", "n\nl", "[", "}",
    "'", "a longer name of some thirty bytes", "0", "street",
  ].map { $0.unicodeScalars.map(\.value) }

  static let strings =
    names
    + ["Oslo", "Bergen", "a,b", "{\"a\":1}", ":", "A", "aaa"].map {
      $0.unicodeScalars.map(\.value)
    }

  static let numbers = [
    "0", "-0", "1", "2", "3", "-1", "10", "1.0", "1e0", "10e-1", "0.1", "1e-1", "2.50", "2.5e0",
    "9007199254740993", "9007199254740992.0", "9223372036854775807", "9223372036854775808",
    "-9223372036854775809", "12345678901234567890", "12345678901234567891", "1E+3", "1000", "-2.5",
    "0.000", "999999999999999999", "1000000000000000000", "42",
  ]

  /// A compact text.
  package static func document(_ choices: inout some Choices) -> [UInt8] {
    var text: [UInt8] = []
    appendValue(to: &text, levels: choices.choose([5, 4, 3, 2, 1, 0]), &choices)
    return text
  }

  private static func appendValue(
    to text: inout [UInt8], levels: Int, _ choices: inout some Choices
  ) {
    // A model that tries everything takes its time with larger ones.
    let kind = choices.number(below: levels > 0 && text.count < 1_000 ? 10 : 5)
    switch kind {
    case 0: text += choices.choose(["null", "true", "false"]).utf8
    case 1, 2: text += choices.choose(numbers).utf8
    case 3: appendString(choices.choose(strings), to: &text, &choices)
    case 4: appendLongString(to: &text, &choices)
    case 5, 6: appendArray(to: &text, levels: levels - 1, &choices)
    default: appendObject(to: &text, levels: levels - 1, &choices)
    }
  }

  private static func appendArray(
    to text: inout [UInt8], levels: Int, _ choices: inout some Choices
  ) {
    text.append(UInt8(ascii: "["))
    for index in 0..<choices.choose([0, 1, 2, 3, 4, 6]) {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      appendValue(to: &text, levels: levels, &choices)
    }
    text.append(UInt8(ascii: "]"))
  }

  private static func appendObject(
    to text: inout [UInt8], levels: Int, _ choices: inout some Choices
  ) {
    text.append(UInt8(ascii: "{"))
    // Beyond 12 members, duplicates are found in another way.
    for index in 0..<choices.choose([3, 0, 1, 2, 4, 6, 16]) {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      appendString(choices.choose(names), to: &text, &choices)
      text.append(UInt8(ascii: ":"))
      appendValue(to: &text, levels: levels, &choices)
    }
    text.append(UInt8(ascii: "}"))
  }

  private static func appendLongString(to text: inout [UInt8], _ choices: inout some Choices) {
    let unit = choices.choose(["x", "\\\\", "\\\"", "{", "]", "\":", "é", "\\u0041", "\\ud800"])
    let count = choices.number(below: 80)
    text.append(UInt8(ascii: "\""))
    for _ in 0..<count { text += (unit == "\":" ? "\\\":" : unit).utf8 }
    text.append(UInt8(ascii: "\""))
  }

  /// A JSON string that means these characters, with escapes here and there.
  static func appendString(
    _ characters: [UInt32], to text: inout [UInt8], _ choices: inout some Choices
  ) {
    let escapes = choices.oneIn(8)
    text.append(UInt8(ascii: "\""))
    for character in characters {
      let mustEscape = character < 0x20 || character == 0x22 || character == 0x5C
      if mustEscape || escapes && choices.oneIn(2) {
        text += escaped(character, &choices).utf8
      } else {
        text += String(Unicode.Scalar(character).map(Character.init) ?? "?").utf8
      }
    }
    text.append(UInt8(ascii: "\""))
  }

  /// An escape in JSON, or in a string of a query in double quotes.
  static func escaped(_ character: UInt32, _ choices: inout some Choices) -> String {
    if character == 0x22 || character == 0x5C, choices.oneIn(2) {
      return "\\" + String(UnicodeScalar(UInt8(character)))
    }
    if character == 10, choices.oneIn(2) { return "\\n" }
    let text = String(Unicode.Scalar(character).map(Character.init) ?? "?")
    return text.utf16.map { unit in
      let digits = String(unit, radix: 16, uppercase: choices.oneIn(2))
      return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }.joined()
  }
}

/// Random JSON texts: compact, valid, with all that equal values may be written as.
public enum RandomJSON {
  /// A value, small most often.
  public static func text(depth: Int = 3, using random: inout SeededGenerator) -> String {
    switch Int.random(in: 0..<(depth > 0 ? 9 : 6), using: &random) {
    case 0: return ["null", "true", "false"].randomElement(using: &random) ?? "null"
    case 1...2: return number(using: &random)
    case 3...5: return string(using: &random)
    case 6:
      let count = Int.random(in: 0...3, using: &random)
      let elements = (0..<count).map { _ in text(depth: depth - 1, using: &random) }
      return "[\(elements.joined(separator: ","))]"
    default:
      let count = Int.random(in: 0...4, using: &random)
      let members = (0..<count).map { _ in
        "\(string(using: &random)):\(text(depth: depth - 1, using: &random))"
      }
      return "{\(members.joined(separator: ","))}"
    }
  }

  /// A number in any form of the standard.
  public static func number(using random: inout SeededGenerator) -> String {
    var text = Bool.random(using: &random) ? "" : "-"
    text += String(
      Bool.random(using: &random)
        ? UInt64.random(in: 0...50, using: &random) : UInt64.random(in: 0...(.max), using: &random))
    if Int.random(in: 0..<3, using: &random) == 0 {
      text += "." + String(UInt64.random(in: 0...99_999, using: &random))
    }
    if Int.random(in: 0..<4, using: &random) == 0 {
      text += ["e", "E", "e+", "e-"].randomElement(using: &random) ?? "e"
      text += String(Int.random(in: 0...30, using: &random))
    }
    return text
  }

  /// A string of few different characters, escaped or not.
  public static func string(using random: inout SeededGenerator) -> String {
    let parts = [
      "a", "b", "é", "\\u00e9", "\\n", "\\\"", "\\/", "/", "😀", "\\ud83d\\ude00", "\\u0061",
    ]
    let count = Int.random(in: 0...3, using: &random)
    return "\"" + (0..<count).map { _ in parts.randomElement(using: &random) ?? "a" }.joined()
      + "\""
  }
}

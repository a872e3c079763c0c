/// A JSON text as a tree, made in the plainest way: what paths over the text are compared with.
///
/// Of members with the same name only the last is kept, in its place.
package final class JSONTree {
  package enum Content {
    case null
    case bool(Bool)
    /// As written.
    case number(String)
    /// The code points; a lone surrogate is one of them.
    case string([UInt32])
    case array([JSONTree])
    case object([(name: [UInt32], value: JSONTree)])
  }

  package let content: Content
  /// Where it stands in the text.
  package let range: Range<Int>

  private init(_ content: Content, _ range: Range<Int>) {
    self.content = content
    self.range = range
  }

  /// Reads a valid, compact text.
  package convenience init(_ text: [UInt8]) {
    var offset = 0
    let tree = Self.read(text, &offset)
    self.init(tree.content, tree.range)
  }

  /// The children: elements, or members' values.
  package var children: [JSONTree] {
    switch content {
    case .array(let elements): elements
    case .object(let members): members.map(\.value)
    default: []
    }
  }

  private static func read(_ text: [UInt8], _ offset: inout Int) -> JSONTree {
    let start = offset
    switch text[offset] {
    case UInt8(ascii: "{"):
      return readObject(text, &offset)
    case UInt8(ascii: "["):
      var elements: [JSONTree] = []
      offset += 1
      while text[offset] != UInt8(ascii: "]") {
        if text[offset] == UInt8(ascii: ",") { offset += 1 }
        elements.append(read(text, &offset))
      }
      offset += 1
      return JSONTree(.array(elements), start..<offset)
    case UInt8(ascii: "\""):
      let string = readString(text, &offset)
      return JSONTree(.string(string), start..<offset)
    default:
      while offset < text.count, !"],}".utf8.contains(text[offset]) { offset += 1 }
      let word = String(decoding: text[start..<offset], as: UTF8.self)
      switch word {
      case "null": return JSONTree(.null, start..<offset)
      case "true", "false": return JSONTree(.bool(word == "true"), start..<offset)
      default: return JSONTree(.number(word), start..<offset)
      }
    }
  }

  private static func readObject(_ text: [UInt8], _ offset: inout Int) -> JSONTree {
    let start = offset
    var members: [(name: [UInt32], value: JSONTree)] = []
    offset += 1
    while text[offset] != UInt8(ascii: "}") {
      if text[offset] == UInt8(ascii: ",") { offset += 1 }
      let name = readString(text, &offset)
      offset += 1
      let value = read(text, &offset)
      members.removeAll { $0.name == name }
      members.append((name, value))
    }
    offset += 1
    return JSONTree(.object(members), start..<offset)
  }

  private static func readString(_ text: [UInt8], _ offset: inout Int) -> [UInt32] {
    let start = offset + 1
    offset = start
    while text[offset] != UInt8(ascii: "\"") {
      offset += text[offset] == UInt8(ascii: "\\") ? 2 : 1
    }
    let content = String(decoding: text[start..<offset], as: UTF8.self)
    offset += 1
    return unescaped(Array(content.unicodeScalars.map(\.value)))
  }

  private static func unescaped(_ written: [UInt32]) -> [UInt32] {
    let letters: [Character: UInt32] = ["b": 8, "f": 12, "n": 10, "r": 13, "t": 9]
    var units: [UInt32] = []
    var index = 0
    while index < written.count {
      guard written[index] == 0x5C else {
        units.append(written[index])
        index += 1
        continue
      }
      let letter = Character(Unicode.Scalar(UInt8(written[index + 1])))
      index += 2
      if letter == "u" {
        let digits = written[index..<index + 4].map { Character(Unicode.Scalar(UInt8($0))) }
        units.append(UInt32(String(digits), radix: 16) ?? 0)
        index += 4
      } else {
        units.append(letters[letter] ?? letter.unicodeScalars.first?.value ?? 0)
      }
    }
    var points: [UInt32] = []
    for unit in units {
      if 0xDC00..<0xE000 ~= unit, let high = points.last, 0xD800..<0xDC00 ~= high {
        points[points.count - 1] = 0x1_0000 + (high - 0xD800) * 0x400 + (unit - 0xDC00)
      } else {
        points.append(unit)
      }
    }
    return points
  }
}

extension JSONTree {
  /// Deep equality, members in any order.
  package static func areEqual(_ left: JSONTree, _ right: JSONTree) -> Bool {
    switch (left.content, right.content) {
    case (.null, .null): true
    case (.bool(let a), .bool(let b)): a == b
    case (.number(let a), .number(let b)): Digits(a) == Digits(b)
    case (.string(let a), .string(let b)): a == b
    case (.array(let a), .array(let b)):
      a.count == b.count && zip(a, b).allSatisfy { areEqual($0, $1) }
    case (.object(let a), .object(let b)):
      a.count == b.count
        && a.allSatisfy { member in
          b.contains { $0.name == member.name && areEqual($0.value, member.value) }
        }
    default: false
    }
  }

  /// Whether both are numbers, or both strings, and the left one is less.
  package static func isLess(_ left: JSONTree, _ right: JSONTree) -> Bool {
    switch (left.content, right.content) {
    case (.number(let a), .number(let b)): Digits.isLess(Digits(a), Digits(b))
    case (.string(let a), .string(let b)): a.lexicographicallyPrecedes(b)
    default: false
    }
  }

  /// A number written out, without an exponent: fit for small exponents only.
  private struct Digits: Equatable {
    var isNegative: Bool
    var whole: String
    var fraction: String

    init(_ text: String) {
      isNegative = text.hasPrefix("-")
      let parts = text.lowercased().drop { $0 == "-" }.split(separator: "e")
      let mantissa = parts[0].split(separator: ".")
      whole = String(mantissa[0])
      fraction = mantissa.count > 1 ? String(mantissa[1]) : ""
      let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
      for _ in 0..<max(0, exponent) {
        whole.append(fraction.isEmpty ? "0" : fraction.removeFirst())
      }
      for _ in 0..<max(0, -exponent) {
        fraction = String(whole.popLast() ?? "0") + fraction
      }
      whole = String(whole.drop { $0 == "0" })
      while fraction.hasSuffix("0") { fraction.removeLast() }
      if whole.isEmpty, fraction.isEmpty { isNegative = false }
    }

    static func isLess(_ left: Digits, _ right: Digits) -> Bool {
      if left.isNegative != right.isNegative { return left.isNegative }
      let (a, b) = left.isNegative ? (right, left) : (left, right)
      if a.whole.count != b.whole.count { return a.whole.count < b.whole.count }
      return a.whole != b.whole ? a.whole < b.whole : a.fraction < b.fraction
    }
  }
}

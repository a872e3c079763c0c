extension WrittenJSON {
  /// Reads a valid, compact text, in the plainest way.
  public init(parsing text: [UInt8]) {
    var offset = 0
    self = Self.read(text, &offset)
  }

  private static func read(_ text: [UInt8], _ offset: inout Int) -> WrittenJSON {
    switch text[offset] {
    case UInt8(ascii: "["):
      var elements: [WrittenJSON] = []
      offset += 1
      while text[offset] != UInt8(ascii: "]") {
        if text[offset] == UInt8(ascii: ",") { offset += 1 }
        elements.append(read(text, &offset))
      }
      offset += 1
      return .array(elements)
    case UInt8(ascii: "{"):
      var members: [Member] = []
      offset += 1
      while text[offset] != UInt8(ascii: "}") {
        if text[offset] == UInt8(ascii: ",") { offset += 1 }
        let name = readString(text, &offset)
        offset += 1
        members.append(
          Member(name: characters(of: name), text: name, value: read(text, &offset)))
      }
      offset += 1
      return .object(members)
    case UInt8(ascii: "\""):
      return .scalar(readString(text, &offset))
    default:
      let start = offset
      while offset < text.count, !"],}".utf8.contains(text[offset]) { offset += 1 }
      return .scalar(String(decoding: text[start..<offset], as: UTF8.self))
    }
  }

  private static func readString(_ text: [UInt8], _ offset: inout Int) -> String {
    let start = offset
    offset += 1
    while text[offset] != UInt8(ascii: "\"") {
      offset += text[offset] == UInt8(ascii: "\\") ? 2 : 1
    }
    offset += 1
    return String(decoding: text[start..<offset], as: UTF8.self)
  }

  /// What a string in quotes means; half of a surrogate pair is U+FFFD.
  private static func characters(of written: String) -> String {
    var units: [UInt16] = []
    var rest = Array(written.utf16.dropFirst().dropLast())[...]
    let letters: [UInt16: UInt16] = [0x62: 8, 0x66: 12, 0x6E: 10, 0x72: 13, 0x74: 9]
    while let unit = rest.popFirst() {
      guard unit == 0x5C, let letter = rest.popFirst() else {
        units.append(unit)
        continue
      }
      if letter == 0x75 {
        let digits = String(decoding: rest.prefix(4), as: UTF16.self)
        units.append(UInt16(digits, radix: 16) ?? 0)
        rest = rest.dropFirst(4)
      } else {
        units.append(letters[letter] ?? letter)
      }
    }
    return String(decoding: units, as: UTF16.self)
  }
}

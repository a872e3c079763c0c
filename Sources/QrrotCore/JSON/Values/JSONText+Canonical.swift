extension JSONText {
  /// Whether a value is surely written as ``appendCanonical(_:to:scratch:)`` would write it. No says
  /// nothing.
  ///
  /// - Complexity: O(n); arrays and objects O(1).
  @inline(__always)
  public static func isCanonical(_ value: UnsafeRawBufferPointer) -> Bool {
    guard let first = value.first else { return false }
    switch first {
    case UInt8(ascii: "\""):
      for byte in value where byte == UInt8(ascii: "\\") { return false }
      return true
    case UInt8(ascii: "n"), UInt8(ascii: "t"), UInt8(ascii: "f"):
      return true
    case UInt8(ascii: "0")...UInt8(ascii: "9"):
      // A longer integer may have an exponent in its canonical form.
      guard value.count <= 18 else { return false }
      for byte in value where byte &- UInt8(ascii: "0") > 9 { return false }
      return true
    default:
      return false
    }
  }

  /// Appends the one form that all texts of equal values share, in the sense of RFC 9535's `==`.
  ///
  /// Numbers are equal by their mathematical value, strings by their characters, objects whatever the
  /// order of their members; of members of one name the last counts.
  ///
  /// - Throws: `budget`, `interrupted`; `output` then holds a part.
  /// - Complexity: O(n × depth), and O(m log m) for an object of m members.
  public static func appendCanonical(
    _ value: UnsafeRawBufferPointer, to output: inout [UInt8], scratch: inout JSONScratch
  ) throws(QrrotError) {
    guard let document = try JSONBytes(value) else { return }
    var form = CanonicalForm(document)
    try form.append(to: &output, &scratch)
  }

  /// Appends the characters of a JSON string's content as a JSON string with no more escapes than it
  /// needs.
  static func appendCanonical(_ string: JSONStringText, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    guard string.isEscaped else {
      output.append(contentsOf: UnsafeBufferPointer(start: string.start, count: string.count))
      return output.append(UInt8(ascii: "\""))
    }
    var bytes = JSONStringText.Unescaped(string)
    while let byte = bytes.next() {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): output += [UInt8(ascii: "\\"), byte]
      case 0x08: output += "\\b".utf8
      case 0x09: output += "\\t".utf8
      case 0x0A: output += "\\n".utf8
      case 0x0C: output += "\\f".utf8
      case 0x0D: output += "\\r".utf8
      case 0x00..<0x20: appendUnit(UInt32(byte), to: &output)
      case 0xED:
        // Half of a surrogate pair has no form but its escape.
        guard let second = bytes.next(), let third = bytes.next() else { break }
        if second >= 0xA0 {
          appendUnit(0xD000 | UInt32(second & 0x3F) << 6 | UInt32(third & 0x3F), to: &output)
        } else {
          output += [byte, second, third]
        }
      default: output.append(byte)
      }
    }
    output.append(UInt8(ascii: "\""))
  }

  private static func appendUnit(_ unit: UInt32, to output: inout [UInt8]) {
    let digits = String(unit, radix: 16)
    output += "\\u".utf8
    output += repeatElement(UInt8(ascii: "0"), count: max(0, 4 - digits.utf8.count))
    output += digits.utf8
  }
}

/// A walk over a document that writes each value in its canonical form. The arrays and objects that are
/// open stand in an array of its own.
private struct CanonicalForm {
  private struct Frame {
    var isObject: Bool
    /// The next element's offset; for an object, an index into `members`.
    var next: Int
    /// Where the frame's members begin.
    var membersStart: Int
    var isFirst = true
  }

  private let document: JSONBytes
  private var frames: [Frame] = []
  private var members: [(name: Int, value: Int)] = []

  init(_ document: JSONBytes) { self.document = document }

  mutating func append(to output: inout [UInt8], _ scratch: inout JSONScratch) throws(QrrotError) {
    try begin(at: 0, &output, &scratch)
    while let frame = frames.last {
      if frame.isObject {
        guard frame.next < members.count else {
          end(UInt8(ascii: "}"), &output)
          continue
        }
        let member = members[frame.next]
        frames[frames.count - 1].next += 1
        separate(&output)
        JSONText.appendCanonical(document.string(at: member.name).content, to: &output)
        output.append(UInt8(ascii: ":"))
        try begin(at: member.value, &output, &scratch)
      } else {
        var offset = frame.next
        if document[offset] == UInt8(ascii: ",") { offset += 1 }
        guard offset < document.count, document[offset] != UInt8(ascii: "]") else {
          end(UInt8(ascii: "]"), &output)
          continue
        }
        let behind = document.end(ofValueAt: offset)
        try scratch.step(1 + (behind - offset) >> 6)
        frames[frames.count - 1].next = behind
        separate(&output)
        try begin(at: offset, &output, &scratch)
      }
    }
  }

  /// Writes the value at `offset`, of an array or object its bracket alone.
  private mutating func begin(
    at offset: Int, _ output: inout [UInt8], _ scratch: inout JSONScratch
  ) throws(QrrotError) {
    switch document[offset] {
    case UInt8(ascii: "{"):
      output.append(UInt8(ascii: "{"))
      let start = members.count
      try appendMembers(ofObjectAt: offset, &scratch)
      frames.append(Frame(isObject: true, next: start, membersStart: start))
    case UInt8(ascii: "["):
      output.append(UInt8(ascii: "["))
      frames.append(Frame(isObject: false, next: offset + 1, membersStart: members.count))
    case UInt8(ascii: "\""):
      JSONText.appendCanonical(document.string(at: offset).content, to: &output)
    case UInt8(ascii: "n"), UInt8(ascii: "t"), UInt8(ascii: "f"):
      let end = document.end(ofPlainAt: offset)
      output.append(
        contentsOf: UnsafeBufferPointer(start: document.start + offset, count: end - offset))
    default:
      let end = document.end(ofPlainAt: offset)
      JSONNumberText(start: document.start + offset, count: end - offset)
        .appendCanonical(to: &output)
    }
  }

  private mutating func separate(_ output: inout [UInt8]) {
    if !frames[frames.count - 1].isFirst { output.append(UInt8(ascii: ",")) }
    frames[frames.count - 1].isFirst = false
  }

  private mutating func end(_ bracket: UInt8, _ output: inout [UInt8]) {
    let frame = frames.removeLast()
    members.removeLast(members.count - frame.membersStart)
    output.append(bracket)
  }

  /// The members in the order of their names, each name once.
  private mutating func appendMembers(
    ofObjectAt start: Int, _ scratch: inout JSONScratch
  ) throws(QrrotError) {
    let base = members.count
    var offset = start + 1
    while document[offset] == UInt8(ascii: "\"") {
      let (_, nameEnd) = document.string(at: offset)
      members.append((offset, nameEnd + 1))
      let behind = document.end(ofValueAt: nameEnd + 1)
      try scratch.step(1 + (behind - offset) >> 6)
      offset = behind
      if document[offset] == UInt8(ascii: ",") { offset += 1 }
    }
    try scratch.step(members.count - base)
    let document = document
    members[base...].sort { left, right in
      let order = JSONStringText.compare(
        document.string(at: left.name).content, document.string(at: right.name).content)
      return order != 0 ? order < 0 : left.name < right.name
    }
    var kept = base
    for index in base..<members.count {
      if index + 1 < members.count,
        document.string(at: members[index].name).content
          == document.string(at: members[index + 1].name).content
      {
        continue
      }
      members[kept] = members[index]
      kept += 1
    }
    members.removeLast(members.count - kept)
  }
}

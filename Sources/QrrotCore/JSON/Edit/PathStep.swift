/// One step of a singular path: to a member, or to an element.
package enum PathStep: Equatable, Sendable {
  /// The member of this name, which is written as in a JSON string, without its quotes and with no
  /// more escapes than it needs.
  case name([UInt8])
  /// The element of this index, counted from the array's end if negative.
  case index(Int)
}

extension JSONPath {
  /// The steps of a singular path; of another one, those before its first segment that is not a single
  /// name or index.
  ///
  /// The text has been read as a path already, so nothing here can be wrong.
  package var steps: [PathStep] {
    var reader = PathStepReader(text)
    return reader.read()
  }
}

/// Reads names and indices off the text of a path.
struct PathStepReader {
  private let text: [UInt8]
  private var offset = 1

  init(_ text: [UInt8]) { self.text = text }

  mutating func read() -> [PathStep] {
    var steps: [PathStep] = []
    while let step = next() { steps.append(step) }
    return steps
  }

  private mutating func next() -> PathStep? {
    skipBlanks()
    guard offset < text.count else { return nil }
    if text[offset] == UInt8(ascii: ".") {
      let start = offset + 1
      offset = start
      while offset < text.count, Self.isOfName(text[offset]) { offset += 1 }
      return offset > start ? .name(Array(text[start..<offset])) : nil
    }
    offset += 1
    skipBlanks()
    guard let step = selector() else { return nil }
    skipBlanks()
    guard offset < text.count, text[offset] == UInt8(ascii: "]") else { return nil }
    offset += 1
    return step
  }

  private mutating func selector() -> PathStep? {
    guard offset < text.count else { return nil }
    if text[offset] == UInt8(ascii: "'") || text[offset] == UInt8(ascii: "\"") {
      return name().map { .name($0) }
    }
    let start = offset
    while offset < text.count,
      text[offset] == UInt8(ascii: "-") || text[offset] &- UInt8(ascii: "0") < 10
    {
      offset += 1
    }
    return Int(String(decoding: text[start..<offset], as: UTF8.self)).map { .index($0) }
  }

  /// A name in quotes.
  private mutating func name() -> [UInt8]? {
    let quote = text[offset]
    offset += 1
    var content: [UInt8] = []
    while offset < text.count {
      let byte = text[offset]
      if byte == quote {
        offset += 1
        var name: [UInt8] = []
        JSONText.append(content: content.span, to: &name)
        return name
      }
      if byte == UInt8(ascii: "\\") {
        guard let escape = JSONText.escape(in: text.span, at: offset, end: text.count) else {
          return nil
        }
        JSONText.append(escape.scalar, to: &content)
        offset += escape.byteCount
      } else {
        content.append(byte)
        offset += 1
      }
    }
    return nil
  }

  private mutating func skipBlanks() {
    while offset < text.count, text[offset] <= UInt8(ascii: " ") { offset += 1 }
  }

  /// Whether `byte` can stand in a name without quotes.
  static func isOfName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
      true
    default: false
    }
  }
}

extension [PathStep] {
  /// The path in words of its own, for messages: `$.a['first name'][0]`.
  var pathText: String {
    var bytes: [UInt8] = [UInt8(ascii: "$")]
    for step in self {
      switch step {
      case .index(let index): bytes += [UInt8]("[\(index)]".utf8)
      case .name(let name):
        JSONPath.append(segmentOfName: name, to: &bytes)
      }
    }
    return QrrotError.excerpt(bytes)
  }
}

extension JSONPath {
  /// Appends the segment of a path that leads to the member of this name: `.age`, or `['first name']`
  /// where it needs quotes.
  ///
  /// - Parameters:
  ///   - name: the content of a JSON string, escapes as they are.
  ///   - isQuoted: whether it is written in quotes in any case.
  public static func append(
    segmentOfName name: [UInt8], isQuoted: Bool = false, to output: inout [UInt8]
  ) {
    let isDigitFirst = name.first.map { $0 &- UInt8(ascii: "0") < 10 } ?? true
    guard isQuoted || isDigitFirst || !name.allSatisfy(PathStepReader.isOfName) else {
      output.append(UInt8(ascii: "."))
      return output.append(contentsOf: name)
    }
    output.append(contentsOf: "['".utf8)
    var isEscaped = false
    for byte in name {
      if isEscaped, byte == UInt8(ascii: "\"") {
        // Between single quotes a double one needs no escape, and may have none.
        output.removeLast()
      } else if byte == UInt8(ascii: "'"), !isEscaped {
        output.append(UInt8(ascii: "\\"))
      }
      output.append(byte)
      isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
    }
    output.append(contentsOf: "']".utf8)
  }
}

extension JSONPath {
  /// Whether it is `$`, the whole document.
  public var isRoot: Bool { text.count == 1 }
}

internal import QrrotCore

/// The members of json objects: where they stand, of which types they are, and an example of each.
struct MemberSummary {
  private struct Member {
    var count = 0
    /// In the order in which they were met.
    var types: [String] = []
    var example: String
  }

  /// By their paths.
  private var members: [String: Member] = [:]
  /// The paths, in the order in which they were met.
  private var paths: [String] = []
  private var objectCount = 0

  /// Adds the members of a document, down to a few levels. Its bytes are a valid, compact JSON text.
  mutating func add(_ document: [UInt8]) {
    guard document.first == UInt8(ascii: "{") else { return }
    objectCount += 1
    document.withUnsafeBytes { add($0, path: "$", depth: 1) }
  }

  /// One line a member, the most frequent first.
  func lines(limit: Int) -> [String] {
    let order = paths.enumerated().sorted { a, b in
      let (countA, countB) = (members[a.element]?.count ?? 0, members[b.element]?.count ?? 0)
      return (countB, a.offset) < (countA, b.offset)
    }
    var lines: [String] = []
    for (_, path) in order.prefix(limit) {
      guard let member = members[path] else { continue }
      let share = member.count < objectCount ? " (in \(member.count) of \(objectCount))" : ""
      lines.append(
        "\(path) \(member.types.joined(separator: " or "))\(share), such as \(member.example)")
    }
    if order.count > limit { lines.append("and \(order.count - limit) more members") }
    return lines
  }

  private mutating func add(_ object: UnsafeRawBufferPointer, path: String, depth: Int) {
    // Beyond 4 GiB it throws; a sample holds nothing as long.
    _ = try? JSONText.forEachMember(of: object) { name, value in
      let name = UnsafeRawBufferPointer(rebasing: object[name])
      let value = UnsafeRawBufferPointer(rebasing: object[value])
      let memberPath = path + Self.step(name)
      if value.first == UInt8(ascii: "{"), depth < Self.depthLimit {
        add(value, path: memberPath, depth: depth + 1)
      } else {
        note(value, at: memberPath)
      }
      return paths.count < Self.memberLimit
    }
  }

  private mutating func note(_ value: UnsafeRawBufferPointer, at path: String) {
    let type = Self.typeName(value)
    if members[path] == nil {
      members[path] = Member(example: Self.example(value))
      paths.append(path)
    }
    members[path]?.count += 1
    if members[path]?.types.contains(type) == false { members[path]?.types.append(type) }
  }

  /// The step of a path to a member, by the name's string with its quotes.
  private static func step(_ name: UnsafeRawBufferPointer) -> String {
    let content = name.dropFirst().dropLast()
    let isPlain =
      content.first.map { !isDigit($0) } ?? false
      && content.allSatisfy { isLetter($0) || isDigit($0) }
    var output: [UInt8] = []
    let head = Array(name.prefix(nameByteLimit))
    Escaping.appendJSONText(head.span, to: &output)
    let text = KeyGroup.cut(text: output, isCut: name.count > nameByteLimit)
    return isPlain && name.count <= nameByteLimit ? ".\(text.dropFirst().dropLast())" : "[\(text)]"
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_")
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private static func typeName(_ value: UnsafeRawBufferPointer) -> String {
    switch value.first {
    case UInt8(ascii: "{"): "object"
    case UInt8(ascii: "["): "array"
    case UInt8(ascii: "\""): "string"
    case UInt8(ascii: "t"), UInt8(ascii: "f"): "boolean"
    case UInt8(ascii: "n"): "null"
    default: "number"
    }
  }

  private static func example(_ value: UnsafeRawBufferPointer) -> String {
    var output: [UInt8] = []
    let limit = KeyGroup.valueByteLimit
    let head = Array(value.prefix(limit))
    Escaping.appendJSONText(head.span, to: &output)
    return KeyGroup.cut(text: output, isCut: value.count > limit)
  }

  private static let depthLimit = 3
  private static let memberLimit = 200
  private static let nameByteLimit = 48
}

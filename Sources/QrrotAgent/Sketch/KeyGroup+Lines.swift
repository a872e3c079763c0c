internal import QrrotCore

extension KeyGroup {
  /// The group in words: its pattern, about how many keys, their types, an example, and the members of
  /// json values; each line cut to a bounded length.
  func lines(of sample: RecordSample, memberLimit: Int) -> String {
    var line = Self.cut(pattern, to: Self.keyByteLimit)
    let isSingle = records.count == 1 && records.first?.key == pattern
    if !isSingle {
      let count = estimate(in: sample)
      line += ": \(count) key\(count == 1 ? "" : "s")"
    }
    line += isSingle ? ": " : ", "
    line += typeNames
    let example = records.first { $0.value.map { !Self.isObject($0) } ?? false } ?? records.first
    if let example {
      if !isSingle { line += ", such as \(Self.cut(example.key, to: Self.keyByteLimit))" }
      // Objects are described by their members.
      if let value = example.value, !Self.isObject(value) { line += " = \(Self.cut(value))" }
    }
    line += "\n"
    var members = MemberSummary()
    for case .json(let text) in records.map(\.value) { members.add(text) }
    for member in members.lines(limit: memberLimit) { line += "  \(member)\n" }
    return line
  }

  /// About how many keys of the database are like these.
  private func estimate(in sample: RecordSample) -> Int {
    guard sample.records.count < sample.keyCount else { return records.count }
    let share = Double(records.count) / Double(sample.records.count) * Double(sample.keyCount)
    // To two digits: it is no more exact than that.
    var unit = 1
    while Int(share) / unit >= 100 { unit *= 10 }
    return max(records.count, Int((share / Double(unit)).rounded()) * unit)
  }

  /// The types, the most frequent first.
  private var typeNames: String {
    var counts: [ValueType: Int] = [:]
    for record in records { counts[record.type, default: 0] += 1 }
    return counts.sorted { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }
      .map(\.key.name).joined(separator: " or ")
  }

  private static func isObject(_ value: Value) -> Bool {
    if case .json(let text) = value { text.first == UInt8(ascii: "{") } else { false }
  }

  /// A value as a literal, cut.
  private static func cut(_ value: Value) -> String {
    var output: [UInt8] = []
    switch value {
    case .string(let bytes):
      let head = Array(bytes.prefix(valueByteLimit))
      Escaping.appendQuoted(head.span, to: &output)
    case .int(let integer): TextForm.append(integer, to: &output)
    case .json(let text):
      let head = Array(text.prefix(valueByteLimit))
      Escaping.appendJSONText(head.span, to: &output)
    }
    return cut(text: output, isCut: value.type != .int && value.storedByteCount > valueByteLimit)
  }

  /// A key as it is written, cut.
  private static func cut(_ key: [UInt8], to byteLimit: Int) -> String {
    var output: [UInt8] = []
    let head = Array(key.prefix(byteLimit))
    Escaping.appendKey(head.span, to: &output)
    return cut(text: output, isCut: key.count > byteLimit)
  }

  /// A text of at most a few dozen bytes: escaping may have made it longer than what it was made of.
  static func cut(text: [UInt8], isCut: Bool = false) -> String {
    let limit = 2 * valueByteLimit
    let isCut = isCut || text.count > limit
    let shown = String(decoding: text.prefix(limit), as: UTF8.self)
    // A character that is cut in two decodes as replacement characters, which say nothing.
    let whole = shown.last == "\u{FFFD}" ? String(shown.dropLast()) : shown
    return isCut ? whole + "…" : whole
  }

  private static let keyByteLimit = 48
  static let valueByteLimit = 48
}

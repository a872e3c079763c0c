internal import QrrotCore

/// Writes a header and rows of key, type and value.
///
/// Deadlines are left out, and so are keys that are not UTF-8 themselves or hold what is not.
struct CSVWriter: RecordWriter {
  let separator: UInt8
  let escapes: Bool
  private var deadlineCount = 0
  private var binaryCount = 0

  init(separator: UInt8, escapes: Bool) {
    self.separator = separator
    self.escapes = escapes
  }

  mutating func begin(_ output: inout [UInt8]) {
    for (index, name) in ["key", "type", "value"].enumerated() {
      if index > 0 { output.append(separator) }
      output.append(contentsOf: name.utf8)
    }
    output.append(UInt8(ascii: "\n"))
  }

  mutating func end(_ output: inout [UInt8]) {}

  mutating func append(_ record: RecordView, to output: inout [UInt8]) -> Bool {
    let isText =
      Escaping.isValidUTF8(record.key.assumingMemoryBound(to: UInt8.self).span)
      && (record.type != .string
        || Escaping.isValidUTF8(record.value.assumingMemoryBound(to: UInt8.self).span))
    guard isText else {
      binaryCount += 1
      return false
    }
    if record.expiry > 0 { deadlineCount += 1 }
    appendField(record.key, to: &output)
    output.append(separator)
    output.append(contentsOf: record.type.name.utf8)
    output.append(separator)
    if record.type == .int {
      TextForm.append(record.integer, to: &output)
    } else {
      appendField(record.value, to: &output)
    }
    output.append(UInt8(ascii: "\n"))
    return true
  }

  /// A field with a separator, a quote or a line break is quoted, its quotes doubled; an empty one too,
  /// so that it is not taken for an absent one.
  private func appendField(_ bytes: UnsafeRawBufferPointer, to output: inout [UInt8]) {
    var shown: [UInt8] = []
    if escapes {
      Escaping.appendDisplayed(bytes.assumingMemoryBound(to: UInt8.self).span, to: &shown)
    } else {
      shown.append(contentsOf: bytes)
    }
    let needsQuotes =
      shown.isEmpty
      || shown.contains { $0 == separator || $0 == UInt8(ascii: "\"") || $0 == 0x0A || $0 == 0x0D }
    guard needsQuotes else { return output.append(contentsOf: shown) }
    output.append(UInt8(ascii: "\""))
    for byte in shown {
      if byte == UInt8(ascii: "\"") { output.append(byte) }
      output.append(byte)
    }
    output.append(UInt8(ascii: "\""))
  }

  var notes: [String] {
    func keys(_ count: Int, _ one: String, _ many: String) -> String? {
      count == 0 ? nil : "\(Progress.grouped(count)) \(count == 1 ? one : many)"
    }
    return [
      keys(
        deadlineCount, "key expires, which is not written; a command file or jsonl keeps it",
        "keys expire, which is not written; a command file or jsonl keeps it"),
      keys(
        binaryCount, "key is left out, since it is not UTF-8; a command file or jsonl keeps it",
        "keys are left out, since they are not UTF-8; a command file or jsonl keeps them"),
    ].compactMap { $0 }
  }
}

internal import QrrotCore

/// Writes records as objects of `key`, `type`, `value` and, where there is a deadline, `expires`: one a
/// line, or as one array.
struct JSONRecordWriter: RecordWriter {
  let isArray: Bool
  let escapes: Bool
  private var isFirst = true

  init(isArray: Bool, escapes: Bool) {
    self.isArray = isArray
    self.escapes = escapes
  }

  var notes: [String] { [] }

  mutating func begin(_ output: inout [UInt8]) {
    if isArray { output.append(UInt8(ascii: "[")) }
  }

  mutating func end(_ output: inout [UInt8]) {
    if isArray { output.append(contentsOf: "\n]\n".utf8) }
  }

  mutating func append(_ record: RecordView, to output: inout [UInt8]) -> Bool {
    if isArray { output.append(contentsOf: isFirst ? "\n".utf8 : ",\n".utf8) }
    isFirst = false
    output.append(contentsOf: "{\"key\":".utf8)
    appendBytes(record.key, to: &output)
    output.append(contentsOf: ",\"type\":\"".utf8)
    output.append(contentsOf: record.type.name.utf8)
    output.append(contentsOf: "\",\"value\":".utf8)
    switch record.type {
    case .int: TextForm.append(record.integer, to: &output)
    case .string: appendBytes(record.value, to: &output)
    case .json:
      let text = record.value.assumingMemoryBound(to: UInt8.self)
      if escapes {
        Escaping.appendJSONText(text.span, to: &output)
      } else {
        output.append(contentsOf: text)
      }
    }
    if record.expiry > 0 {
      output.append(contentsOf: ",\"expires\":".utf8)
      TextForm.append(record.expiry, to: &output)
    }
    output.append(UInt8(ascii: "}"))
    if !isArray { output.append(UInt8(ascii: "\n")) }
    return true
  }

  private func appendBytes(_ bytes: UnsafeRawBufferPointer, to output: inout [UInt8]) {
    let span = bytes.assumingMemoryBound(to: UInt8.self).span
    if escapes, Escaping.isValidUTF8(span) {
      Escaping.appendJSONString(span, to: &output)
    } else {
      JSONOutput.appendBytes(span, to: &output)
    }
  }
}

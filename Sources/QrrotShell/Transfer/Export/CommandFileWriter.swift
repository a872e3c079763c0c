internal import QrrotCore

/// Writes `put` lines, and behind each record that expires an `expireat` line.
///
/// A json value is written byte for byte, so that it is the same when it is read back; for a terminal
/// its control characters are escaped.
struct CommandFileWriter: RecordWriter {
  let escapes: Bool

  mutating func begin(_ output: inout [UInt8]) {}
  mutating func end(_ output: inout [UInt8]) {}
  var notes: [String] { [] }

  mutating func append(_ record: RecordView, to output: inout [UInt8]) -> Bool {
    output.append(contentsOf: "put ".utf8)
    appendKey(record, to: &output)
    output.append(UInt8(ascii: " "))
    let value = record.value.assumingMemoryBound(to: UInt8.self)
    switch record.type {
    case .int: TextForm.append(record.integer, to: &output)
    case .string: Escaping.appendQuoted(value.span, to: &output)
    case .json:
      if escapes {
        TextForm.append(.json(Array(value)), to: &output)
      } else {
        Self.appendJSON(value, to: &output)
      }
    }
    output.append(UInt8(ascii: "\n"))
    if record.expiry > 0 {
      output.append(contentsOf: "expireat ".utf8)
      appendKey(record, to: &output)
      output.append(UInt8(ascii: " "))
      TextForm.append(record.expiry, to: &output)
      output.append(UInt8(ascii: "\n"))
    }
    return true
  }

  private func appendKey(_ record: RecordView, to output: inout [UInt8]) {
    Escaping.appendKey(record.key.assumingMemoryBound(to: UInt8.self).span, to: &output)
  }

  /// An array or an object stands for itself; a scalar would read back as another type.
  private static func appendJSON(
    _ text: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]
  ) {
    guard text.first != UInt8(ascii: "{"), text.first != UInt8(ascii: "[") else {
      return output.append(contentsOf: text)
    }
    output.append(contentsOf: "as json ".utf8)
    if text.first != UInt8(ascii: "\"") {
      output.append(contentsOf: text)
    } else if text.contains(UInt8(ascii: "'")) {
      Escaping.appendQuoted(text.span, to: &output)
    } else {
      output.append(UInt8(ascii: "'"))
      output.append(contentsOf: text)
      output.append(UInt8(ascii: "'"))
    }
  }
}

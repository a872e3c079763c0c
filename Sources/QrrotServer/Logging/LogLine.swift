internal import Logging
internal import QrrotCore

/// An event as one line: nothing in it can end the line early or drive a terminal.
enum LogLine {
  /// Appends the line with its line feed. Fields follow in the order of their names.
  static func append(
    _ event: String, level: Logger.Level, fields: Logger.Metadata, milliseconds: Int64,
    as format: LogOptions.Format, to line: inout [UInt8]
  ) {
    let time = CivilTime(milliseconds: milliseconds, isFixedWidth: true).description
    let sorted = fields.sorted { $0.key < $1.key }
    switch format {
    case .logfmt:
      line += "time=\(time) level=\(level.rawValue) event=".utf8
      appendValue(event, to: &line)
      for (name, value) in sorted {
        line += " \(name)=".utf8
        appendValue("\(value)", to: &line)
      }
    case .json:
      line += "{\"time\":\"\(time)\",\"level\":\"\(level.rawValue)\",\"event\":".utf8
      appendString(event, to: &line)
      for (name, value) in sorted {
        line.append(UInt8(ascii: ","))
        appendString(name, to: &line)
        line.append(UInt8(ascii: ":"))
        if let bare = bare(value) { line += bare.utf8 } else { appendString("\(value)", to: &line) }
      }
      line.append(UInt8(ascii: "}"))
    }
    line.append(UInt8(ascii: "\n"))
  }

  /// A value of logfmt: as it is where it is one plain word, else in quotes and escaped.
  private static func appendValue(_ value: String, to line: inout [UInt8]) {
    let bytes = Array(value.utf8)
    let isPlain =
      Escaping.isBareWord(bytes.span)
      && !bytes.contains { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: "\\") }
    if isPlain { line += bytes } else { Escaping.appendQuoted(bytes.span, to: &line) }
  }

  private static func appendString(_ value: String, to line: inout [UInt8]) {
    Escaping.appendJSONString(Array(value.utf8).span, to: &line)
  }

  /// What JSON writes without quotes, a number or a truth; nil for all else.
  private static func bare(_ value: Logger.MetadataValue) -> String? {
    guard case .stringConvertible(let value) = value else { return nil }
    switch value {
    case let value as Bool: return "\(value)"
    case let value as Int: return "\(value)"
    case let value as UInt64: return "\(value)"
    case let value as Double where value.isFinite: return "\(value)"
    default: return nil
    }
  }
}

internal import QrrotCore

/// Values, records and commands.
extension CallWriter {
  mutating func write(_ value: Value) {
    byte(value.type.rawValue)
    switch value {
    case .string(let bytes), .json(let bytes): content(bytes)
    case .int(let number): integer(number)
    }
  }

  mutating func write(_ record: StoredRecord) {
    write(record.value)
    integer(record.expiry)
  }

  mutating func write(_ record: CallRecord) {
    content(record.key)
    write(record.record)
  }

  /// Names are written as text, because their numbers may differ from version to version.
  mutating func write(_ command: Command) {
    text(command.name.text)
    list(command.arguments) { writer, argument in
      writer.byte(ArgumentTag.tag(of: argument.kind))
      switch argument.kind {
      case .number, .value(.int), .clause(.limit): writer.integer(argument.integer)
      default: writer.content(command.bytes[argument.range])
      }
    }
  }
}

/// The bytes that arguments begin with.
private enum ArgumentTag {
  static func tag(of kind: Command.Argument.Kind) -> UInt8 {
    switch kind {
    case .key: 0
    case .pattern: 1
    case .path: 2
    case .number: 3
    case .word: 4
    case .text: 5
    case .value(let type): 16 + type.rawValue
    case .clause(let part): 32 + part.rawValue
    case .option: 255
    }
  }

  /// Words, texts and options are the shell's: no command has them that leaves it.
  static func kind(_ tag: UInt8) -> Command.Argument.Kind? {
    switch tag {
    case 0: .key
    case 1: .pattern
    case 2: .path
    case 3: .number
    case 16..<32: ValueType(rawValue: tag - 16).map { .value($0) }
    case 32..<64: QueryPart(rawValue: tag - 32).map { .clause($0) }
    default: nil
    }
  }
}

extension CallReader {
  /// A value; a JSON text is checked and made compact, as the parser does it.
  mutating func value() throws(CallFault) -> Value {
    guard let type = ValueType(rawValue: try byte()) else { throw .invalid("type") }
    switch type {
    case .int: return .int(try integer("integer"))
    case .string: return .string(Array(try content("value", limit: Limits.valueByteCount)))
    case .json:
      var text: [UInt8] = []
      try appendJSON(to: &text)
      return .json(text)
    }
  }

  private mutating func appendJSON(to output: inout [UInt8]) throws(CallFault) {
    let text = try content("value", limit: Limits.valueByteCount)
    do throws(JSONSyntaxError) {
      // A way to the span that allows a typed throw.
      try text.withMemoryRebound(to: UInt8.self) { bytes throws(JSONSyntaxError) in
        try JSONText.appendCompact(bytes.span, to: &output)
      }
    } catch {
      throw .invalid("json")
    }
  }

  mutating func storedRecord() throws(CallFault) -> StoredRecord {
    let value = try value()
    let expiry = try integer("expiry")
    guard expiry >= 0 else { throw .invalid("expiry") }
    return StoredRecord(value: value, expiry: expiry)
  }

  mutating func record() throws(CallFault) -> CallRecord {
    let key = try key()
    return CallRecord(key: key, record: try storedRecord())
  }

  mutating func command() throws(CallFault) -> Command {
    let name = try content("name", limit: 16)
    guard let name = CommandName.allCases.first(where: { name.elementsEqual($0.text.utf8) })
    else { throw .invalid("name") }
    var command = Command(name)
    let count = try count("arguments")
    guard count <= restCount else { throw .truncated }
    for _ in 0..<count {
      guard let kind = ArgumentTag.kind(try byte()) else { throw .invalid("argument") }
      switch kind {
      case .number, .value(.int), .clause(.limit):
        command.append(kind, try integer("argument"))
      case .value(.json):
        var text: [UInt8] = []
        try appendJSON(to: &text)
        command.append(kind, text)
      default:
        let content = try content("argument", limit: Limits.valueByteCount)
        content.withMemoryRebound(to: UInt8.self) { command.append(kind, $0) }
      }
    }
    return command
  }
}

internal import QrrotCore
internal import QrrotStore
internal import QrrotWire

/// Replies that come in parts, where they begin.
extension Conversation {
  /// Answers a key's value, all of which would be too long, in parts.
  mutating func stream(
    _ keys: [UnsafeRawBufferPointer], as form: RecordForm, head: [UInt8] = [],
    _ access: inout KeyAccess
  ) {
    let reading = access.beginReading(keys, service.viewBudget)
    stream = RecordStream(reading, as: form, head: head)
  }

  /// Answers KEYS in parts, if the table is large.
  ///
  /// - Returns: false if it is not; nothing has been done then.
  mutating func streamKeys(
    matching pattern: RedisPattern, _ access: inout KeyAccess
  ) -> Bool {
    let configuration = service.configuration
    guard mayStream,
      access.exceeds(
        count: configuration.streamedKeyCount, byteCount: configuration.streamedByteCount)
    else { return false }
    stream = KeyStream(matching: pattern, access.beginKeysTwice(service.viewBudget))
    return true
  }

  /// Answers the command in ``language`` in parts, if it is one that reads whole values or lists and there is
  /// much to be read.
  ///
  /// - Returns: false if it is not; nothing has been done then.
  /// - Throws: what is wrong with a pattern.
  mutating func streamLanguage(isPlain: Bool) throws(QrrotError) -> Bool {
    let command = language.command
    switch command.name {
    case .get where command.arguments.count == 1 && mayStream:
      return command.withKey { key in
        streamValue(of: key, as: isPlain ? .text : .cell)
      }
    case .all where mayStream: return try streamList(command, isPlain: isPlain, hasValues: true)
    case .keys where mayStream: return try streamList(command, isPlain: isPlain, hasValues: false)
    default: return false
    }
  }

  private mutating func streamValue(
    of key: UnsafeRawBufferPointer, as form: RecordForm, head: [UInt8] = [],
    tail: StaticString = ""
  ) -> Bool {
    let byteCount = service.engine.withValue(of: key) { _, value in value.count }
    guard let byteCount, byteCount > service.configuration.streamedByteCount else { return false }
    let reading = service.engine.beginReading(key, service.viewBudget)
    // Another thread may have taken it away meanwhile.
    var isThere = false
    _ = try? reading.next { record in
      isThere = record != nil
      return .stay
    }
    guard isThere else { return false }
    stream = RecordStream(reading, as: form, head: head, tail: tail)
    return true
  }

  private mutating func streamList(
    _ command: Command, isPlain: Bool, hasValues: Bool
  ) throws(QrrotError) -> Bool {
    let configuration = service.configuration
    guard
      service.engine.exceeds(
        count: configuration.streamedKeyCount, byteCount: configuration.streamedByteCount)
    else { return false }
    var glob: Glob?
    if !command.arguments.isEmpty { glob = try Glob(command.content(0)) }
    if let glob, glob.isLiteral {
      guard hasValues else { return false }
      return glob.literalPrefix.withUnsafeBytes { key in
        isPlain
          ? streamValue(of: key, as: .textRow, tail: "\n")
          : streamValue(of: key, as: .row, head: Array("*1\r\n".utf8))
      }
    }
    let (keys, reading) =
      hasValues
      ? service.engine.beginList(service.viewBudget)
      : (service.engine.beginKeys(service.viewBudget), nil)
    stream = ListStream(service, matching: glob, keys, reading, isPlain: isPlain)
    return true
  }
}

extension Command {
  /// Hands the bytes of the first argument to `body`; they are good for the time of the call.
  fileprivate func withKey<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
    bytes.withRawBytes { bytes in
      body(UnsafeRawBufferPointer(rebasing: bytes[arguments[0].range]))
    }
  }
}

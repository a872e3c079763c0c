internal import QrrotCore

/// Reads a command file: a `put` is a record, an `expireat` behind it its deadline. Anything else but
/// comments is refused: such files are run with `source`.
final class CommandFileReader: RecordReader {
  private let stream: CommandStream
  private let interrupt: Interrupt
  private var command = Command()
  /// The key of the last `put`.
  private var lastKey: [UInt8] = []
  /// Whether that `put` was passed over, so that its deadline is too.
  private var isLastPassed = false

  init(_ source: any ByteSource, interrupt: Interrupt) {
    stream = CommandStream(source, isFile: true)
    self.interrupt = interrupt
  }

  var line: Int { stream.line }

  func next(into sink: RecordSink) throws(ImportFault) -> Bool {
    while true {
      let event: CommandStream.Event
      do throws(QrrotError) {
        event = try stream.next(into: &command)
        switch event {
        case .wouldWait:
          stream.wait()
          try interrupt.check()
        case .reading: try interrupt.check()
        case .command, .failure, .end: break
        }
      } catch {
        throw .fatal(error)
      }
      switch event {
      case .command:
        try take(sink)
        return true
      case .failure(let error): throw .record(error)
      case .end: return false
      case .wouldWait, .reading: break
      }
    }
  }

  private func take(_ sink: RecordSink) throws(ImportFault) {
    let arguments = command.arguments
    if command.name == .put, arguments.count == 2, case .value(let type) = arguments[1].kind {
      lastKey = command.content(0)
      isLastPassed = true
      isLastPassed = try put(type, sink) == .skipped
    } else if command.name == .expireat, arguments.count == 2 {
      let key = command.content(0)
      guard key != lastKey || !isLastPassed else { return }
      try key.withUnsafeBufferPointer { key throws(ImportFault) in
        try sink.setExpiry(arguments[1].integer, of: UnsafeRawBufferPointer(key))
      }
    } else {
      let name = command.name == .put ? "put KEY PATH VALUE" : command.name.text
      throw .record(
        QrrotError(
          .refused,
          "import takes put KEY VALUE and expireat alone, not \(name); source runs a command file"
        ))
    }
  }

  private func put(
    _ type: ValueType, _ sink: RecordSink
  ) throws(ImportFault) -> BulkOutcome? {
    let (key, value) = (command.arguments[0], command.arguments[1])
    return try command.bytes.withUnsafeBufferPointer { bytes throws(ImportFault) in
      let bytes = UnsafeRawBufferPointer(bytes)
      let key = UnsafeRawBufferPointer(rebasing: bytes[key.range])
      guard type == .int else {
        return try sink.add(
          RecordView(
            key: key, type: type, value: UnsafeRawBufferPointer(rebasing: bytes[value.range])))
      }
      var integer = value.integer.littleEndian
      return try withUnsafePointer(to: &integer) { pointer throws(ImportFault) in
        try sink.add(
          RecordView(
            key: key, type: .int,
            value: UnsafeRawBufferPointer(start: pointer, count: MemoryLayout<Int64>.size)))
      }
    }
  }
}

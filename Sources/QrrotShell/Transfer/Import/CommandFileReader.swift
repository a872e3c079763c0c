internal import QrrotCore

/// Reads a command file: a `put` is a record, an `expireat` behind it its deadline. Anything else but
/// comments is refused: such files are run with `source`.
final class CommandFileReader: RecordReader {
  private let stream: CommandStream
  private let interrupt: Interrupt
  private var command = Command()

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
        try take(command, sink)
        return true
      case .failure(let error): throw .record(error)
      case .end: return false
      case .wouldWait, .reading: break
      }
    }
  }

  private func take(_ command: Command, _ sink: RecordSink) throws(ImportFault) {
    let arguments = command.arguments
    if command.name == .expireat, arguments.count == 2 {
      return try command.bytes.withUnsafeBufferPointer { bytes throws(ImportFault) in
        try sink.setExpiry(
          arguments[1].integer,
          of: UnsafeRawBufferPointer(
            rebasing: UnsafeRawBufferPointer(bytes)[arguments[0].range]))
      }
    }
    guard command.name == .put, arguments.count == 2, case .value(let type) = arguments[1].kind
    else {
      throw .record(
        QrrotError(
          .refused,
          "import takes put KEY VALUE and expireat alone, not \(command.name.text); source runs a command file"
        ))
    }
    try command.bytes.withUnsafeBufferPointer { bytes throws(ImportFault) in
      let bytes = UnsafeRawBufferPointer(bytes)
      let key = UnsafeRawBufferPointer(rebasing: bytes[arguments[0].range])
      guard type == .int else {
        return try sink.add(
          RecordView(
            key: key, type: type, value: UnsafeRawBufferPointer(rebasing: bytes[arguments[1].range])
          ))
      }
      var integer = arguments[1].integer.littleEndian
      try withUnsafePointer(to: &integer) { pointer throws(ImportFault) in
        try sink.add(
          RecordView(
            key: key, type: .int,
            value: UnsafeRawBufferPointer(start: pointer, count: MemoryLayout<Int64>.size)))
      }
    }
  }
}

internal import QrrotCore

extension CallAnswer {
  /// Its bytes.
  public var encoded: [UInt8] {
    var writer = CallWriter()
    writer.optional(context.transaction) { writer, transaction in
      writer.number(transaction.number)
      writer.write(transaction.reads)
    }
    writer.optional(context.undo) { $0.number($1) }
    switch result {
    case .success(let content):
      writer.byte(1)
      writer.write(content)
    case .failure(let error):
      writer.byte(0)
      writer.write(error)
    }
    return writer.bytes
  }

  /// Reads an answer.
  public init(_ bytes: UnsafeRawBufferPointer) throws(CallFault) {
    var reader = CallReader(bytes)
    context = Context()
    context.transaction = try reader.optional("transaction") { reader throws(CallFault) in
      let number = try reader.number("transaction")
      return OpenTransaction(number: number, reads: try reader.reads())
    }
    context.undo = try reader.optional("undo log") { reader throws(CallFault) in
      try reader.number("undo log")
    }
    result =
      try reader.flag("outcome") ? .success(try reader.content()) : .failure(try reader.error())
    try reader.end()
  }
}

/// The bytes that the content of answers begins with.
private enum ContentTag: UInt8 {
  case welcome, reply, record, bulk, added, counts, reading, records
  case recordSample, keySample, memberSample, recordList
}

extension CallWriter {
  private mutating func tag(_ tag: ContentTag) { byte(tag.rawValue) }

  fileprivate mutating func write(_ content: CallAnswer.Content) {
    switch content {
    case .welcome(let welcome):
      tag(.welcome)
      write(welcome)
    case .reply(let reply):
      tag(.reply)
      write(reply)
    case .record(let record):
      tag(.record)
      optional(record) { $0.write($1) }
    case .bulk(let place):
      tag(.bulk)
      number(place)
    case .added(let value):
      tag(.added)
      count(value)
    case .counts(let counts):
      tag(.counts)
      count(counts.insertedCount)
      count(counts.replacedCount)
      count(counts.skippedCount)
    case .reading(let place, let value):
      tag(.reading)
      number(place)
      count(value)
    case .records(let records, let doneCount):
      tag(.records)
      count(doneCount)
      list(records) { $0.write($1) }
    case .recordSample(let sample):
      tag(.recordSample)
      write(sample)
    case .keySample(let sample):
      tag(.keySample)
      flag(sample.isPartial)
      list(sample.keys) { $0.content($1) }
    case .memberSample(let sample):
      tag(.memberSample)
      flag(sample.isPartial)
      list(sample.names) { $0.content($1) }
    case .recordList(let records):
      tag(.recordList)
      list(records) { writer, record in writer.optional(record) { $0.write($1) } }
    }
  }

  private mutating func write(_ welcome: CallWelcome) {
    count(welcome.version)
    text(welcome.program)
    number(welcome.client)
    number(welcome.token)
    flag(welcome.isReadOnly)
    count(welcome.idleSeconds)
  }

  private mutating func write(_ sample: RecordSample) {
    count(sample.keyCount)
    list(sample.records) { writer, record in
      writer.content(record.key)
      writer.byte(record.type.rawValue)
      writer.count(record.valueByteCount)
      writer.optional(record.value) { $0.write($1) }
    }
  }

  fileprivate mutating func write(_ error: QrrotError) {
    text(error.code.rawValue)
    text(error.message)
    optional(error.range) { writer, range in
      writer.count(range.lowerBound)
      writer.count(range.count)
    }
    optional(error.detail) { writer, detail in
      switch detail {
      case .exceedsUndo(let byteCount):
        writer.byte(0)
        writer.count(byteCount)
      case .fileExists: writer.byte(1)
      case .replacesData(let keyCount, let newKeyCount):
        writer.byte(2)
        writer.count(keyCount)
        writer.count(newKeyCount)
      }
    }
  }
}

extension CallReader {
  fileprivate mutating func content() throws(CallFault) -> CallAnswer.Content {
    guard let tag = ContentTag(rawValue: try byte()) else { throw .invalid("kind") }
    switch tag {
    case .welcome: return .welcome(try welcome())
    case .reply: return .reply(try reply())
    case .record:
      return .record(
        try optional("record") { reader throws(CallFault) in try reader.storedRecord() })
    case .bulk: return .bulk(try number("number"))
    case .added: return .added(try count("count"))
    case .counts:
      var counts = BulkCounts()
      counts.insertedCount = try count("count")
      counts.replacedCount = try count("count")
      counts.skippedCount = try count("count")
      return .counts(counts)
    case .reading:
      let place = try number("number")
      return .reading(place, count: try count("count"))
    case .records:
      let doneCount = try count("count")
      let records = try list("record") { reader throws(CallFault) in try reader.record() }
      return .records(records, doneCount: doneCount)
    case .recordSample: return .recordSample(try recordSample())
    case .keySample:
      let isPartial = try flag("flag")
      return .keySample(KeySample(keys: try contents(), isPartial: isPartial))
    case .memberSample:
      let isPartial = try flag("flag")
      return .memberSample(MemberSample(names: try contents(), isPartial: isPartial))
    case .recordList:
      return .recordList(
        try list("record") { reader throws(CallFault) in
          try reader.optional("record") { reader throws(CallFault) in try reader.storedRecord() }
        })
    }
  }

  private mutating func contents() throws(CallFault) -> [[UInt8]] {
    try list("text") { reader throws(CallFault) in Array(try reader.content("text")) }
  }

  private mutating func welcome() throws(CallFault) -> CallWelcome {
    let version = try count("version")
    let program = try text("program")
    let client = try number("number")
    let token = try number("number")
    let isReadOnly = try flag("flag")
    return CallWelcome(
      version: version, program: program, client: client, token: token, isReadOnly: isReadOnly,
      idleSeconds: try count("time"))
  }

  private mutating func recordSample() throws(CallFault) -> RecordSample {
    let keyCount = try count("count")
    let records = try list("record") { reader throws(CallFault) in
      let key = try reader.key()
      guard let type = ValueType(rawValue: try reader.byte()) else {
        throw CallFault.invalid("type")
      }
      let byteCount = try reader.count("length")
      let value = try reader.optional("value") { reader throws(CallFault) in
        try reader.value()
      }
      return RecordSample.Record(
        key: key, type: type, valueByteCount: byteCount, value: value)
    }
    return RecordSample(records: records, keyCount: keyCount)
  }

  fileprivate mutating func error() throws(CallFault) -> QrrotError {
    guard let code = QrrotError.Code(rawValue: try text("code")) else { throw .invalid("code") }
    let message = try text("message")
    let range = try optional("range") { reader throws(CallFault) in
      let start = try reader.count("range", limit: .max / 2)
      return start..<(start + (try reader.count("range", limit: .max / 2)))
    }
    let detail = try optional("detail") { reader throws(CallFault) -> QrrotError.Detail in
      switch try reader.byte() {
      case 0: return .exceedsUndo(byteCount: try reader.count("count"))
      case 1: return .fileExists
      case 2:
        let keyCount = try reader.count("count")
        return .replacesData(keyCount: keyCount, newKeyCount: try reader.count("count"))
      default: throw CallFault.invalid("detail")
      }
    }
    return QrrotError(code, message, at: range, detail: detail)
  }
}

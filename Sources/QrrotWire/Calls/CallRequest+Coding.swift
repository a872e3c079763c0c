internal import QrrotCore

extension CallRequest {
  /// Its bytes.
  public var encoded: [UInt8] {
    var writer = CallWriter()
    writer.number(number)
    writer.write(context)
    writer.write(call)
    return writer.bytes
  }

  /// Reads a request.
  ///
  /// A command in it may still be none that the parser would have made: ``Command/requireWellFormed()``.
  public init(_ bytes: UnsafeRawBufferPointer) throws(CallFault) {
    var reader = CallReader(bytes)
    number = try reader.number("number")
    context = try reader.context()
    call = try reader.call()
    try reader.end()
  }
}

/// The bytes that calls begin with.
private enum CallTag: UInt8 {
  case hello, more, execute, record, beginBulk, addToBulk, applyBulk, beginReading, read
  case sampleRecords, sampleKeys, sampleMembers, records
}

extension CallWriter {
  fileprivate mutating func write(_ context: CallContext) {
    flag(context.isReadOnly)
    flag(context.keepsUndo)
    flag(context.allowsWritesBeyondUndo)
    count(context.stagedByteLimit)
    switch context.transaction {
    case .none: byte(0)
    case .kept(let place):
      byte(1)
      number(place)
    case .copy(let place):
      byte(2)
      number(place)
    case .new(let reads):
      byte(3)
      write(reads)
    }
    switch context.undo {
    case .new: byte(0)
    case .kept(let place):
      byte(1)
      number(place)
    case .copy(let place):
      byte(2)
      number(place)
    }
    list(context.forgotten) { $0.number($1) }
  }

  mutating func write(_ reads: CallReads) {
    list(reads.sights) { writer, sight in
      writer.content(sight.key)
      writer.number(sight.version)
      writer.flag(sight.isWritten)
    }
    optional(reads.keyspaceVersion) { $0.number($1) }
    number(reads.expirationCount)
  }

  private mutating func tag(_ tag: CallTag) { byte(tag.rawValue) }

  fileprivate mutating func write(_ call: Call) {
    switch call {
    case .hello(let greeting):
      tag(.hello)
      count(greeting.version)
      flag(greeting.isReadOnly)
    case .more: tag(.more)
    case .execute(let command):
      tag(.execute)
      write(command)
    case .record(let key):
      tag(.record)
      content(key)
    case .beginBulk(let policy):
      tag(.beginBulk)
      text(policy.rawValue)
    case .addToBulk(let place, let records):
      tag(.addToBulk)
      number(place)
      list(records) { $0.write($1) }
    case .applyBulk(let place):
      tag(.applyBulk)
      number(place)
    case .beginReading(let pattern):
      tag(.beginReading)
      optional(pattern) { $0.content($1) }
    case .read(let place):
      tag(.read)
      number(place)
    case .sampleRecords(let limit, let milliseconds):
      tag(.sampleRecords)
      count(limit)
      count(milliseconds)
    case .sampleKeys(let prefix, let limit, let milliseconds):
      tag(.sampleKeys)
      content(prefix)
      count(limit)
      count(milliseconds)
    case .sampleMembers(let members, let limit, let milliseconds):
      tag(.sampleMembers)
      write(members)
      count(limit)
      count(milliseconds)
    case .records(let keys):
      tag(.records)
      list(keys) { $0.content($1) }
    }
  }

  private mutating func write(_ members: CallMembers) {
    content(members.prefix)
    content(members.container)
    switch members.documents {
    case .key(let key):
      byte(0)
      content(key)
    case .all: byte(1)
    case .matching(let pattern):
      byte(2)
      content(pattern)
    }
  }
}

extension CallReader {
  fileprivate mutating func context() throws(CallFault) -> CallContext {
    var context = CallContext()
    context.isReadOnly = try flag("flag")
    context.keepsUndo = try flag("flag")
    context.allowsWritesBeyondUndo = try flag("flag")
    context.stagedByteLimit = try count("limit")
    switch try byte() {
    case 0: context.transaction = .none
    case 1: context.transaction = .kept(try number("transaction"))
    case 2: context.transaction = .copy(try number("transaction"))
    case 3: context.transaction = .new(try reads())
    default: throw .invalid("transaction")
    }
    switch try byte() {
    case 0: context.undo = .new
    case 1: context.undo = .kept(try number("undo log"))
    case 2: context.undo = .copy(try number("undo log"))
    default: throw .invalid("undo log")
    }
    context.forgotten = try list("number") { reader throws(CallFault) in
      try reader.number("number")
    }
    return context
  }

  mutating func reads() throws(CallFault) -> CallReads {
    var reads = CallReads()
    reads.sights = try list("key") { reader throws(CallFault) in
      let key = try reader.key()
      let version = try reader.number("version")
      return Transaction.Sight(
        key: key, version: version, isWritten: try reader.flag("flag"))
    }
    reads.keyspaceVersion = try optional("version") { reader throws(CallFault) in
      try reader.number("version")
    }
    reads.expirationCount = try number("count")
    return reads
  }

  /// A key of the length that keys have.
  mutating func key() throws(CallFault) -> [UInt8] {
    let key = try content("key", limit: Limits.keyByteCount)
    guard !key.isEmpty else { throw .invalid("key") }
    return Array(key)
  }

  fileprivate mutating func call() throws(CallFault) -> Call {
    guard let tag = CallTag(rawValue: try byte()) else { throw .invalid("kind") }
    switch tag {
    case .hello:
      let version = try count("version")
      return .hello(CallGreeting(version: version, isReadOnly: try flag("flag")))
    case .more: return .more
    case .execute: return .execute(try command())
    case .record: return .record(try key())
    case .beginBulk:
      guard let policy = ConflictPolicy(rawValue: try text("policy")) else {
        throw .invalid("policy")
      }
      return .beginBulk(policy)
    case .addToBulk:
      let place = try number("number")
      return .addToBulk(
        place, try list("record") { reader throws(CallFault) in try reader.record() })
    case .applyBulk: return .applyBulk(try number("number"))
    case .beginReading:
      return .beginReading(
        try optional("pattern") { reader throws(CallFault) in
          Array(try reader.content("pattern", limit: Limits.keyByteCount))
        })
    case .read: return .read(try number("number"))
    case .sampleRecords:
      let limit = try count("limit", limit: CallReader.sampleLimit)
      return .sampleRecords(limit: limit, milliseconds: try milliseconds())
    case .sampleKeys:
      let prefix = Array(try content("prefix", limit: Limits.keyByteCount))
      let limit = try count("limit", limit: CallReader.sampleLimit)
      return .sampleKeys(prefix, limit: limit, milliseconds: try milliseconds())
    case .sampleMembers:
      let members = try members()
      let limit = try count("limit", limit: CallReader.sampleLimit)
      return .sampleMembers(members, limit: limit, milliseconds: try milliseconds())
    case .records:
      return .records(try list("key") { reader throws(CallFault) in try reader.key() })
    }
  }

  private static var sampleLimit: Int { 10_000 }

  /// A time that a look may take: ten seconds at most.
  private mutating func milliseconds() throws(CallFault) -> Int {
    try count("time", limit: 10_000)
  }

  private mutating func members() throws(CallFault) -> CallMembers {
    let prefix = Array(try content("prefix", limit: Limits.keyByteCount))
    let container = Array(try content("path", limit: Limits.keyByteCount))
    let documents: CallMembers.Documents =
      switch try byte() {
      case 0: .key(try key())
      case 1: .all
      case 2: .matching(Array(try content("pattern", limit: Limits.keyByteCount)))
      default: throw .invalid("documents")
      }
    return CallMembers(prefix: prefix, container: container, documents: documents)
  }
}

import QrrotCore
import QrrotParser

@testable import QrrotWire

/// One of every kind of call and answer. Made anew each time: pointers that are packed into the cases of a value
/// for good are a leak to the address sanitizer.
enum CallSamples {
  static var requests: [CallRequest] {
    let records = [
      CallRecord(key: [1, 255], record: StoredRecord(value: .int(-5))),
      CallRecord(key: [65], record: StoredRecord(value: .string([0, 10]), expiry: 77)),
      CallRecord(key: [66], record: StoredRecord(value: .json(Array("{\"a\":[1]}".utf8)))),
    ]
    let members = CallMembers(
      prefix: [97], container: Array("$.a".utf8), documents: .matching(Array("user:*".utf8)))
    let calls: [Call] =
      [
        .hello(CallGreeting(version: 1, isReadOnly: true)), .more, .record([7]),
        .beginBulk(.skip), .addToBulk(300, records), .applyBulk(0), .beginReading(nil),
        .beginReading([42]), .read(.max), .sampleRecords(limit: 256, milliseconds: 50),
        .sampleKeys([], limit: 200, milliseconds: 40),
        .sampleMembers(members, limit: 3, milliseconds: 1),
        .sampleMembers(
          CallMembers(prefix: [], container: [36], documents: .key([9])), limit: 1, milliseconds: 1),
        .records([[7], [1, 255]]), .records([]),
      ] + commands.map { .execute($0) }
    return calls.enumerated().map { index, call in
      CallRequest(
        number: UInt64(index) << 7, context: contexts[index % contexts.count], call: call)
    }
  }

  static var contexts: [CallContext] {
    var full = CallContext()
    full.isReadOnly = true
    full.keepsUndo = false
    full.allowsWritesBeyondUndo = false
    full.stagedByteLimit = 64 << 20
    var reads = CallReads()
    reads.sights = [.init(key: [1], version: 9, isWritten: false)]
    reads.keyspaceVersion = 12
    reads.expirationCount = 3
    full.transaction = .new(reads)
    full.undo = .copy(8)
    full.forgotten = [1, 2, 300]
    var kept = CallContext()
    kept.transaction = .kept(4)
    kept.undo = .kept(5)
    var copy = CallContext()
    copy.transaction = .copy(1 << 40)
    return [CallContext(), full, kept, copy]
  }

  /// The commands of the table's examples that an engine runs.
  static let commands: [Command] = CommandSpec.all.filter { $0.access != .shell }.flatMap { spec in
    spec.examples.flatMap { $0.setup + [$0.input] }.compactMap(command)
  }

  static func command(_ line: String) -> Command? {
    var parser = Parser()
    var command = Command()
    let step = try? parser.parse(Array(line.utf8).span, isFinal: true, into: &command)
    return step?.outcome == .command ? command : nil
  }

  static var reply: Reply {
    var reply = Reply()
    reply.reset(.rows, columns: ["key", "über", ""])
    for _ in 0..<3 {
      reply.append(.key, [0, 255])
      reply.append(word: "string")
      reply.append(Value.string([]))
      reply.append(integer: .min)
      reply.append(Value.int(.max))
      reply.append(Value.json([49]))
      reply.append(.json, [34, 34])
      reply.appendAbsent()
      reply.append(integer: 0)
    }
    reply.append(note: "one\ntwo")
    return reply
  }

  static var answers: [CallAnswer] {
    var counts = BulkCounts()
    counts.skippedCount = 4
    let welcome = CallWelcome(
      version: 1, program: "0.1.0", client: 7, token: .max, isReadOnly: true, idleSeconds: 300)
    let record = RecordSample.Record(key: [1], type: .json, valueByteCount: 1 << 20, value: nil)
    let small = RecordSample.Record(key: [2], type: .int, valueByteCount: 8, value: .int(1))
    let contents: [CallAnswer.Content] = [
      .welcome(welcome), .reply(reply), .reply(Reply()), .record(nil),
      .record(StoredRecord(value: .string([1, 2]), expiry: 5)), .bulk(3), .added(1_000),
      .counts(counts), .reading(9, count: 1 << 33),
      .records([CallRecord(key: [1], record: StoredRecord(value: .int(0)))], doneCount: 8),
      .recordSample(RecordSample(records: [record, small], keyCount: 2)),
      .keySample(KeySample(keys: [[], [1, 2]], isPartial: true)),
      .memberSample(MemberSample(names: [[97]], isPartial: false)),
      .recordList([nil, StoredRecord(value: .json([91, 93]), expiry: 6)]), .recordList([]),
    ]
    let errors = [
      QrrotError(.type, "a ☃ holds json", at: 3..<9),
      QrrotError(.refused, "", detail: .exceedsUndo(byteCount: 1 << 40)),
      QrrotError(.refused, "x", detail: .fileExists),
      QrrotError(.refused, "y", detail: .replacesData(keyCount: 1, newKeyCount: 2)),
    ]
    var reads = CallReads()
    reads.sights = [.init(key: [5], version: .max, isWritten: true)]
    let open = CallAnswer.OpenTransaction(number: 6, reads: reads)
    return contents.map { CallAnswer(context: .init(), result: .success($0)) }
      + errors.map { .init(context: .init(transaction: open, undo: 2), result: .failure($0)) }
  }
}

import QrrotCore

@testable import QrrotShell

/// A record as a reader has found it.
struct FoundRecord: Hashable, CustomStringConvertible {
  var key: [UInt8]
  var value: Value
  var expiry: Int64 = 0

  init(_ key: String, _ value: Value, expiry: Int64 = 0) {
    self.init(Array(key.utf8), value, expiry: expiry)
  }

  init(_ key: [UInt8], _ value: Value, expiry: Int64 = 0) {
    self.key = key
    self.value = value
    self.expiry = expiry
  }

  init(json text: String, under key: String) { self.init(key, .json(Array(text.utf8))) }

  var description: String {
    var text: [UInt8] = []
    Escaping.appendKey(key.span, to: &text)
    text.append(UInt8(ascii: " "))
    TextForm.append(value, to: &text)
    return String(decoding: text, as: UTF8.self) + (expiry == 0 ? "" : " until \(expiry)")
  }
}

/// A bulk write that keeps the order in which records come.
final class RecordedBulkWrite: BulkWrite {
  private(set) var records: [FoundRecord] = []
  private let policy: ConflictPolicy
  private var keys: Set<[UInt8]> = []

  init(_ policy: ConflictPolicy = .error) { self.policy = policy }

  var count: Int { records.count }

  func add(_ record: RecordView) throws(QrrotError) -> BulkOutcome {
    let key = Array(record.key)
    guard let value = Value(storedType: record.type, bytes: record.value) else { return .skipped }
    let found = FoundRecord(key, value, expiry: record.expiry)
    if keys.insert(key).inserted {
      records.append(found)
      return .added
    }
    switch policy {
    case .error: throw .keyCameBefore(record.key)
    case .skip: return .skipped
    case .replace:
      if let index = records.firstIndex(where: { $0.key == key }) { records[index] = found }
      return .replaced
    }
  }

  func setExpiry(_ expiry: Int64, of key: UnsafeRawBufferPointer) -> Bool {
    let key = Array(key)
    guard let index = records.firstIndex(where: { $0.key == key }) else { return false }
    records[index].expiry = expiry
    return true
  }

  func remove(_ key: UnsafeRawBufferPointer) -> Bool {
    let key = Array(key)
    records.removeAll { $0.key == key }
    return keys.remove(key) != nil
  }

  func apply(in session: inout Session) -> BulkCounts { BulkCounts() }
}

/// A source that hands out a few bytes at a time.
final class SlowSource: ByteSource {
  private var rest: ArraySlice<UInt8>
  private let step: Int

  init(_ bytes: [UInt8], step: Int) {
    rest = bytes[...]
    self.step = step
  }

  var totalByteCount: Int? { nil }
  var isReady: Bool { true }
  func waitUntilReady() {}

  func read(_ count: Int, into buffer: inout [UInt8]) -> Int {
    let part = rest.prefix(min(step, count))
    buffer += part
    rest = rest.dropFirst(part.count)
    return part.count
  }

  func read(into memory: UnsafeMutableRawBufferPointer) -> Int {
    let part = rest.prefix(min(step, memory.count))
    memory.copyBytes(from: part)
    rest = rest.dropFirst(part.count)
    return part.count
  }
}

/// All that a reader finds in a text.
struct ReadRecords: Equatable {
  var records: [FoundRecord] = []
  /// `LINE: error[code]: message`; the last one may be what ended the reading.
  var errors: [String] = []
  var skippedCount = 0
  var keylessCount = 0
  var expiredCount = 0

  init(
    _ bytes: [UInt8], as format: TransferFormat, key: String? = nil,
    onConflict policy: ConflictPolicy = .error, requiresKeys: Bool = false, now: Int64 = 1_000,
    step: Int = .max, blockByteCount: Int = 1 << 16
  ) {
    let bulk = RecordedBulkWrite(policy)
    var options = ImportOptions()
    options.key = key.map { Array($0.utf8) }
    options.onConflict = policy
    options.requiresKeys = requiresKeys
    let interrupt = Interrupt()
    do {
      let sink = try RecordSink(bulk, options, now: now, interrupt: interrupt)
      let source = GzipSource(
        SlowSource(bytes, step: step), blockByteCount: max(4, min(blockByteCount, 1 << 16)))
      let reader = try Importer.reader(
        format, source, interrupt: interrupt, blockByteCount: blockByteCount)
      read(reader, into: sink)
      skippedCount = sink.skippedCount
      keylessCount = sink.keylessCount
      expiredCount = sink.expiredCount
    } catch {
      errors.append("0: \(error)")
    }
    records = bulk.records
  }

  private mutating func read(_ reader: any RecordReader, into sink: RecordSink) {
    while true {
      do throws(ImportFault) {
        guard try reader.next(into: sink) else { return }
      } catch {
        switch error {
        case .record(let failure, let lineOffset):
          errors.append("\(reader.line + lineOffset): \(failure)")
        case .fatal(let failure):
          errors.append("\(reader.line): \(failure)")
          return
        }
      }
    }
  }
}

internal import QrrotCore

/// Makes records of what the readers of the formats find, and hands them to a bulk write.
final class RecordSink {
  private let bulk: any BulkWrite
  private let template: KeyTemplate?
  private let requiresKeys: Bool
  /// Whether a record may be missing because its key is there.
  private let passesConflicts: Bool
  /// Records that expire before this are left out; in milliseconds since 1970.
  private let now: Int64
  // Unchecked, like the others that change for every record: see `BlockBuffer`.
  @exclusivity(unchecked) private var scratch: JSONScratch
  /// Memory that is used again from record to record.
  @exclusivity(unchecked) private var document: [UInt8] = []
  @exclusivity(unchecked) private var key: [UInt8] = []
  @exclusivity(unchecked) private var typed = TypedRecord()

  /// Records that went into the bulk write, but for those that took the place of an earlier one.
  @exclusivity(unchecked) private(set) var addedCount = 0
  /// Records that took the place of an earlier one of the same file.
  private(set) var replacedCount = 0
  /// Records that were passed over because of their key.
  private(set) var skippedCount = 0
  /// Records that were passed over because they have no key.
  private(set) var keylessCount = 0
  /// Records that had expired.
  private(set) var expiredCount = 0

  init(_ bulk: any BulkWrite, _ options: ImportOptions, now: Int64, interrupt: Interrupt)
    throws(QrrotError)
  {
    self.bulk = bulk
    template = try options.key.map { text throws(QrrotError) in try KeyTemplate(text) }
    requiresKeys = options.requiresKeys
    passesConflicts = options.onConflict == .skip
    self.now = now
    scratch = JSONScratch(interrupt: interrupt)
  }

  /// Whether keys are made of parts of the records; else the records say their keys themselves.
  var hasTemplate: Bool { template != nil }
  /// How many records have been dealt with.
  var recordCount: Int {
    addedCount + replacedCount + skippedCount + keylessCount + expiredCount
  }

  /// Takes a JSON text, which may be anything yet.
  ///
  /// - Throws: `record` with `json`, whose message counts bytes from the text's start.
  func take(_ text: UnsafeRawBufferPointer) throws(ImportFault) {
    let hasKey = expectKey(of: text)
    document.removeAll(keepingCapacity: document.count <= Self.keptByteCount)
    do throws(JSONSyntaxError) {
      try JSONText.appendCompact(text.assumingMemoryBound(to: UInt8.self).span, to: &document)
    } catch {
      throw .record(
        QrrotError(.json, error.description),
        lineOffset: text.prefix(error.offset).count { $0 == UInt8(ascii: "\n") })
    }
    try document.withUnsafeBufferPointer { bytes throws(ImportFault) in
      // Where nothing was left out, the key that has been looked for already is the record's.
      if hasKey, bytes.count == text.count {
        try addDocument(UnsafeRawBufferPointer(bytes))
      } else {
        try takeCompact(UnsafeRawBufferPointer(bytes))
      }
    }
  }

  /// Looks for the key in a text that is most often compact already, so that its place in memory is
  /// there when the text has been checked: waiting for it would take a tenth of the time.
  ///
  /// - Returns: whether `key` is that of `text`, if `text` turns out to be compact JSON.
  private func expectKey(of text: UnsafeRawBufferPointer) -> Bool {
    guard let template, text.count <= Self.keptByteCount else { return false }
    key.removeAll(keepingCapacity: true)
    // What is wrong with it is said later on.
    guard (try? template.append(of: text, scratch: &scratch, to: &key)) == .made else {
      return false
    }
    key.withUnsafeBufferPointer { bulk.expect(UnsafeRawBufferPointer($0)) }
    return true
  }

  /// Adds a compact document under `key`.
  private func addDocument(_ text: UnsafeRawBufferPointer) throws(ImportFault) {
    _ = try key.withUnsafeBufferPointer { key throws(ImportFault) in
      try add(RecordView(key: UnsafeRawBufferPointer(key), type: .json, value: text))
    }
  }

  /// Takes a valid, compact JSON text.
  func takeCompact(_ text: UnsafeRawBufferPointer) throws(ImportFault) {
    guard let template else { return try takeRecord(text) }
    key.removeAll(keepingCapacity: true)
    let outcome: KeyTemplate.Outcome
    do throws(QrrotError) {
      outcome = try template.append(of: text, scratch: &scratch, to: &key)
    } catch {
      throw error.code == .interrupted ? .fatal(error) : .record(error)
    }
    if outcome == .made { try addDocument(text) } else { try passKeyless() }
  }

  /// Takes a record as `export` writes it: an object of `key`, `type`, `value` and `expires`.
  private func takeRecord(_ text: UnsafeRawBufferPointer) throws(ImportFault) {
    let isMade: Bool
    do throws(QrrotError) {
      isMade = try typed.read(text) == .made
    } catch {
      throw .record(error)
    }
    if isMade { try add(typed) } else { try passKeyless() }
  }

  /// Takes a record that owns its parts.
  func add(_ typed: TypedRecord) throws(ImportFault) {
    _ = try typed.key.withUnsafeBufferPointer { key throws(ImportFault) in
      try typed.value.withUnsafeBufferPointer { value throws(ImportFault) in
        try add(
          RecordView(
            key: UnsafeRawBufferPointer(key), type: typed.type,
            value: UnsafeRawBufferPointer(value), expiry: typed.expiry))
      }
    }
  }

  /// Takes a record whose parts are known.
  ///
  /// - Returns: what became of it; nil if it had expired.
  @discardableResult
  func add(_ record: RecordView) throws(ImportFault) -> BulkOutcome? {
    do throws(QrrotError) { try QrrotError.requireLimits(of: record) } catch {
      throw .record(error)
    }
    guard record.expiry == 0 || record.expiry > now else {
      expiredCount += 1
      return nil
    }
    do throws(QrrotError) {
      let outcome = try bulk.add(record)
      switch outcome {
      case .added: addedCount += 1
      case .replaced: replacedCount += 1
      case .skipped: skippedCount += 1
      }
      return outcome
    } catch {
      throw error.code == .conflict ? .record(error) : .fatal(error)
    }
  }

  /// Passes over a record without a key.
  func passKeyless() throws(ImportFault) {
    guard !requiresKeys else {
      throw .record(
        QrrotError(
          .refused,
          "the record has no key; --on-missing-key skip passes over such records"))
    }
    keylessCount += 1
  }

  /// Gives an earlier record of the file a deadline.
  func setExpiry(_ expiry: Int64, of key: UnsafeRawBufferPointer) throws(ImportFault) {
    guard expiry > now else {
      if bulk.remove(key) {
        addedCount -= 1
        expiredCount += 1
      }
      return
    }
    do throws(QrrotError) {
      guard try bulk.setExpiry(expiry, of: key) || passesConflicts else {
        throw QrrotError(
          .refused,
          "\(QrrotError.excerpt(key)) gets a deadline, but the file has no put of it before")
      }
    } catch {
      throw .record(error)
    }
  }

  private static let keptByteCount = 1 << 20
}

public import QrrotCore

/// What becomes of our types in Redis.
extension RedisEngine {
  /// How a record is read again after it has been written here; see ``Engine/keptForm(of:)``.
  ///
  /// Redis keeps text: a string that reads as an integer or as a JSON object or array is one when it comes
  /// back, and a JSON text that is neither object nor array is none, where there is no module for JSON.
  ///
  /// - Complexity: O(length of the value).
  public func keptForm(of record: RecordView) -> StoredRecord? {
    if record.type == .int || record.type == .json && nodes.facts.hasJSON { return nil }
    var text = RedisText()
    return text.with(record.value) { type, bytes in
      if type == record.type, type == .string || bytes.elementsEqual(record.value) { return nil }
      return Value(storedType: type, bytes: bytes).map {
        StoredRecord(value: $0, expiry: record.expiry)
      }
    }
  }
}

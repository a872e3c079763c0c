internal import QrrotCore

/// What becomes of a key of Redis.
enum RedisWrite {
  /// It is a text with this deadline; 0 for none.
  case text([UInt8], expiry: Int64)
  /// It is a value of the JSON module.
  case json([UInt8], expiry: Int64)
  /// Fields of a hash change.
  case fields(RedisHashChange)
  /// It expires then; 0 for never. What it holds stays.
  case deadline(Int64)
  /// It is what DUMP has said of a key of this kind.
  case restored([UInt8], expiry: Int64, kind: RedisRecord.Kind)
  case removal

  /// What it takes to make of `before` what the language has made of it.
  ///
  /// - Parameter modules: whether the server has the JSON module.
  /// - Returns: nil where nothing changes.
  /// - Throws: `type` where a hash can't hold that.
  init?(
    _ staged: Transaction.Staged, over before: RedisRecord, modules: Bool
  ) throws(QrrotError) {
    guard case .value(let value, let expiry) = staged else {
      guard before.kind != .absent else { return nil }
      self = .removal
      return
    }
    if before.value == value {
      guard expiry != before.expiry else { return nil }
      self = .deadline(expiry)
      return
    }
    if before.kind == .hash, case .json(let view)? = before.value, case .json(let text) = value,
      expiry == before.expiry
    {
      self = .fields(try RedisHashChange(from: view, to: text))
      return
    }
    self = Self.whole(value, expiry: expiry, asModule: modules || before.kind == .json)
  }

  /// Writes a value whatever was there.
  static func whole(_ value: Value, expiry: Int64, asModule: Bool) -> RedisWrite {
    switch value {
    case .string(let bytes): .text(bytes, expiry: expiry)
    case .int(let integer): .text(RedisNumber.digits(integer), expiry: expiry)
    case .json(let text) where asModule: .json(text, expiry: expiry)
    case .json(let text): .text(text, expiry: expiry)
    }
  }

  /// Adds the commands that do it; they come into a MULTI.
  func append(to batch: inout RedisBatch, _ key: [UInt8]) {
    switch self {
    case .text(let text, let expiry):
      batch.append("SET", key, text, isRead: false)
      if expiry != 0 {
        batch.append("PEXPIREAT", key, RedisNumber.digits(expiry), isRead: false)
      }
    case .json(let text, let expiry):
      // Over a value of another kind the module refuses to write.
      batch.append("DEL", key, isRead: false)
      batch.append("JSON.SET", key, Array("$".utf8), text, isRead: false)
      if expiry != 0 {
        batch.append("PEXPIREAT", key, RedisNumber.digits(expiry), isRead: false)
      }
    case .fields(let change):
      if !change.written.isEmpty {
        let words = [Array("HSET".utf8), key] + change.written.flatMap { [$0.field, $0.text] }
        batch.append(words, key: 1, isRead: false)
      }
      if !change.removed.isEmpty {
        batch.append([Array("HDEL".utf8), key] + change.removed, key: 1, isRead: false)
      }
    case .deadline(0): batch.append("PERSIST", key, isRead: false)
    case .deadline(let time):
      batch.append("PEXPIREAT", key, RedisNumber.digits(time), isRead: false)
    case .restored(let payload, let expiry, _):
      let words = [Array("RESTORE".utf8), key, RedisNumber.digits(expiry), payload]
      batch.append(
        words + [Array("REPLACE".utf8), Array("ABSTTL".utf8)], key: 1, isRead: false)
    case .removal: batch.append("DEL", key, isRead: false)
    }
  }

  /// The record after it, where that is known beforehand; nil where it has to be read.
  func outcome(over before: RedisRecord) -> RedisRecord? {
    switch self {
    case .text(let text, let expiry):
      return text.withUnsafeBytes { .string($0, expiry: expiry) }
    case .deadline(let expiry):
      var record = before
      record.expiry = expiry
      return record
    case .removal: return .absent
    case .json, .fields, .restored: return nil
    }
  }

  /// What the key is afterwards, where ``outcome(over:)`` does not say it.
  var kindAfter: RedisRecord.Kind {
    switch self {
    case .json: .json
    case .fields: .hash
    case .restored(_, _, let kind): kind
    case .text, .deadline, .removal: .string
    }
  }
}

/// A key that a commit changes.
struct RedisChange {
  var key: [UInt8]
  var before: RedisRecord
  var write: RedisWrite
}

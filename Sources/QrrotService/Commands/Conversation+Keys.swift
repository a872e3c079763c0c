internal import QrrotCore
internal import QrrotStore
internal import QrrotWire

/// Keys, whatever they hold.
extension Conversation {
  mutating func runKeys(
    _ command: RedisCommand, _ words: Arguments, _ access: inout KeyAccess
  ) throws(RedisError) {
    switch command {
    case .del, .unlink:
      let keys = (1..<words.count).map { words[$0] }
      writer.integer(
        Int64(try redis { () throws(QrrotError) in try access.remove(keys) }))
    case .exists, .touch:
      var count: Int64 = 0
      for index in 1..<words.count where access.find(words[index]) != nil { count += 1 }
      writer.integer(count)
    case .type: writer.simple(access.find(words[1]).map { Self.typeName($0.type) } ?? "none")
    case .dbsize: writer.integer(Int64(access.count()))
    case .flushall, .flushdb: try flush(words, &access)
    case .randomkey:
      if let key = access.randomKey() { writer.bulk(key) } else { writer.null() }
    case .keys: try keys(matching: words[1], &access)
    case .scan: try scan(words, &access)
    case .rename, .renamenx: try rename(words, onlyNew: command == .renamenx, &access)
    case .copy: try copy(words, &access)
    default: try runExpiry(command, words, &access)
    }
  }

  /// What TYPE says: to Redis an int is a string, and the module's documents have a name of their own.
  static func typeName(_ type: ValueType) -> String {
    switch type {
    case .string, .int: "string"
    case .json: "ReJSON-RL"
    }
  }

  private mutating func flush(_ words: Arguments, _ access: inout KeyAccess) throws(RedisError) {
    guard
      words.count == 1 || words.count == 2 && (words.isWord(1, "async") || words.isWord(1, "sync"))
    else { throw .syntax }
    // As Redis does it: at once, and not to be undone, for nobody who gives this word expects less.
    var reply = Reply()
    try redis { () throws(QrrotError) in
      try access.execute(Command(.clear), into: &reply)
    }
    noteRemoval(ofAllBy: words.text(0).lowercased())
    writer.ok()
  }

  private mutating func keys(
    matching text: UnsafeRawBufferPointer, _ access: inout KeyAccess
  ) throws(RedisError) {
    let pattern = RedisPattern(text)
    if streamKeys(matching: pattern, &access) { return }
    // The count comes first, and is not known before the end.
    var keys = ReplyWriter()
    var count = 0
    var cursor: UInt64 = 0
    repeat {
      cursor = try redis { () throws(QrrotError) in
        try access.scan(from: cursor, limit: 4_096) { key, _ throws(QrrotError) in
          guard pattern.matches(key) else { return }
          keys.bulk(key)
          count += 1
        }
      }
    } while cursor != 0
    writer.array(count: count)
    writer.bytes.append(contentsOf: keys.bytes)
  }

  private mutating func scan(_ words: Arguments, _ access: inout KeyAccess) throws(RedisError) {
    guard let cursor = Self.cursor(words[1]) else { throw RedisError("invalid cursor") }
    let options = try ScanOptions(words)
    var keys = ReplyWriter()
    var found = 0
    var next = cursor
    var budget = options.count
    // Places without a key cost less than keys: a small table is looked through at once, as in Redis.
    var work = options.count * 10 + Self.emptyPlaces
    repeat {
      let limit = min(budget, work, StreamTurn.keyCount)
      work -= limit
      next = try redis { () throws(QrrotError) in
        try access.scan(from: next, limit: limit) { key, type throws(QrrotError) in
          budget -= 1
          if let wanted = options.type, Self.typeName(type) != wanted { return }
          if let pattern = options.pattern, !pattern.matches(key) { return }
          keys.bulk(key)
          found += 1
        }
      }
      // There is a cursor to go on from: no reply has to be longer than those that are made whole.
    } while next != 0 && budget > 0 && work > 0
      && keys.bytes.count < service.configuration.streamedByteCount
    writer.array(count: 2)
    writer.bulk(String(next))
    writer.array(count: found)
    writer.bytes.append(contentsOf: keys.bytes)
  }

  private static var emptyPlaces: Int { 640 }

  private static func cursor(_ text: UnsafeRawBufferPointer) -> UInt64? {
    // As C's `strtoul` reads it: nothing is 0, and a minus counts from the end of all numbers.
    guard !text.isEmpty else { return 0 }
    let isSigned = text[0] == UInt8(ascii: "-") || text[0] == UInt8(ascii: "+")
    let digits = text.dropFirst(isSigned ? 1 : 0)
    guard let first = digits.first, first &- UInt8(ascii: "0") <= 9,
      let number = UInt64(String(decoding: digits, as: UTF8.self))
    else { return nil }
    return text[0] == UInt8(ascii: "-") ? 0 &- number : number
  }

  private mutating func rename(
    _ words: Arguments, onlyNew: Bool, _ access: inout KeyAccess
  ) throws(RedisError) {
    let (source, target) = (words[1], words[2])
    guard let found = access.find(source) else { throw .noSuchKey }
    let isSame = source.elementsEqual(target)
    if onlyNew, isSame || access.find(target) != nil { return writer.integer(0) }
    if !isSame {
      try replace(target, by: found, removing: source, &access)
    }
    if onlyNew { writer.integer(1) } else { writer.ok() }
  }

  private mutating func copy(_ words: Arguments, _ access: inout KeyAccess) throws(RedisError) {
    var replaces = false
    var index = 3
    while index < words.count {
      if words.isWord(index, "replace") {
        replaces = true
        index += 1
      } else if words.isWord(index, "db"), index + 1 < words.count {
        guard let number = words.integer(index + 1) else { throw .notAnInteger }
        guard number == 0 else { throw RedisError("DB index is out of range") }
        index += 2
      } else {
        throw .syntax
      }
    }
    let (source, target) = (words[1], words[2])
    guard !source.elementsEqual(target) else {
      throw RedisError("source and destination objects are the same")
    }
    guard let found = access.find(source) else { return writer.integer(0) }
    if !replaces, access.find(target) != nil { return writer.integer(0) }
    try replace(target, by: found, removing: nil, &access)
    writer.integer(1)
  }

  /// Gives `target` what another key holds, and takes that away, as one commit.
  private func replace(
    _ target: UnsafeRawBufferPointer, by found: KeyAccess.Found,
    removing source: UnsafeRawBufferPointer?, _ access: inout KeyAccess
  ) throws(RedisError) {
    let begins = access.beginTransaction()
    do throws(QrrotError) {
      try access.put(
        target, found.type, found.bytes, expiry: found.expiry == 0 ? .end : .at(found.expiry))
      if let source { _ = try access.remove([source]) }
      if begins { try access.endTransaction() }
    } catch {
      if begins { access.dropTransaction() }
      throw RedisError(error)
    }
  }
}

/// What may follow `SCAN cursor`.
struct ScanOptions {
  var pattern: RedisPattern?
  var count = 10
  var type: String?

  init(_ words: Arguments) throws(RedisError) {
    var index = 2
    while index < words.count {
      guard index + 1 < words.count else { throw .syntax }
      if words.isWord(index, "match") {
        pattern = RedisPattern(words[index + 1])
      } else if words.isWord(index, "count") {
        guard let number = words.integer(index + 1) else { throw .notAnInteger }
        guard number >= 1 else { throw .syntax }
        count = Int(min(number, Int64(1 << 40)))
      } else if words.isWord(index, "type") {
        type = words.text(index + 1)
        if type?.lowercased() == "rejson-rl" {
          type = "ReJSON-RL"
        } else {
          type = type?.lowercased()
        }
      } else {
        throw .syntax
      }
      index += 2
    }
  }
}

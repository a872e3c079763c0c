internal import QrrotCore
internal import QrrotStore
internal import QrrotWire

/// Reading and writing strings. An int is a string to Redis; a json value is not.
extension Conversation {
  mutating func runString(
    _ command: RedisCommand, _ words: Arguments, _ access: inout KeyAccess
  ) throws(RedisError) {
    switch command {
    case .get: try get(words[1], isLast: true, &access)
    case .set: try set(words, &access)
    case .getset:
      try get(words[1], &access)
      try store(words[2], at: words[1], &access)
    case .getdel:
      try get(words[1], &access)
      _ = try redis { () throws(QrrotError) in try access.remove([words[1]]) }
    case .getex: try getex(words, &access)
    case .setnx:
      let isNew = access.find(words[1]) == nil
      if isNew { try store(words[2], at: words[1], &access) }
      writer.integer(isNew ? 1 : 0)
    case .setex: try setex(words, unit: .seconds, &access)
    case .psetex: try setex(words, unit: .milliseconds, &access)
    case .mget: mget(words, &access)
    case .mset, .msetnx: try mset(words, onlyNew: command == .msetnx, &access)
    case .incr: try add(1, to: words[1], &access)
    case .decr: try add(-1, to: words[1], &access)
    case .incrby: try incrby(words, isNegative: false, &access)
    case .decrby: try incrby(words, isNegative: true, &access)
    case .incrbyfloat: try incrbyfloat(words, &access)
    case .lcs: try lcs(words, &access)
    case .setbit: try setbit(words, &access)
    case .getbit: try getbit(words, &access)
    default: try runPart(command, words, &access)
    }
  }

  // MARK: - The common forms

  /// GET outside of a transaction.
  ///
  /// - Returns: false if it has not been answered.
  mutating func getAtOnce(_ key: UnsafeRawBufferPointer) -> Bool {
    let limit = service.configuration.streamedByteCount
    let isAnswered = service.engine.withValue(of: key) { type, bytes in
      switch type {
      case .string:
        guard bytes.count <= limit else { return false }
        writer.bulk(bytes)
      case .int: writer.bulk(decimal: bytes.storedInteger)
      case .json: return false
      }
      return true
    }
    guard let isAnswered else {
      if key.isEmpty || key.count > Limits.keyByteCount { return false }
      tally.noteLookUp(found: false)
      writer.null()
      return true
    }
    if isAnswered { tally.noteLookUp(found: true) }
    return isAnswered
  }

  /// SET without options, outside of a transaction.
  ///
  /// - Returns: false if it has not been done.
  mutating func setAtOnce(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Bool {
    guard !session.pointee.keepsUndo, !session.pointee.isReadOnly, !key.isEmpty else {
      return false
    }
    do throws(QrrotError) {
      if value.count <= 20, let integer = DecimalInteger.parse(value) {
        try service.engine.put(integer: integer, forKey: key)
      } else {
        try service.engine.put(string: value, forKey: key)
      }
      writer.ok()
    } catch {
      fail(.set, RedisError(error))
    }
    return true
  }

  // MARK: - Reading

  /// Answers what a key holds as a string.
  ///
  /// - Parameter isLast: whether the command does not change it afterwards.
  mutating func get(
    _ key: UnsafeRawBufferPointer, isLast: Bool = false, _ access: inout KeyAccess
  ) throws(RedisError) {
    guard let found = access.find(key) else {
      tally.noteLookUp(found: false)
      return writer.null()
    }
    tally.noteLookUp(found: true)
    guard found.type != .json else { throw .wrongType }
    if isLast, isStreamed(found.bytes.count) { return stream([key], as: .string(nil), &access) }
    writeString(found)
  }

  /// Answers a value that is no json.
  private mutating func writeString(_ found: KeyAccess.Found) {
    if found.type == .int { return writer.bulk(decimal: found.integer) }
    writer.bulk(found.bytes)
  }

  private mutating func mget(_ words: Arguments, _ access: inout KeyAccess) {
    let start = writer.bytes.count
    writer.array(count: words.count - 1)
    let headEnd = writer.bytes.count
    var isWhole = true
    for index in 1..<words.count {
      let found = access.find(words[index])
      let isThere = found.map { $0.type != .json } ?? false
      tally.noteLookUp(found: isThere)
      guard isWhole else { continue }
      if let found, isThere {
        isWhole = !isStreamed(writer.bytes.count - start + found.bytes.count)
        if isWhole { writeString(found) }
      } else {
        writer.null()
      }
    }
    if isWhole { return }
    let head = Array(writer.bytes[start..<headEnd])
    writer.bytes.removeLast(writer.bytes.count - start)
    stream((1..<words.count).map { words[$0] }, as: .string(nil), head: head, &access)
  }

  /// The text of a key that holds a string or an int; empty if it is absent.
  ///
  /// - Throws: `wrongType`.
  func text(
    of key: UnsafeRawBufferPointer, _ access: inout KeyAccess
  ) throws(RedisError) -> [UInt8] {
    guard let found = access.find(key) else { return [] }
    switch found.type {
    case .string: return Array(found.bytes)
    case .int: return DecimalInteger.withDigits(of: found.integer) { Array($0) }
    case .json: throw .wrongType
    }
  }

  // MARK: - Writing

  /// Gives a key a text: an int if it is a canonical integer, else a string.
  func store(
    _ value: UnsafeRawBufferPointer, at key: UnsafeRawBufferPointer,
    expiry: KeyAccess.Expiry = .end,
    _ access: inout KeyAccess
  ) throws(RedisError) {
    do throws(QrrotError) {
      if let integer = DecimalInteger.parse(value) {
        try access.put(key, integer: integer, expiry: expiry)
      } else {
        try access.put(key, .string, value, expiry: expiry)
      }
    } catch {
      throw RedisError(error)
    }
  }

  private mutating func set(_ words: Arguments, _ access: inout KeyAccess) throws(RedisError) {
    let options = try SetOptions(words)
    let (key, value) = (words[1], words[2])
    let expiry = try options.expiry?.time(words, at: access.moment, command: "set")
    let found = access.find(key)
    if options.returnsOld, let found, found.type == .json { throw .wrongType }
    let isDone: Bool =
      switch options.condition {
      case nil: true
      case .absent: found == nil
      case .present: found != nil
      }
    if options.returnsOld {
      if let found { writeString(found) } else { writer.null() }
    }
    if isDone {
      if let expiry, expiry <= access.moment {
        // A time that is past: Redis takes the key away at once.
        _ = try redis { () throws(QrrotError) in try access.remove([key]) }
      } else {
        let change: KeyAccess.Expiry =
          expiry.map { .at($0) } ?? (options.keepsExpiry ? .keep : .end)
        try store(value, at: key, expiry: change, &access)
      }
    }
    if options.returnsOld { return }
    if isDone { writer.ok() } else { writer.null() }
  }

  private mutating func setex(
    _ words: Arguments, unit: ExpiryOption.Unit, _ access: inout KeyAccess
  ) throws(RedisError) {
    guard let number = words.integer(2) else { throw .notAnInteger }
    let command = unit == .seconds ? "setex" : "psetex"
    let time = try ExpiryOption(number: number, unit: unit, isAbsolute: false)
      .time(at: access.moment, command: command)
    try store(words[3], at: words[1], expiry: .at(time), &access)
    writer.ok()
  }

  private mutating func getex(_ words: Arguments, _ access: inout KeyAccess) throws(RedisError) {
    let options = try GetExOptions(words)
    let key = words[1]
    guard let found = access.find(key) else {
      tally.noteLookUp(found: false)
      return writer.null()
    }
    tally.noteLookUp(found: true)
    guard found.type != .json else { throw .wrongType }
    // Redis reads the number only where there is something to read it for.
    let time = try options.expiry?.time(words, at: access.moment, command: "getex")
    guard options.persists || time != nil else {
      if isStreamed(found.bytes.count) { return stream([key], as: .string(nil), &access) }
      return writeString(found)
    }
    writeString(found)
    do throws(QrrotError) {
      if let time, time <= access.moment {
        _ = try access.remove([key])
      } else {
        try access.put(key, found.type, found.bytes, expiry: time.map { .at($0) } ?? .end)
      }
    } catch {
      throw RedisError(error)
    }
  }

  private mutating func mset(
    _ words: Arguments, onlyNew: Bool, _ access: inout KeyAccess
  ) throws(RedisError) {
    guard words.count % 2 == 1 else { throw .wrongArity(of: onlyNew ? "msetnx" : "mset") }
    let keys = stride(from: 1, to: words.count, by: 2)
    if onlyNew, keys.contains(where: { access.find(words[$0]) != nil }) {
      return writer.integer(0)
    }
    // All or nothing, on the disk too.
    let begins = access.beginTransaction()
    do throws(RedisError) {
      for index in keys { try store(words[index + 1], at: words[index], &access) }
    } catch {
      if begins { access.dropTransaction() }
      throw error
    }
    if begins {
      do throws(QrrotError) { try access.endTransaction() } catch { throw RedisError(error) }
    }
    if onlyNew { writer.integer(1) } else { writer.ok() }
  }
}

internal import QrrotCore
internal import QrrotStore
internal import QrrotWire

/// When keys expire.
extension Conversation {
  mutating func runExpiry(
    _ command: RedisCommand, _ words: Arguments, _ access: inout KeyAccess
  ) throws(RedisError) {
    switch command {
    case .expire: try expire(words, .seconds, isAbsolute: false, &access)
    case .pexpire: try expire(words, .milliseconds, isAbsolute: false, &access)
    case .expireat: try expire(words, .seconds, isAbsolute: true, &access)
    case .pexpireat: try expire(words, .milliseconds, isAbsolute: true, &access)
    case .ttl: answerExpiry(of: words[1], &access) { time, now in Self.seconds(time &- now) }
    case .pttl: answerExpiry(of: words[1], &access) { time, now in time &- now }
    case .expiretime: answerExpiry(of: words[1], &access) { time, _ in Self.seconds(time) }
    case .pexpiretime: answerExpiry(of: words[1], &access) { time, _ in time }
    default:
      guard let found = access.find(words[1]), found.expiry != 0 else { return writer.integer(0) }
      try redis { () throws(QrrotError) in try access.put(words[1], found.type, found.bytes) }
      writer.integer(1)
    }
  }

  /// Milliseconds as whole seconds, rounded as Redis does it; the largest are no exception.
  private static func seconds(_ milliseconds: Int64) -> Int64 {
    let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1_000)
    return rest >= 500 ? seconds + 1 : seconds
  }

  /// -2 for an absent key, -1 for one that does not expire.
  private mutating func answerExpiry(
    of key: UnsafeRawBufferPointer, _ access: inout KeyAccess, _ answer: (Int64, Int64) -> Int64
  ) {
    guard let found = access.find(key) else { return writer.integer(-2) }
    writer.integer(found.expiry == 0 ? -1 : answer(found.expiry, access.moment))
  }

  private mutating func expire(
    _ words: Arguments, _ unit: ExpiryOption.Unit, isAbsolute: Bool, _ access: inout KeyAccess
  ) throws(RedisError) {
    let condition = try ExpireCondition(words)
    guard let number = words.integer(2) else { throw .notAnInteger }
    let name = words.text(0).lowercased()
    let (milliseconds, isTooLarge) =
      unit == .seconds ? number.multipliedReportingOverflow(by: 1_000) : (number, false)
    let (time, overflow) =
      isAbsolute ? (milliseconds, false) : milliseconds.addingReportingOverflow(access.moment)
    guard !isTooLarge, !overflow else { throw .invalidExpiry(of: name) }
    let key = words[1]
    guard let found = access.find(key), condition.allows(time, over: found.expiry) else {
      return writer.integer(0)
    }
    do throws(QrrotError) {
      if time <= access.moment {
        _ = try access.remove([key])
      } else {
        try access.put(key, found.type, found.bytes, expiry: .at(time))
      }
    } catch {
      throw RedisError(error)
    }
    writer.integer(1)
  }
}

/// `NX`, `XX`, `GT`, `LT` behind `EXPIRE` and its like.
private struct ExpireCondition {
  private var isNew = false
  private var isOld = false
  private var isGreater = false
  private var isLess = false

  init(_ words: Arguments) throws(RedisError) {
    for index in stride(from: 3, to: words.count, by: 1) {
      if words.isWord(index, "nx") {
        isNew = true
      } else if words.isWord(index, "xx") {
        isOld = true
      } else if words.isWord(index, "gt") {
        isGreater = true
      } else if words.isWord(index, "lt") {
        isLess = true
      } else {
        throw RedisError("Unsupported option \(words.text(index))")
      }
    }
    guard !(isNew && (isOld || isGreater || isLess)) else {
      throw RedisError("NX and XX, GT or LT options at the same time are not compatible")
    }
    guard !(isGreater && isLess) else {
      throw RedisError("GT and LT options at the same time are not compatible")
    }
  }

  /// Whether a key that expires at `old` (0: never) may be made to expire at `new`.
  func allows(_ new: Int64, over old: Int64) -> Bool {
    if isNew, old != 0 { return false }
    if isOld, old == 0 { return false }
    // Never is later than every time.
    if isGreater, old == 0 || new <= old { return false }
    if isLess, old != 0, new >= old { return false }
    return true
  }
}

/// A time as a command says it: `EX 10`, `PXAT 1700000000000`.
struct ExpiryOption: Equatable {
  enum Unit { case seconds, milliseconds }

  let number: Int64
  let unit: Unit
  let isAbsolute: Bool

  /// The time in milliseconds since 1970; a relative one is after `moment`.
  ///
  /// - Throws: `invalid expire time` where it is not above 0, or beyond 64 bits.
  func time(at moment: Int64, command: String) throws(RedisError) -> Int64 {
    guard number > 0 else { throw .invalidExpiry(of: command) }
    let (milliseconds, isTooLarge) =
      unit == .seconds ? number.multipliedReportingOverflow(by: 1_000) : (number, false)
    let (time, overflow) =
      isAbsolute ? (milliseconds, false) : milliseconds.addingReportingOverflow(moment)
    guard !isTooLarge, !overflow else { throw .invalidExpiry(of: command) }
    return time
  }

}

/// Where a command says a time. Its number is read only once the words are known to be right, as Redis
/// does it.
struct ExpiryPlace {
  private let unit: ExpiryOption.Unit
  private let isAbsolute: Bool
  private let index: Int

  /// The place of one of `EX`, `PX`, `EXAT`, `PXAT` and its number at `index`.
  ///
  /// - Parameter earlier: a place before this one: the same word may stand twice, the last one counts,
  ///   but two different ones may not.
  /// - Throws: `syntax error`, also if another word stands there.
  init(_ words: Arguments, at index: Int, after earlier: ExpiryPlace?) throws(RedisError) {
    switch true {
    case words.isWord(index, "ex"): (unit, isAbsolute) = (.seconds, false)
    case words.isWord(index, "px"): (unit, isAbsolute) = (.milliseconds, false)
    case words.isWord(index, "exat"): (unit, isAbsolute) = (.seconds, true)
    case words.isWord(index, "pxat"): (unit, isAbsolute) = (.milliseconds, true)
    default: throw .syntax
    }
    self.index = index + 1
    guard index + 1 < words.count else { throw .syntax }
    if let earlier, (earlier.unit, earlier.isAbsolute) != (unit, isAbsolute) { throw .syntax }
  }

  /// The time in milliseconds since 1970; a relative one is after `moment`.
  ///
  /// - Throws: that it is no number, or none that can be.
  func time(
    _ words: Arguments, at moment: Int64, command: String
  ) throws(RedisError) -> Int64 {
    guard let number = words.integer(index) else { throw .notAnInteger }
    return try ExpiryOption(number: number, unit: unit, isAbsolute: isAbsolute)
      .time(at: moment, command: command)
  }
}

/// What may follow `SET key value`.
struct SetOptions {
  enum Condition { case absent, present }

  var condition: Condition?
  var returnsOld = false
  var keepsExpiry = false
  var expiry: ExpiryPlace?

  init(_ words: Arguments) throws(RedisError) {
    var index = 3
    while index < words.count {
      if words.isWord(index, "nx"), condition != .present {
        condition = .absent
      } else if words.isWord(index, "xx"), condition != .absent {
        condition = .present
      } else if words.isWord(index, "get") {
        returnsOld = true
      } else if words.isWord(index, "keepttl"), expiry == nil {
        keepsExpiry = true
      } else {
        guard !keepsExpiry else { throw .syntax }
        expiry = try ExpiryPlace(words, at: index, after: expiry)
        index += 1
      }
      index += 1
    }
  }
}

/// What may follow `GETEX key`.
struct GetExOptions {
  var persists = false
  var expiry: ExpiryPlace?

  init(_ words: Arguments) throws(RedisError) {
    var index = 2
    while index < words.count {
      if words.isWord(index, "persist"), expiry == nil {
        persists = true
        index += 1
      } else {
        guard !persists else { throw .syntax }
        expiry = try ExpiryPlace(words, at: index, after: expiry)
        index += 2
      }
    }
  }
}

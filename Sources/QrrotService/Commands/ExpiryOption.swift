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

  /// Reads one of `EX`, `PX`, `EXAT`, `PXAT` and its number at `index`; nil if another word stands there.
  static func read(_ words: Arguments, at index: Int) throws(RedisError) -> ExpiryOption? {
    let form: (Unit, Bool)
    if words.isWord(index, "ex") {
      form = (.seconds, false)
    } else if words.isWord(index, "px") {
      form = (.milliseconds, false)
    } else if words.isWord(index, "exat") {
      form = (.seconds, true)
    } else if words.isWord(index, "pxat") {
      form = (.milliseconds, true)
    } else {
      return nil
    }
    guard index + 1 < words.count else { throw .syntax }
    guard let number = words.integer(index + 1) else { throw .notAnInteger }
    return ExpiryOption(number: number, unit: form.0, isAbsolute: form.1)
  }
}

/// What may follow `SET key value`.
struct SetOptions {
  enum Condition { case absent, present }

  var condition: Condition?
  var returnsOld = false
  var keepsExpiry = false
  var expiry: ExpiryOption?

  init(_ words: Arguments) throws(RedisError) {
    var index = 3
    // A number that is none is told only once the words are right, as Redis does.
    var failure: RedisError?
    while index < words.count {
      if words.isWord(index, "nx"), condition != .present {
        condition = .absent
      } else if words.isWord(index, "xx"), condition != .absent {
        condition = .present
      } else if words.isWord(index, "get") {
        returnsOld = true
      } else if words.isWord(index, "keepttl"), expiry == nil, failure == nil {
        keepsExpiry = true
      } else {
        guard !keepsExpiry, expiry == nil, failure == nil else { throw .syntax }
        do throws(RedisError) {
          guard let option = try ExpiryOption.read(words, at: index) else { throw .syntax }
          expiry = option
        } catch {
          if error == .syntax { throw error }
          failure = error
        }
        index += 1
      }
      index += 1
    }
    if let failure { throw failure }
  }
}

/// What may follow `GETEX key`.
struct GetExOptions {
  var persists = false
  var expiry: ExpiryOption?

  init(_ words: Arguments) throws(RedisError) {
    var index = 2
    while index < words.count {
      guard !persists, expiry == nil else { throw .syntax }
      if words.isWord(index, "persist") {
        persists = true
        index += 1
      } else {
        guard let option = try ExpiryOption.read(words, at: index) else { throw .syntax }
        expiry = option
        index += 2
      }
    }
  }
}

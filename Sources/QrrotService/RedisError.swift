internal import QrrotCore

/// An error reply: the first word, by which clients know it, and a sentence. The texts are Redis' own
/// where Redis has the same error.
struct RedisError: Error, Equatable, Sendable {
  var code: String
  var message: String

  init(_ message: String, code: String = "ERR") {
    self.message = message
    self.code = code
  }

  /// What the engine says, as Redis says it where it does.
  init(_ error: QrrotError) {
    code = Conversation.code(of: error)
    message = ""
    switch error.code {
    case .tooLarge where code == Self.outOfMemory.code: self = .outOfMemory
    default: message = error.message
    }
  }

  static let syntax = RedisError("syntax error")
  static let outOfMemory = RedisError(
    "command not allowed when used memory > 'maxmemory'.", code: "OOM")
  static let noAuth = RedisError("Authentication required.", code: "NOAUTH")
  static let notAnInteger = RedisError("value is not an integer or out of range")
  static let notAFloat = RedisError("value is not a valid float")
  static let wrongType = RedisError(
    "Operation against a key holding the wrong kind of value", code: "WRONGTYPE")
  static let notInTransaction = RedisError("Command not allowed inside a transaction")
  static let noSuchKey = RedisError("no such key")
  static let overflow = RedisError("increment or decrement would overflow")
  static let tooLong = RedisError("string exceeds maximum allowed size (proto-max-bulk-len)")
  static let offsetOutOfRange = RedisError("offset is out of range")
  static let emptyKey = RedisError("a key has at least one byte")

  static func longKey(_ byteCount: Int) -> RedisError {
    RedisError("a key may be \(Limits.keyByteCount) bytes long; this one has \(byteCount)")
  }

  static func wrongArity(of name: String) -> RedisError {
    RedisError("wrong number of arguments for '\(name)' command")
  }

  static func invalidExpiry(of name: String) -> RedisError {
    RedisError("invalid expire time in '\(name)' command")
  }

  /// What EXEC says that carries out nothing.
  static func discarded(because error: RedisError) -> RedisError {
    let reason = error.code == "ERR" ? error.message : "\(error.code) \(error.message)"
    return RedisError("Transaction discarded because of: \(reason)", code: "EXECABORT")
  }

  static func unknownSubcommand(_ words: Arguments) -> RedisError {
    let name = words.text(0).uppercased()
    let word = String(decoding: words[1].prefix(128), as: UTF8.self)
    return RedisError("unknown subcommand '\(word)'. Try \(name) HELP.")
  }
}

extension Conversation {
  /// The first word of an error reply for what the engine says.
  static func code(of error: QrrotError) -> String {
    switch error.code {
    case .tooLarge where error.message.contains("--max-memory"): "OOM"
    // A transaction may stage so much.
    case .budget where error.message.contains("would be staged"): "OOM"
    case .readOnly: "READONLY"
    case .io: "MISCONF"
    default: "ERR"
    }
  }
}

/// Runs `body`, whose errors are the engine's.
func redis<R: ~Copyable>(_ body: () throws(QrrotError) -> R) throws(RedisError) -> R {
  do throws(QrrotError) {
    return try body()
  } catch {
    throw RedisError(error)
  }
}

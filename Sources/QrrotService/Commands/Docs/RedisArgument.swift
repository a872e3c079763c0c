/// One argument of a command, as `COMMAND DOCS` tells it: what a client shows as a hint.
struct RedisArgument: Sendable, Equatable {
  /// What stands in an argument's place; the names are those of Redis.
  enum Kind: String, Sendable {
    case key, string, integer, double, pattern, oneof, block
    case unixTime = "unix-time"
    case pureToken = "pure-token"
  }

  var name: String
  var kind: Kind
  /// The word that stands in front of it, or instead of it.
  var token: String?
  /// Which of the command's groups of keys it belongs to, as `COMMAND INFO` counts them; nil if it is no key.
  var keySpecIndex: Int?
  /// The alternatives of a `oneof`, the parts of a `block`.
  var parts: [RedisArgument] = []
  var isOptional = false
  var isMultiple = false

  init(_ name: String, _ kind: Kind, token: String? = nil) {
    self.name = name
    self.kind = kind
    self.token = token
  }

  /// What an argument of this name mostly is.
  static func usualKind(of name: String) -> Kind {
    switch name {
    case "key", "key1", "key2", "newkey", "source", "destination": .key
    case "client-id", "count", "cursor", "decrement", "destination-db", "end", "increment", "index",
      "len", "milliseconds", "offset", "protover", "seconds", "start":
      .integer
    case "unix-time-seconds", "unix-time-milliseconds": .unixTime
    case "pattern": .pattern
    default: .string
    }
  }

  /// As ``RedisSyntaxReader`` reads it.
  var text: String {
    var text = token ?? ""
    if kind != .pureToken {
      text += (token == nil ? "" : " ") + name
      switch kind {
      case .oneof: text += "(" + parts.map(\.text).joined(separator: "|") + ")"
      case .block: text += "(" + parts.map(\.text).joined(separator: " ") + ")"
      default: text += kind == Self.usualKind(of: name) ? "" : "=" + kind.rawValue
      }
    }
    if isMultiple { text += "..." }
    return isOptional ? "[\(text)]" : text
  }
}

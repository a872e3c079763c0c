/// A command of Redis that is understood here.
///
/// The raw values index ``RedisCommandSpec/all``.
enum RedisCommand: UInt8, CaseIterable, Sendable {
  // Connections.
  case ping, echo, hello, auth, select, quit, reset, command, client
  // The server.
  case info, config, dbsize, flushall, flushdb, save, bgsave, lastsave, monitor, time
  // Strings.
  case get, set, getset, getdel, getex, setnx, setex, psetex, mget, mset, msetnx
  case append, strlen, getrange, substr, setrange, incr, decr, incrby, decrby, incrbyfloat
  // Keys.
  case del, unlink, exists, type, keys, scan, randomkey, rename, renamenx, touch, copy
  case expire, pexpire, expireat, pexpireat, ttl, pttl, expiretime, pexpiretime, persist
  // Transactions.
  case multi, exec, discard, watch, unwatch
  // JSON.
  case jsonSet, jsonGet, jsonDel, jsonForget, jsonType, jsonNumIncrBy
  // Our own language.
  case qrrot
  // Shells far away.
  case qrrotCall, qrrotControl

  /// The name in lower case, as Redis lists it.
  var text: String { RedisCommandSpec.all[Int(rawValue)].name }
  /// The entry in the table.
  var spec: RedisCommandSpec { RedisCommandSpec.all[Int(rawValue)] }
}

/// Finds a command by its name, in any case, without making a string.
struct RedisCommandIndex: Sendable {
  /// A name of at most 16 bytes as two words.
  private struct Name: Equatable {
    var low: UInt64 = 0
    var high: UInt64 = 0

    var hash: Int {
      let mixed = (low ^ high &* 0x9E37_79B9_7F4A_7C15) &* 0xD6E8_FEB8_6659_FD93
      return Int(truncatingIfNeeded: mixed >> 55)
    }
  }

  // 512 places, probed one after another.
  private var names = [Name](repeating: Name(), count: 512)
  private var commands = [RedisCommand?](repeating: nil, count: 512)
  private let flags = RedisCommandSpec.all.map(\.flags)
  private let arities = RedisCommandSpec.all.map(\.arity)
  private let keys = RedisCommandSpec.all.map(\.keys)

  init() {
    for command in RedisCommand.allCases {
      let text = Array(command.text.utf8)
      guard let name = text.withUnsafeBytes({ Self.name($0) }) else { continue }
      var index = name.hash
      while commands[index] != nil { index = (index + 1) & 511 }
      names[index] = name
      commands[index] = command
    }
  }

  /// The command of a name; nil if there is none.
  ///
  /// - Complexity: O(1).
  func find(_ text: UnsafeRawBufferPointer) -> RedisCommand? {
    guard let name = Self.name(text) else { return nil }
    var index = name.hash
    while let command = commands[index] {
      if names[index] == name { return command }
      index = (index + 1) & 511
    }
    return nil
  }

  /// What a command is like, without copying its whole entry.
  @inline(__always)
  func flags(of command: RedisCommand) -> RedisCommandSpec.Flags { flags[Int(command.rawValue)] }

  /// Whether so many words are right.
  @inline(__always)
  func arity(of command: RedisCommand, allows count: Int) -> Bool {
    let arity = arities[Int(command.rawValue)]
    return arity >= 0 ? count == arity : count >= -arity
  }

  /// Where its keys stand.
  @inline(__always)
  func keys(of command: RedisCommand) -> (first: Int, last: Int, step: Int) {
    keys[Int(command.rawValue)]
  }

  private static func name(_ text: UnsafeRawBufferPointer) -> Name? {
    guard text.count <= 16, !text.isEmpty else { return nil }
    var name = Name()
    for (index, byte) in text.enumerated() {
      let lower = UInt64(byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte)
      if index < 8 {
        name.low |= lower << (8 * UInt64(index))
      } else {
        name.high |= lower << (8 * UInt64(index - 8))
      }
    }
    return name
  }

  static let shared = RedisCommandIndex()
}

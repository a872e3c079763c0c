/// A group of keys of a command, and what is done with them, as `COMMAND INFO` and
/// `COMMAND GETKEYSANDFLAGS` tell it.
struct RedisKeySpec: Sendable {
  /// Redis' words for it: `RO`, `RW`, `OW` (overwrites), `RM` (removes), and what becomes of the data.
  let access: [String]
  /// What these words leave open.
  let note: String?
  /// Where the keys stand: first, last (negative: counted from the end) and the step.
  let first: Int
  let last: Int
  let step: Int
}

extension RedisCommand {
  /// The groups of its keys, in the order in which they stand.
  var keySpecs: [RedisKeySpec] {
    let keys = spec.keys
    let groups = keyAccess
    return groups.enumerated().map { index, access in
      let first = keys.first + index * keys.step
      return RedisKeySpec(
        access: access, note: keyNote, first: first,
        last: groups.count > 1 ? first : keys.last, step: keys.step)
    }
  }

  private var keyAccess: [[String]] {
    switch self {
    case .strlen, .exists, .type, .touch, .watch: [["RO"]]
    case .get, .mget, .getrange, .substr, .lcs, .getbit, .ttl, .pttl, .expiretime, .pexpiretime,
      .jsonGet, .jsonType:
      [["RO", "access"]]
    case .set: [["RW", "access", "update", "variable_flags"]]
    case .getset, .getex, .incr, .decr, .incrby, .decrby, .incrbyfloat, .setbit, .jsonNumIncrBy:
      [["RW", "access", "update"]]
    case .setrange, .expire, .pexpire, .expireat, .pexpireat, .persist, .jsonSet:
      [["RW", "update"]]
    case .append: [["RW", "insert"]]
    case .getdel: [["RW", "access", "delete"]]
    case .jsonDel, .jsonForget: [["RW", "delete"]]
    case .setex, .psetex, .mset: [["OW", "update"]]
    case .setnx, .msetnx: [["OW", "insert"]]
    case .del, .unlink: [["RM", "delete"]]
    case .rename: [["RW", "access", "delete"], ["OW", "update"]]
    case .renamenx: [["RW", "access", "delete"], ["OW", "insert"]]
    case .copy: [["RO", "access"], ["OW", "update"]]
    default: []
    }
  }

  private var keyNote: String? {
    switch self {
    case .set: "RW and ACCESS due to the optional `GET` argument"
    case .getex: "RW and UPDATE because it changes the TTL"
    default: nil
    }
  }

  /// What clients may want to know of its replies, in the words of Redis.
  var tips: [String] {
    switch self {
    case .ping, .flushall, .flushdb: ["request_policy:all_shards", "response_policy:all_succeeded"]
    case .command: ["nondeterministic_output_order"]
    case .info:
      ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"]
    case .dbsize: ["request_policy:all_shards", "response_policy:agg_sum"]
    case .lastsave, .time, .ttl, .pttl: ["nondeterministic_output"]
    case .mget: ["request_policy:multi_shard"]
    case .mset: ["request_policy:multi_shard", "response_policy:all_succeeded"]
    case .msetnx: ["request_policy:multi_shard", "response_policy:agg_min"]
    case .del, .unlink, .exists, .touch:
      ["request_policy:multi_shard", "response_policy:agg_sum"]
    case .keys: ["request_policy:all_shards", "nondeterministic_output_order"]
    case .scan: ["nondeterministic_output", "request_policy:special"]
    case .randomkey: ["request_policy:all_shards", "nondeterministic_output"]
    default: []
    }
  }
}

extension RedisSubcommandSpec {
  /// What clients may want to know of its replies, in the words of Redis.
  var tips: [String] {
    switch fullName {
    case "client|list", "client|info": ["nondeterministic_output"]
    case "command|info", "command|list", "command|docs": ["nondeterministic_output_order"]
    case "config|set": ["request_policy:all_nodes", "response_policy:all_succeeded"]
    default: []
    }
  }
}

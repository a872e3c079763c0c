extension RedisCommand {
  /// How it is written behind its name, as ``RedisSyntaxReader`` reads it; empty if nothing follows.
  var syntax: String {
    switch self {
    case .quit, .reset, .dbsize, .save, .lastsave, .monitor, .time, .randomkey, .multi, .exec,
      .discard, .unwatch:
      ""
    // What follows is told of each subcommand.
    case .command, .client, .config: ""
    case .ping: "[message]"
    case .echo: "message"
    case .hello:
      "[arguments(protover [AUTH username_password(username password)] [SETNAME clientname])]"
    case .auth: "[username] password"
    case .select: "index"
    case .info: "[section...]"
    case .flushall, .flushdb: "[async(ASYNC|SYNC)]"
    case .bgsave: "[SCHEDULE]"
    case .get, .getdel, .strlen, .incr, .decr, .type, .ttl, .pttl, .expiretime, .pexpiretime,
      .persist:
      "key"
    case .mget, .del, .unlink, .exists, .touch, .watch: "key..."
    case .set:
      "key value [condition(NX|XX)] [GET] [expiration(EX seconds|PX milliseconds"
        + "|EXAT unix-time-seconds|PXAT unix-time-milliseconds|KEEPTTL)]"
    case .getex:
      "key [expiration(EX seconds|PX milliseconds"
        + "|EXAT unix-time-seconds|PXAT unix-time-milliseconds|PERSIST)]"
    case .getset, .setnx, .append: "key value"
    case .setex: "key seconds value"
    case .psetex: "key milliseconds value"
    case .mset, .msetnx: "key_value(key value)..."
    case .getrange, .substr: "key start end"
    case .setrange: "key offset value"
    case .incrby: "key increment"
    case .decrby: "key decrement"
    case .incrbyfloat: "key increment=double"
    case .lcs: "key1 key2 [LEN] [IDX] [MINMATCHLEN len] [WITHMATCHLEN]"
    case .setbit: "key offset value=integer"
    case .getbit: "key offset"
    case .keys: "pattern"
    case .scan: "cursor [MATCH pattern] [COUNT count] [TYPE type]"
    case .rename, .renamenx: "key newkey"
    case .copy: "source destination [DB destination-db] [REPLACE]"
    case .expire: "key seconds [condition(NX|XX|GT|LT)]"
    case .pexpire: "key milliseconds [condition(NX|XX|GT|LT)]"
    case .expireat: "key unix-time-seconds [condition(NX|XX|GT|LT)]"
    case .pexpireat: "key unix-time-milliseconds [condition(NX|XX|GT|LT)]"
    case .jsonSet: "key path value [condition(NX|XX)]"
    case .jsonGet: "key [INDENT indent] [NEWLINE newline] [SPACE space] [path...]"
    case .jsonDel, .jsonForget, .jsonType: "key [path]"
    case .jsonNumIncrBy: "key path value=double"
    case .qrrot: "command [argument...]"
    case .qrrotCall: "request"
    case .qrrotControl: "operation(STOP|STATUS) client-id token=integer call=integer"
    }
  }

  /// What follows its name.
  var arguments: [RedisArgument] { Self.allArguments[Int(rawValue)] }

  /// By their raw values, read once.
  private static let allArguments: [[RedisArgument]] = allCases.map { command in
    // That all of them can be read is tested.
    (try? RedisSyntaxReader.read(command.syntax, keySpecCount: command.keySpecs.count)) ?? []
  }
}

extension RedisSubcommandSpec {
  /// How those are written, by their full names, that are given something.
  static let argumentSyntax: [String: String] = [
    "client|kill":
      "filter(ip:port|new-format([ID client-id]"
      + "|[TYPE normal_master_slave_pubsub(NORMAL|MASTER|SLAVE|REPLICA|PUBSUB)]|[USER username]"
      + "|[ADDR ip:port]|[LADDR ip:port]|[SKIPME yes/no])...)",
    "client|list":
      "[TYPE normal_master_replica_pubsub(NORMAL|MASTER|REPLICA|PUBSUB)] [ID id(client-id...)]",
    "client|reply": "on_off_skip(ON|OFF|SKIP)",
    "client|setname": "connection-name",
    "client|setinfo": "attr(LIB-NAME libname|LIB-VER libver)",
    "client|no-evict": "enabled(ON|OFF)",
    "client|no-touch": "enabled(ON|OFF)",
    "config|get": "parameter(parameter)...",
    "config|set": "parameter_value(parameter value)...",
    "command|list": "[FILTERBY filterby(MODULE module-name|ACLCAT category|PATTERN pattern)]",
    "command|info": "[command-name...]",
    "command|docs": "[command-name...]",
    "command|getkeys": "command arg...",
    "command|getkeysandflags": "command arg...",
  ]

  /// What follows its name.
  var arguments: [RedisArgument] { Self.allArguments[fullName] ?? [] }

  private static let allArguments: [String: [RedisArgument]] = argumentSyntax.compactMapValues {
    try? RedisSyntaxReader.read($0, keySpecCount: 0)
  }
}

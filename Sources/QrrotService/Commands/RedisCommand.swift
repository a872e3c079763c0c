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
  case lcs, setbit, getbit
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

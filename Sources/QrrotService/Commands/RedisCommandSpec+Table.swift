/// Every command, in the order of ``RedisCommand``. What each does is what Redis says of it.
extension RedisCommandSpec {
  static let all: [RedisCommandSpec] = [
    // Name, arity, flags, keys, group, since, complexity, summary.
    RedisCommandSpec(
      "ping", -1, [.fast], 0, 0, 0, "connection", "1.0.0",
      "O(1)",
      "Returns the server's liveliness response."),
    RedisCommandSpec(
      "echo", 2, [.fast], 0, 0, 0, "connection", "1.0.0",
      "O(1)",
      "Returns the given string."),
    RedisCommandSpec(
      "hello", -1, [.fast, .noAuth, .sensitive], 0, 0, 0, "connection", "6.0.0",
      "O(1)",
      "Handshakes with the server: the protocol's version, and logging in."),
    RedisCommandSpec(
      "auth", -2, [.fast, .noAuth, .sensitive], 0, 0, 0, "connection", "1.0.0",
      "O(1)",
      "Authenticates the connection."),
    RedisCommandSpec(
      "select", 2, [.fast], 0, 0, 0, "connection", "1.0.0",
      "O(1)",
      "Changes the selected database; there is database 0."),
    RedisCommandSpec(
      "quit", -1, [.fast, .noAuth, .notQueued], 0, 0, 0, "connection", "1.0.0",
      "O(1)",
      "Closes the connection."),
    RedisCommandSpec(
      "reset", 1, [.fast, .noAuth, .notQueued], 0, 0, 0, "connection", "6.2.0",
      "O(1)",
      "Resets the connection."),
    RedisCommandSpec(
      "command", -1, [.container], 0, 0, 0, "server", "2.8.13",
      "O(N) where N is the number of commands",
      "Returns detailed information about all commands."),
    RedisCommandSpec(
      "client", -2, [.container], 0, 0, 0, "connection", "2.4.0",
      "Depends on subcommand.",
      "A container for client connection commands."),
    RedisCommandSpec(
      "info", -1, [.data], 0, 0, 0, "server", "1.0.0",
      "O(1)",
      "Returns information and statistics about the server."),
    RedisCommandSpec(
      "config", -2, [.admin, .container], 0, 0, 0, "server", "2.0.0",
      "Depends on subcommand.",
      "A container for server configuration commands; the configuration is read only."),
    RedisCommandSpec(
      "dbsize", 1, [.data, .readOnly, .fast], 0, 0, 0, "server", "1.0.0",
      "O(1)",
      "Returns the number of keys in the database."),
    RedisCommandSpec(
      "flushall", -1, [.data, .write], 0, 0, 0, "server", "1.0.0",
      "O(N) where N is the number of keys",
      "Removes all keys."),
    RedisCommandSpec(
      "flushdb", -1, [.data, .write], 0, 0, 0, "server", "1.0.0",
      "O(N) where N is the number of keys",
      "Removes all keys from the current database."),
    RedisCommandSpec(
      "save", 1, [.admin, .noMulti], 0, 0, 0, "server", "1.0.0",
      "O(N) where N is the number of keys",
      "Synchronously saves the database to disk."),
    RedisCommandSpec(
      "bgsave", -1, [.admin], 0, 0, 0, "server", "1.0.0",
      "O(1)",
      "Asynchronously saves the database to disk."),
    RedisCommandSpec(
      "lastsave", 1, [.fast], 0, 0, 0, "server", "1.0.0",
      "O(1)",
      "Returns the Unix timestamp of the last successful save to disk."),
    RedisCommandSpec(
      "monitor", 1, [.admin, .noMulti], 0, 0, 0, "server", "1.0.0",
      "",
      "Listens for all requests received by the server in real-time."),
    RedisCommandSpec(
      "time", 1, [.fast], 0, 0, 0, "server", "2.6.0",
      "O(1)",
      "Returns the server time."),
    RedisCommandSpec(
      "get", 2, [.data, .readOnly, .fast], 1, 1, 1, "string", "1.0.0",
      "O(1)",
      "Returns the string value of a key."),
    RedisCommandSpec(
      "set", -3, [.data, .write, .denyOOM], 1, 1, 1, "string", "1.0.0",
      "O(1)",
      "Sets the string value of a key, ignoring its type. The key is created if it doesn't exist."),
    RedisCommandSpec(
      "getset", 3, [.data, .write, .denyOOM, .fast], 1, 1, 1, "string", "1.0.0",
      "O(1)",
      "Returns the previous string value of a key after setting it to a new value."),
    RedisCommandSpec(
      "getdel", 2, [.data, .write, .fast], 1, 1, 1, "string", "6.2.0",
      "O(1)",
      "Returns the string value of a key after deleting the key."),
    RedisCommandSpec(
      "getex", -2, [.data, .write, .fast], 1, 1, 1, "string", "6.2.0",
      "O(1)",
      "Returns the string value of a key after setting its expiration time."),
    RedisCommandSpec(
      "setnx", 3, [.data, .write, .denyOOM, .fast], 1, 1, 1, "string", "1.0.0",
      "O(1)",
      "Sets the string value of a key only when the key doesn't exist."),
    RedisCommandSpec(
      "setex", 4, [.data, .write, .denyOOM], 1, 1, 1, "string", "2.0.0",
      "O(1)",
      "Sets the string value and expiration time of a key."),
    RedisCommandSpec(
      "psetex", 4, [.data, .write, .denyOOM], 1, 1, 1, "string", "2.6.0",
      "O(1)",
      "Sets both string value and expiration time in milliseconds of a key."),
    RedisCommandSpec(
      "mget", -2, [.data, .readOnly, .fast], 1, -1, 1, "string", "1.0.0",
      "O(N) where N is the number of keys to retrieve",
      "Atomically returns the string values of one or more keys."),
    RedisCommandSpec(
      "mset", -3, [.data, .write, .denyOOM], 1, -1, 2, "string", "1.0.1",
      "O(N) where N is the number of keys to set",
      "Atomically creates or modifies the string values of one or more keys."),
    RedisCommandSpec(
      "msetnx", -3, [.data, .write, .denyOOM], 1, -1, 2, "string", "1.0.1",
      "O(N) where N is the number of keys to set",
      "Atomically modifies the string values of one or more keys only when all keys don't exist."),
    RedisCommandSpec(
      "append", 3, [.data, .write, .denyOOM, .fast], 1, 1, 1, "string", "2.0.0",
      "O(N) where N is the length of the value",
      "Appends a string to the value of a key. Creates the key if it doesn't exist."),
    RedisCommandSpec(
      "strlen", 2, [.data, .readOnly, .fast], 1, 1, 1, "string", "2.2.0",
      "O(1)",
      "Returns the length of a string value."),
    RedisCommandSpec(
      "getrange", 4, [.data, .readOnly], 1, 1, 1, "string", "2.4.0",
      "O(N) where N is the length of the returned string",
      "Returns a substring of the string stored at a key."),
    RedisCommandSpec(
      "substr", 4, [.data, .readOnly], 1, 1, 1, "string", "1.0.0",
      "O(N) where N is the length of the returned string",
      "Returns a substring from a string value."),
    RedisCommandSpec(
      "setrange", 4, [.data, .write, .denyOOM], 1, 1, 1, "string", "2.2.0",
      "O(N) where N is the length of the value",
      "Overwrites a part of a string value with another by an offset. Creates the key if it doesn't exist."
    ),
    RedisCommandSpec(
      "incr", 2, [.data, .write, .denyOOM, .fast], 1, 1, 1, "string", "1.0.0",
      "O(1)",
      "Increments the integer value of a key by one. Uses 0 as initial value if the key doesn't exist."
    ),
    RedisCommandSpec(
      "decr", 2, [.data, .write, .denyOOM, .fast], 1, 1, 1, "string", "1.0.0",
      "O(1)",
      "Decrements the integer value of a key by one. Uses 0 as initial value if the key doesn't exist."
    ),
    RedisCommandSpec(
      "incrby", 3, [.data, .write, .denyOOM, .fast], 1, 1, 1, "string", "1.0.0",
      "O(1)",
      "Increments the integer value of a key by a number. Uses 0 as initial value if the key doesn't exist."
    ),
    RedisCommandSpec(
      "decrby", 3, [.data, .write, .denyOOM, .fast], 1, 1, 1, "string", "1.0.0",
      "O(1)",
      "Decrements a number from the integer value of a key. Uses 0 as initial value if the key doesn't exist."
    ),
    RedisCommandSpec(
      "incrbyfloat", 3, [.data, .write, .denyOOM, .fast], 1, 1, 1, "string", "2.6.0",
      "O(1)",
      "Increment the floating point value of a key by a number. Uses 0 as initial value if the key doesn't exist."
    ),
    RedisCommandSpec(
      "lcs", -3, [.data, .readOnly], 1, 2, 1, "string", "7.0.0",
      "O(N*M) where N and M are the lengths of the strings",
      "Finds the longest common substring."),
    RedisCommandSpec(
      "setbit", 4, [.data, .write, .denyOOM], 1, 1, 1, "bitmap", "2.2.0",
      "O(N) where N is the length of the value",
      "Sets or clears the bit at offset of the string value. Creates the key if it doesn't exist."),
    RedisCommandSpec(
      "getbit", 3, [.data, .readOnly, .fast], 1, 1, 1, "bitmap", "2.2.0",
      "O(1)",
      "Returns a bit value by offset."),
    RedisCommandSpec(
      "del", -2, [.data, .write], 1, -1, 1, "generic", "1.0.0",
      "O(N) where N is the number of keys",
      "Deletes one or more keys."),
    RedisCommandSpec(
      "unlink", -2, [.data, .write, .fast], 1, -1, 1, "generic", "4.0.0",
      "O(N) where N is the number of keys",
      "Deletes one or more keys."),
    RedisCommandSpec(
      "exists", -2, [.data, .readOnly, .fast], 1, -1, 1, "generic", "1.0.0",
      "O(N) where N is the number of keys to check",
      "Determines whether one or more keys exist."),
    RedisCommandSpec(
      "type", 2, [.data, .readOnly, .fast], 1, 1, 1, "generic", "1.0.0",
      "O(1)",
      "Determines the type of value stored at a key."),
    RedisCommandSpec(
      "keys", 2, [.data, .readOnly], 0, 0, 0, "generic", "1.0.0",
      "O(N) where N is the number of keys in the database",
      "Returns all key names that match a pattern."),
    RedisCommandSpec(
      "scan", -2, [.data, .readOnly], 0, 0, 0, "generic", "2.8.0",
      "O(1) for every call, O(N) for a complete iteration",
      "Iterates over the key names in the database."),
    RedisCommandSpec(
      "randomkey", 1, [.data, .readOnly], 0, 0, 0, "generic", "1.0.0",
      "O(1)",
      "Returns a random key name from the database."),
    RedisCommandSpec(
      "rename", 3, [.data, .write], 1, 2, 1, "generic", "1.0.0",
      "O(N) where N is the length of the value",
      "Renames a key and overwrites the destination."),
    RedisCommandSpec(
      "renamenx", 3, [.data, .write, .fast], 1, 2, 1, "generic", "1.0.0",
      "O(N) where N is the length of the value",
      "Renames a key only when the target key name doesn't exist."),
    RedisCommandSpec(
      "touch", -2, [.data, .readOnly, .fast], 1, -1, 1, "generic", "3.2.1",
      "O(N) where N is the number of keys",
      "Returns the number of existing keys out of those specified."),
    RedisCommandSpec(
      "copy", -3, [.data, .write, .denyOOM], 1, 2, 1, "generic", "6.2.0",
      "O(N) where N is the length of the value",
      "Copies the value of a key to a new key."),
    RedisCommandSpec(
      "expire", -3, [.data, .write, .fast], 1, 1, 1, "generic", "1.0.0",
      "O(1)",
      "Sets the expiration time of a key in seconds."),
    RedisCommandSpec(
      "pexpire", -3, [.data, .write, .fast], 1, 1, 1, "generic", "2.6.0",
      "O(1)",
      "Sets the expiration time of a key in milliseconds."),
    RedisCommandSpec(
      "expireat", -3, [.data, .write, .fast], 1, 1, 1, "generic", "1.2.0",
      "O(1)",
      "Sets the expiration time of a key to a Unix timestamp."),
    RedisCommandSpec(
      "pexpireat", -3, [.data, .write, .fast], 1, 1, 1, "generic", "2.6.0",
      "O(1)",
      "Sets the expiration time of a key to a Unix milliseconds timestamp."),
    RedisCommandSpec(
      "ttl", 2, [.data, .readOnly, .fast], 1, 1, 1, "generic", "1.0.0",
      "O(1)",
      "Returns the expiration time in seconds of a key."),
    RedisCommandSpec(
      "pttl", 2, [.data, .readOnly, .fast], 1, 1, 1, "generic", "2.6.0",
      "O(1)",
      "Returns the expiration time in milliseconds of a key."),
    RedisCommandSpec(
      "expiretime", 2, [.data, .readOnly, .fast], 1, 1, 1, "generic", "7.0.0",
      "O(1)",
      "Returns the expiration time of a key as a Unix timestamp."),
    RedisCommandSpec(
      "pexpiretime", 2, [.data, .readOnly, .fast], 1, 1, 1, "generic", "7.0.0",
      "O(1)",
      "Returns the expiration time of a key as a Unix milliseconds timestamp."),
    RedisCommandSpec(
      "persist", 2, [.data, .write, .fast], 1, 1, 1, "generic", "2.2.0",
      "O(1)",
      "Removes the expiration time of a key."),
    RedisCommandSpec(
      "multi", 1, [.fast, .notQueued], 0, 0, 0, "transactions", "1.2.0",
      "O(1)",
      "Starts a transaction."),
    RedisCommandSpec(
      "exec", 1, [.notQueued], 0, 0, 0, "transactions", "1.2.0",
      "Depends on commands in the transaction",
      "Executes all commands in a transaction."),
    RedisCommandSpec(
      "discard", 1, [.fast, .notQueued], 0, 0, 0, "transactions", "2.0.0",
      "O(N), when N is the number of queued commands",
      "Discards a transaction."),
    RedisCommandSpec(
      "watch", -2, [.fast, .notQueued], 1, -1, 1, "transactions", "2.2.0",
      "O(1) for every key.",
      "Monitors changes to keys to determine the execution of a transaction."),
    RedisCommandSpec(
      "unwatch", 1, [.fast], 0, 0, 0, "transactions", "2.2.0",
      "O(1)",
      "Forgets about watched keys of a transaction."),
    RedisCommandSpec(
      "json.set", -4, [.data, .write, .denyOOM], 1, 1, 1, "json", "1.0.0",
      "O(M+N) where M is the size of the document and N of the value",
      "Sets or updates the JSON value at a path."),
    RedisCommandSpec(
      "json.get", -2, [.data, .readOnly], 1, 1, 1, "json", "1.0.0",
      "O(N) where N is the size of the document",
      "Gets the value at one or more paths in JSON serialized form."),
    RedisCommandSpec(
      "json.del", -2, [.data, .write], 1, 1, 1, "json", "1.0.0",
      "O(N) where N is the size of the document",
      "Deletes a value."),
    RedisCommandSpec(
      "json.forget", -2, [.data, .write], 1, 1, 1, "json", "1.0.0",
      "O(N) where N is the size of the document",
      "Deletes a value."),
    RedisCommandSpec(
      "json.type", -2, [.data, .readOnly], 1, 1, 1, "json", "1.0.0",
      "O(N) where N is the size of the document",
      "Returns the type of the JSON value at path."),
    RedisCommandSpec(
      "json.numincrby", 4, [.data, .write, .denyOOM], 1, 1, 1, "json", "1.0.0",
      "O(N) where N is the size of the document",
      "Increments the numeric value at path by a value."),
    RedisCommandSpec(
      "qrrot", -2, [], 0, 0, 0, "qrrot", "0.1.0",
      "Depends on the command.",
      "Runs a line of qrrot's own command language."),
    RedisCommandSpec(
      "qrrot.call", 2, [.noMulti, .sensitive, .skipMonitor], 0, 0, 0, "qrrot", "0.1.0",
      "Depends on the call.",
      "Carries out what a qrrot shell far away asks for, in a form of its own."),
    RedisCommandSpec(
      "qrrot.control", 5, [.fast, .noMulti, .sensitive, .skipMonitor], 0, 0, 0, "qrrot", "0.1.0",
      "O(1)",
      "Looks at, or stops, a call of another connection of the same shell."),
  ]
}

extension CommandSpec {
  private static let key = Parameter("KEY", .key)

  static let expiryCommands: [CommandSpec] = [
    CommandSpec(
      .expire, [key, Parameter("SECONDS", .number(.min ... .max))],
      "let a key vanish after some seconds", reply: "1, or 0 if there is no such key",
      notes: "0 seconds or less remove the key now. `put` ends an expiry, and so does `persist`; "
        + "`incr` and `decr` keep it. From its last millisecond on the key is absent to every command.",
      access: .write,
      examples: [
        Example("expire session 3600", "1", after: "put session Ivan"),
        Example("expire nobody 3600", "0"),
      ]),
    CommandSpec(
      .expireat, [key, Parameter("UNIX-MS", .number(.min ... .max))],
      "let a key vanish at a time", reply: "1, or 0 if there is no such key",
      notes: "UNIX-MS is in milliseconds since 1970-01-01 UTC; a past one removes the key now.",
      access: .write,
      examples: [Example("expireat session 32503680000000", "1", after: "put session Ivan")]),
    CommandSpec(
      .ttl, [key], "show how long a key has left",
      reply: "seconds, rounded up; -1 if it does not expire, -2 if there is no such key",
      access: .read,
      examples: [
        Example("ttl session", "3600", after: "put session Ivan", "expire session 3600"),
        Example("ttl name", "-1", after: "put name Ivan"),
        Example("ttl nobody", "-2"),
      ]),
    CommandSpec(
      .persist, [key], "let a key stay after all", reply: "1, or 0 if it was not going to vanish",
      access: .write,
      examples: [
        Example("persist session", "1", after: "put session Ivan", "expire session 3600")
      ]),
  ]
}

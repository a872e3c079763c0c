extension CommandSpec {
  /// The commands that look into values.
  static let queries: [CommandSpec] = [
    CommandSpec(
      .find, [queryPattern], clauses: [.filter, .select, .order, .limit],
      "list keys by what their values hold",
      reply: "rows of key, type, value, or of key and the selected columns",
      notes: "FILTER is an RFC 9535 filter expression over `@`, the value: "
        + "`@.age > 30 && @.city == \"Oslo\"`. A path of one value gives that value, another one an "
        + "array of its matches; a column without `as` is named by its path. Rows are in byte order "
        + "of the keys unless `order by` says otherwise: null, false, true, numbers, strings, arrays "
        + "and objects, absent last; `desc` reverses the values alone. An int, and a string in UTF-8, "
        + "is a JSON scalar to every path and filter.",
      access: .read, cost: .scan,
      examples: [
        Example(
          "find where @.age > 30", "user:2 json {\"age\":41}", after: "put user:1 {\"age\": 30}",
          "put user:2 {\"age\": 41}"),
        Example(
          "find user:* select $.name as name, $.age order by $.age desc limit 1",
          "user:2 \"Ada\" 41", after: "put user:1 {\"name\": \"Ivan\", \"age\": 30}",
          "put user:2 {\"name\": \"Ada\", \"age\": 41}"),
      ]),
    CommandSpec(
      .count, [queryPattern], clauses: groupClauses, "count keys by what their values hold",
      reply: "a number, or with `by` rows of group and number",
      notes: "With `by` a key counts once for each value at that path, and not at all where it has "
        + "none. Groups come by number, the greatest first, then by value. `limit` is a number of "
        + "groups.",
      access: .read, cost: .scan,
      examples: [
        Example(
          "count where @.age > 30", "1", after: "put user:1 {\"age\": 30}",
          "put user:2 {\"age\": 41}"),
        Example(
          "count film:* by $.genres[*] limit 1", "\"War\" 2",
          after: "put film:1 {\"genres\": [\"War\"]}",
          "put film:2 {\"genres\": [\"War\", \"Drama\"]}"),
      ]),
    aggregate(
      .sum, "add up the numbers at a path",
      notes: "What is no number is left out, with a note of how many keys that were. Integers are "
        + "added exactly in 128 bits, beyond which it is error `range`; fractions as IEEE doubles with "
        + "compensated summation. The sum of nothing is 0.",
      example: Example(
        "sum $.price", "42", after: "put a {\"price\": 40}", "put b {\"price\": 2}")),
    aggregate(
      .avg, "average the numbers at a path",
      notes: "As `sum`, divided by how many numbers there are; that of nothing is `(nil)`.",
      example: Example(
        "avg $.price", "21.5", after: "put a {\"price\": 40}", "put b {\"price\": 3}")),
    aggregate(
      .min, "find the least value at a path",
      notes:
        "The least number; where there are none, the least string by its bytes. All else is left "
        + "out. That of nothing is `(nil)`.",
      example: Example(
        "min $.price", "3", after: "put a {\"price\": 40}", "put b {\"price\": 3}")),
    aggregate(
      .max, "find the greatest value at a path",
      notes: "As `min`, the other way.",
      example: Example(
        "max $.price by $.kind", "\"tea\" 40", "\"salt\" 3",
        after: "put a {\"kind\": \"tea\", \"price\": 40}",
        "put b {\"kind\": \"salt\", \"price\": 3}")),
  ]

  private static func aggregate(
    _ name: CommandName, _ summary: String, notes: String, example: Example
  ) -> CommandSpec {
    CommandSpec(
      name, [Parameter("PATH", .path), queryPattern], clauses: groupClauses, summary,
      reply: "a number, or with `by` rows of group and number", notes: notes, access: .read,
      cost: .scan, examples: [example])
  }

  private static let queryPattern = Parameter("PATTERN", .pattern, isOptional: true)
  private static let groupClauses: [Clause] = [.filter, .group, .limit]
}

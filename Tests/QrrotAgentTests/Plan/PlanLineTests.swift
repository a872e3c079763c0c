import QrrotAgent
import QrrotCore
import QrrotTesting
import Testing

/// What a person sees of a plan.
@Suite("Plans: lines")
struct PlanLineTests {
  private func lines(
    _ before: [String], _ staged: [String], columns: Int? = 76
  ) async throws -> [String] {
    let scene = PlanScene()
    for line in before { try scene.put(line) }
    for line in staged { try scene.stage(line) }
    let now = scene.clock.milliseconds
    let limits = columns.map { PlanLimits(columns: $0, now: now) } ?? .all(now: now)
    return try await scene.plan().lines(limits: limits).map { ($0.destroys ? "!" : " ") + $0.text }
  }

  @Test("each kind of change has its line; those that destroy say so")
  func kinds() async throws {
    let before = [
      #"put ivan {"name":"ivan","age":30}"#, "put n 5", #"put gone "a\nb""#, "put s x",
      "put l [1,2,3,4]", "put e 1", "put late 1", "expire late 3600", "put js as json '\"x\"'",
      #"put old {"k":1,"gone":[1]}"#, "put kind 5", "put m {\"first name\":1,\"o\":{\"p\":[null]}}",
    ]
    let staged = [
      "incr ivan $.age", "incr n", "del gone", "put s y", "del l $[1,2]", "expire e 60",
      "persist late", "put js as json 5", "del old $.gone", #"put new {"a":[1,2]}"#,
      "expire new 7200", "put kind as json 5", "incr m $['first name']", "put m $.o.p[0] 1",
      "put m $.o.p[1] {}",
    ]
    #expect(
      try await lines(before, staged) == [
        "!~ e  expiry none → 2001-09-09T01:47:40Z (in 60 s)",
        #"!- gone  "a\nb""#,
        " ~ ivan  $.age  30 → 31",
        #"!~ js  as json "x" → as json 5"#,
        " ~ kind  5 → as json 5",
        "!~ l  - $[1]  2, - $[2]  3",
        " ~ late  expiry 2001-09-09T02:46:40Z (in 60 min) → none",
        "!~ m  $.o.p[0]  null → 1, $['first name']  1 → 2, + $.o.p[1]  {}",
        " ~ n  5 → 6",
        #" + new  {"a":[1,2]}, expires 2001-09-09T03:46:40Z (in 120 min)"#,
        "!~ old  - $.gone  [1]",
        #"!~ s  "x" → "y""#,
      ])
  }

  @Test("of many places a line shows the first, those that destroy in front; all shows each")
  func places() async throws {
    let before = [#"put m {"a":1,"b":2,"c":3,"d":"x","e":"y","f":4,"g":"z","h":5}"#]
    let staged = [#"put m {"a":2,"b":3,"c":4,"d":"X","e":"Y","f":5,"g":"Z","h":6,"i":7,"j":8}"#]
    #expect(
      try await lines(before, staged) == [
        #"!~ m  $.d  "x" → "X", $.e  "y" → "Y", $.g  "z" → "Z", and 7 more"#
      ])
    #expect(
      try await lines(before, staged, columns: 56) == [
        #"!~ m  $.d  "x" → "X", and 9 more, 2 of them destroyed"#
      ])
    #expect(
      try await lines(before, staged, columns: nil) == [
        " ~ m  $.a  1 → 2", " ~ m  $.b  2 → 3", " ~ m  $.c  3 → 4", #"!~ m  $.d  "x" → "X""#,
        #"!~ m  $.e  "y" → "Y""#, " ~ m  $.f  4 → 5", #"!~ m  $.g  "z" → "Z""#,
        " ~ m  $.h  5 → 6", " ~ m  + $.i  7", " ~ m  + $.j  8",
      ])
  }

  private static let hostile: [(String, String)] = [
    // A value, and how it is shown as a new key's.
    (#""\x1b[31mred""#, #""\x1B[31mred""#),
    (#""a\n~ b  1 → 2""#, #""a\n~ b  1 → 2""#),
    (#""\u{202E}abc\u{200B}\u{2066}""#, #""\u{202E}abc\u{200B}\u{2066}""#),
    (#""5\" → \"6""#, #""5\" → \"6""#),
    (#""\xff\xc0\x80""#, #""\xFF\xC0\x80""#),
    (#""日本\u{ad}語""#, #""日本\u{AD}語""#),
    (#"as json "{\"a\u{202E}\":\"\u{9b}31m\"}""#, #"{"a\u202E":"\u009B31m"}"#),
    (#"as json "\"x\u{2028}\"""#, #"as json "x\u2028""#),
  ]

  @Test("no byte of a value can drive a terminal or forge a line", arguments: hostile)
  func values(literal: String, shown: String) async throws {
    for columns in [76, nil] {
      #expect(try await lines([], ["put k \(literal)"], columns: columns) == [" + k  \(shown)"])
    }
  }

  private static let keys: [(String, String)] = [
    ("plain:key-1/2.x@y", "plain:key-1/2.x@y"), ("naïve", "naïve"), ("日本", "日本"),
    ("+", #""+""#), ("a→b", #""a→b""#), ("…", #""…""#), (#""a  5 → 6""#, #""a  5 → 6""#),
    ("\"\\u{202E}x\"", #""\u{202E}x""#), ("\"\\n- all\"", #""\n- all""#), ("a,b", #""a,b""#),
    ("a\u{3000}→\u{3000}5", "\"a\u{3000}→\u{3000}5\""), ("\"\\xff\"", #""\xFF""#),
    ("(x)", #""(x)""#),
  ]

  @Test("a key that could be taken for a part of the plan stands in quotes", arguments: keys)
  func hostileKeys(token: String, shown: String) async throws {
    for columns in [76, nil] {
      #expect(try await lines([], ["put \(token) 5"], columns: columns) == [" + \(shown)  5"])
    }
  }

  @Test("a name that could be taken for a part of the plan stands in quotes, escaped")
  func names() async throws {
    let names = [
      "\u{3000}→\u{3000}5", "\\u202e", "a → b", "it's", "\\\"", "é", "", "0", "\u{1F600}",
    ]
    let shown = [
      "$['\u{3000}→\u{3000}5']", "$['\\u202e']", "$['a → b']", "$['it\\'s']", "$['\"']", "$.é",
      "$['']", "$['0']", "$['\u{1F600}']",
    ]
    for (name, path) in zip(names, shown) {
      let before = "put k {\"\(name)\":1}"
      #expect(
        try await lines([before], ["put k {\"\(name)\":2}"]) == [" ~ k  \(path)  1 → 2"], "\(name)")
    }
    #expect(
      try await lines(
        [#"put k as json "{\"\u{202e}\":1}""#], [#"put k as json "{\"\u{202e}\":2}""#])
        == [#" ~ k  $['\u202E']  1 → 2"#])
  }

  @Test("what is cut ends outside of its quotes, and says how long all of it is")
  func cuts() async throws {
    let long = String(repeating: "x", count: 1 << 20)
    #expect(
      try await lines([], ["put k \"\(long)\""]) == [
        " + k  \"\(String(repeating: "x", count: 50))\"… (1,048,576 bytes)"
      ])
    let shown = try await lines(
      [#"put k {"a":"… (5 bytes) → 7 \#(long)"}"#], [#"put k {"a":"y\\\"\#(long)"}"#])
    #expect(
      shown == [
        #"!~ k  $.a  "… (5 bytes"… (1,048,598 bytes) → "y\\\"xxxxx"… (1,048,583 bytes)"#
      ])
    let wide = String(repeating: "日", count: 1_000)
    let line = try #require(try await lines([], ["put \(wide) \(wide)"]).first)
    #expect(line.hasPrefix(" + 日日日日日… (3,000 bytes)  \"日日"))
    #expect(line.hasSuffix("日\"… (3,000 bytes)"))
  }

  @Test("an escape is never cut in two, whatever the width")
  func escapes() async throws {
    let text = #"{"k":"\\\"\u202e\ud83d\ude00\#u{202E}\#u{202E}日","l":[1,2,{"m":"\\\\"}]}"#
    let put = "put k as json '\(text)'"
    let whole = try await lines([], [put], columns: nil)
    for columns in 24..<90 {
      let line = try #require(try await lines([], [put], columns: columns).first)
      #expect(DisplayWidth.columns(of: Array(line.utf8)) <= columns + 1, "\(line)")
      guard line != whole.first else { continue }
      let head = line.prefix { $0 != "…" }
      // The quotes that are no part of an escape come in pairs.
      let plain = head.replacing("\\\\", with: "").replacing("\\\"", with: "")
      #expect(plain.count { $0 == "\"" } % 2 == 0, "\(line)")
      #expect(!plain.hasSuffix("\\") && !plain.contains(/\\u[0-9A-Fa-f]{0,3}"?$/), "\(line)")
    }
  }

  @Test("of more keys than fit, those that destroy are shown first, and the rest is counted")
  func manyKeys() async throws {
    let scene = PlanScene()
    for index in 0..<200 { try scene.put("put k\(index) \(index)") }
    for index in 0..<200 where index != 150 { try scene.stage("incr k\(index)") }
    try scene.stage("del k150")
    try scene.stage("put new 1")
    let plan = try await scene.plan()
    #expect(
      plan.header == "Plan: 201 changes, 1 of them destroys something, more than 100 keys at once")
    #expect(plan.question == "Apply 201 changes? [y]es [n]o [s]how all [e]dit ")
    let lines = plan.lines(limits: PlanLimits(keyCount: 10)).map(\.text)
    #expect(lines.count == 11)
    #expect(lines.contains("- k150  150"))
    #expect(lines.last == "… and 191 more: 1 added, 190 changed")
    #expect(plan.lines(limits: .all()).count == 201)
  }

  @Test(
    "the header says what destroys in one sentence",
    arguments: [
      (0, 1, "Plan: 1 change"), (1, 0, "Plan: 1 change, which destroys something"),
      (2, 0, "Plan: 2 changes, which destroy something"),
      (1, 1, "Plan: 2 changes, 1 of them destroys something"),
      (2, 1, "Plan: 3 changes, 2 of them destroy something"),
    ])
  func headers(removed: Int, added: Int, header: String) async throws {
    let scene = PlanScene()
    for index in 0..<removed { try scene.put("put old\(index) 1") }
    for index in 0..<removed { try scene.stage("del old\(index)") }
    for index in 0..<added { try scene.stage("put new\(index) 1") }
    #expect(try await scene.plan().header == header)
  }

  @Test("expiries at the ends of time are shown")
  func times() async throws {
    let cases: [(Int64, String)] = [
      (1_000_000_000_001, "2001-09-09T01:46:40.001Z"), (4_107_542_400_000, "2100-03-01T00:00:00Z"),
      (1_709_164_800_000, "2024-02-29T00:00:00Z"), (1_735_689_599_999, "2024-12-31T23:59:59.999Z"),
      (.max, "292278994-08-17T07:12:55.807Z"),
    ]
    for (time, text) in cases {
      #expect(
        try await lines([], ["put k 1", "expireat k \(time)"], columns: nil).first?
          .contains("expires \(text)") == true, "\(text)")
    }
  }
}

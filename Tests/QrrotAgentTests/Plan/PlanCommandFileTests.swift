import QrrotAgent
import QrrotCore
import QrrotTesting
import Testing

/// A plan as commands.
@Suite("Plans: command files")
struct PlanCommandFileTests {
  private func file(
    _ before: [String], _ staged: [String], request: String? = nil
  ) async throws -> String {
    let scene = PlanScene()
    for line in before { try scene.put(line) }
    for line in staged { try scene.stage(line) }
    let plan = try await scene.plan()
    let start = try scene.contents()
    try scene.commit()
    let end = try scene.contents()
    var file: [UInt8] = []
    plan.appendCommandFile(request: request, to: &file)
    try scene.stage("undo")
    #expect(try scene.contents() == start)
    try scene.runFile(file)
    #expect(try scene.contents() == end, "\(String(decoding: file, as: UTF8.self))")
    let isValid = Escaping.isValidUTF8(file.span)
    #expect(isValid)
    var shown: [UInt8] = []
    Escaping.appendDisplayed(file.span, to: &shown, keepingLineFeedsAndTabs: true)
    #expect(shown == file, "nothing hidden stands in it")
    return String(decoding: file, as: UTF8.self)
  }

  private static let padding = String(repeating: "x", count: 200)

  @Test("a place is set by itself where that is shorter, and the rest is put, removed, timed")
  func commands() async throws {
    let file = try await file(
      [
        #"put ivan {"age":30,"bio":"\#(Self.padding)","l":[1,2,3],"old":1}"#, "put n 1",
        "put gone 1",
        "put e 1", "put p 1", "expire p 60", "put both 1",
      ],
      [
        "incr ivan $.age", "del ivan $.l[0,1]", "del ivan $.old", #"put ivan $.city "Oslo""#,
        "incr n",
        "del gone", "expire e 60", "persist p", "put both x", "expireat both 1000000009000",
        #"put "k\n" "a\tb""#, "put new [1,2]",
      ])
    #expect(
      file == #"""
        put both "x"
        expireat both 1000000009000
        expireat e 1000000060000
        del gone
        put ivan $.age 31
        del ivan $.old
        del ivan $.l[1]
        del ivan $.l[0]
        put ivan $.city "Oslo"
        put "k\n" "a\tb"
        put n 2
        put new [1,2]
        persist p

        """#)
  }

  @Test("what could hide is escaped, and comes back as the same bytes")
  func hidden() async throws {
    let file = try await file(
      [#"put j as json "{\"a\":\"\u{202e}\",\"p\":\"\#(Self.padding)\"}""#],
      [
        #"put j $.a as json "\"\u{200b}\u{2028}\"""#, #"put s "\xff\x1b[31m\u{202e}""#,
        #"put t as json "\"\u{202e}'\"""#, #"put u as json '"\u202e"'"#, "put w as json true",
        #"put "\u{202e}" 1"#,
      ])
    #expect(file.contains(#"put j $.a as json "\"\u{200B}\u{2028}\"""#))
    #expect(file.contains(#"put s "\xFF\x1B[31m\u{202E}""#))
    #expect(file.contains("put w as json true\n"))
  }

  private static let requests = [
    "one line", "two\nlines\nclear", "a\r\nclear", "a\rclear", "\u{1B}[2Kclear", "\u{2028}clear",
    "\nclear\n", "# \\\nclear", "\u{0}\nclear", "\"\nclear", "{\nclear",
  ]

  @Test("nothing of a request can become a command", arguments: requests)
  func comments(request: String) async throws {
    let file = try await file([], ["put a 1"], request: request)
    let lines = file.split(separator: "\n")
    #expect(lines.last == "put a 1")
    #expect(lines.dropLast().allSatisfy { $0.hasPrefix("# ") })
  }

  @Test("names and numbers that a path would write otherwise are put whole")
  func exactness() async throws {
    let unusual = try await file(
      [#"put j {"p":"\#(Self.padding)"}"#], [#"put j {"p":"\#(Self.padding)","\u0061":1}"#])
    #expect(unusual.hasPrefix(#"put j {"p""#))
    let lone = try await file(
      [#"put j {"\ud800":1,"p":"\#(Self.padding)"}"#],
      [#"put j {"\ud800":2,"p":"\#(Self.padding)"}"#])
    #expect(lone.hasPrefix(#"put j {"\ud800""#))
    let digits = try await file(
      [#"put j {"n":1,"p":"\#(Self.padding)"}"#],
      [#"put j {"n":12345678901234567890.10e-2,"p":"\#(Self.padding)"}"#])
    #expect(digits == "put j $.n 12345678901234567890.10e-2\n")
  }
}

import QrrotCore
import Testing

@testable import QrrotShell

@Suite("A table")
struct TableLayoutTests {
  private static func lines(
    _ columns: [String], _ rows: [[String]], width: Int? = nil, mode: OutputMode = .table
  ) -> [String] {
    var reply = Reply()
    reply.reset(.rows, columns: columns)
    for row in rows { for cell in row { reply.append(.value(.string), Array(cell.utf8)) } }
    let renderer = ReplyRenderer(
      mode: mode, escapesForTerminal: width != nil, isColored: false, columns: width)
    var output: [UInt8] = []
    var parts = renderer.parts(of: reply)
    while parts.appendNext(to: &output) {}
    return String(decoding: output, as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false
    ).dropLast().map(String.init)
  }

  private static func widths(_ lines: [String]) -> [Int] {
    lines.map { DisplayWidth.columns(of: Array($0.utf8)) }
  }

  @Test("is not cut where there is no terminal")
  func uncut() {
    let long = String(repeating: "x", count: 5_000)
    #expect(Self.lines(["a"], [[long]]).last == " " + long)
  }

  @Test("aligns wide characters, emoji and combining marks")
  func wide() {
    let lines = Self.lines(
      ["city", "n"], [["東京", "x"], ["👍🏽", "x"], ["e\u{301}", "x"], ["🇳🇴 Oslo", "x"]])
    let places = lines.filter { $0.contains("│") }.map { line in
      Self.widths([String(line.prefix { $0 != "│" })])[0]
    }
    #expect(Set(places).count == 1, "\(lines)")
  }

  @Test("gives narrow columns all they need, and cuts wide ones to the same width")
  func shrinks() {
    let wide = String(repeating: "w", count: 300)
    let lines = Self.lines(
      ["id", "one", "two"], [["7", wide, wide], ["12345678", "x", wide]], width: 60)
    #expect(Self.widths(lines).allSatisfy { $0 <= 60 })
    #expect(Self.widths(lines).max() ?? 0 >= 59)
    let cells = lines[2].split(separator: "│").map { $0.trimmed }
    #expect(cells[0] == "7" && cells[1].hasSuffix("…") && cells[2].hasSuffix("…"))
    #expect(abs(cells[1].count - cells[2].count) <= 1)
    #expect(lines[3].contains("12345678"))
  }

  @Test("cuts no character in half")
  func cutsBetweenCharacters() {
    for width in 6...40 {
      let lines = Self.lines(["k", "v"], [["東京都東京都東京都", "👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦"]], width: width)
      #expect(Self.widths(lines).allSatisfy { $0 <= max(width, 13) }, "\(width): \(lines)")
      #expect(!lines.joined().contains("\u{FFFD}"))
    }
  }

  @Test("leaves columns out of the middle where not even a few characters of each would fit")
  func leavesOut() {
    let names = (1...30).map { "column\($0)" }
    let lines = Self.lines(names, [names], width: 50)
    #expect(Self.widths(lines).allSatisfy { $0 <= 50 }, "\(lines)")
    #expect(lines[0].contains(" … ") && lines[2].contains(" … "))
    #expect(lines[0].contains("col") && lines.count == 3)
  }

  @Test("and csv name columns by any path, escaped and quoted as they must be")
  func names() {
    let lines = Self.lines(["$['a,b']", "x\u{1B}[31m"], [["1", "2"]], width: 80)
    #expect(!lines.joined().contains("\u{1B}"))
    #expect(
      Self.lines(["$['a,b']", "say \"x\""], [["1", "2"]], mode: .csv)
        == ["\"$['a,b']\",\"say \"\"x\"\"\"", "1,2"])
  }
}

extension Substring {
  fileprivate var trimmed: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}

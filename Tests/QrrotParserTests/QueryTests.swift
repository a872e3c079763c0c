import QrrotCore
import Testing

@testable import QrrotParser

/// The clauses of `find` and the aggregates.
@Suite("Queries are read")
struct QueryTests {
  private static func texts(_ text: String) -> [String] { Reading(text).texts }

  private static func failure(_ text: String) -> QrrotError? {
    var parser = Parser()
    var command = Command()
    do throws(ParseFailure) {
      _ = try parser.parse(Array(text.utf8).span, isFinal: true, into: &command)
      return nil
    } catch {
      return error.error
    }
  }

  @Test(
    "with their clauses in order",
    arguments: [
      ("find", "find"),
      ("FIND user:*", #"find pattern"user:*""#),
      ("find \"where\"", #"find pattern"where""#),
      ("find 'limit' limit 0", #"find pattern"limit" limit 0"#),
      ("find where @.a > 1", #"find filter"@.a > 1""#),
      ("find x* where  @.a \t limit 5 ", #"find pattern"x*" filter"@.a" limit 5"#),
      (
        "find a select $.b as c, $.d order by $.e desc limit \"7\"",
        #"find pattern"a" column"$.b" columnName"c" column"$.d" descending"$.e" limit 7"#
      ),
      ("find order by $", #"find ascending"$""#),
      ("count", "count"),
      ("count a by $.b[*] limit 3", #"count pattern"a" group"$.b[*]" limit 3"#),
      ("sum $.a", #"sum path"$.a""#),
      ("avg \"$['a b']\" x", #"avg path"$['a b']" pattern"x""#),
      ("min $ where @ by $", #"min path"$" filter"@" group"$""#),
      ("max $['a'] '$.b'", #"max path"$['a']" pattern"$.b""#),
    ])
  func clauses(text: String, expected: String) {
    #expect(Self.texts(text) == [expected])
  }

  @Test(
    "with a filter that is raw up to the next clause outside quotes and brackets",
    arguments: [
      (#"find where @.a == "x limit 1""#, #"@.a == "x limit 1""#, ""),
      (#"find where @.a == 'it\'s by x' limit 1"#, #"@.a == 'it\'s by x'"#, " limit 1"),
      (
        #"find where @['order by'] == "\"" order by $.a"#, #"@['order by'] == "\"""#,
        #" ascending"$.a""#
      ),
      ("find where (@.a by limit 1)", "(@.a by limit 1)", ""),
      ("find where @[? limit ] limit 1", "@[? limit ]", " limit 1"),
      ("find where @.limit > 1 && @.by==2 limit 1", "@.limit > 1 && @.by==2", " limit 1"),
      ("find where @.a>1 limit\t1", "@.a>1", " limit 1"),
      ("find where @.a limits 1 limit 1", "@.a limits 1", " limit 1"),
      ("find where ) ] @.a limit 1", ") ] @.a", " limit 1"),
      ("find where ((@.a limit 1", "((@.a limit 1", ""),
      ("find where @.a where @.b", "@.a where @.b", ""),
      ("find where {\"a\": 1}", "{\"a\": 1}", ""),
    ])
  func filters(text: String, filter: String, rest: String) {
    var quoted: [UInt8] = []
    Escaping.appendQuoted(Array(filter.utf8).span, to: &quoted)
    #expect(Self.texts(text) == ["find filter\(String(decoding: quoted, as: UTF8.self))\(rest)"])
  }

  @Test(
    "with columns that a comma parts, with blanks around it or not",
    arguments: [
      ("select $.a,$.b", #"column"$.a" column"$.b""#),
      ("select $.a , $.b ,$.c", #"column"$.a" column"$.b" column"$.c""#),
      ("select $.a as x,$.b as y", #"column"$.a" columnName"x" column"$.b" columnName"y""#),
      ("select $ as \"a, b\",$.c", #"column"$" columnName"a, b" column"$.c""#),
      ("select $['a,b','c'],$.d", #"column"$['a,b','c']" column"$.d""#),
      (#"select $["a]\",b"], $.d"#, #"column"$[\"a]\\\",b\"]" column"$.d""#),
      ("select $[?@.a > 1, 2] , $", #"column"$[?@.a > 1, 2]" column"$""#),
      ("select $[?count(@.a, 'x') > 1] as n", #"column"$[?count(@.a, 'x') > 1]" columnName"n""#),
      ("select $.a as limit limit 1", #"column"$.a" columnName"limit" limit 1"#),
      (
        "select $.a as as, $.b as where",
        #"column"$.a" columnName"as" column"$.b" columnName"where""#
      ),
      ("select \"$.a\" as 'x y'", #"column"$.a" columnName"x y""#),
    ])
  func columns(text: String, expected: String) {
    #expect(Self.texts("find \(text)") == ["find \(expected)"])
  }

  @Test(
    "and what does not fit is syntax, with the usage line",
    arguments: [
      ("find a b", "b does not belong here"), ("find limit", "N is missing behind limit"),
      ("find where", "a FILTER is missing behind where"),
      ("find where limit 1", "a FILTER is missing behind where"),
      ("find limit 1 limit 2", "limit stands twice"),
      ("find select $.a select $.b", "select stands twice"),
      ("find limit 1 where @.a", "where belongs in front of limit"),
      ("find select $.a where @.b", "where belongs in front of select"),
      ("find order by $.a select $.b", "select belongs in front of order"),
      ("find by $.a", "it has no clause by"), ("count select $.a", "it has no clause select"),
      ("count order by $.a", "it has no clause order"),
      ("find order $.a", "by is missing behind order"),
      ("find order", "by is missing behind order"), ("find order by", "PATH is missing"),
      ("find order by limit 1", "PATH is missing"), ("find select", "PATH is missing"),
      ("find select limit 1", "PATH is missing"), ("find select $.a,", "PATH is missing"),
      ("find select ,$.a", "PATH is missing"), ("find select $.a,,$.b", "PATH is missing"),
      ("find select $.a as", "a NAME is missing behind as"),
      ("find select $.a as ,$.b", "a NAME is missing behind as"),
      ("find select $.a $.b", "$.b does not belong here"),
      ("find order by $.a asc", "asc does not belong here"),
      ("find select $.a desc", "desc does not belong here"), ("count by", "PATH is missing"),
      ("count by $.a by $.b", "by stands twice"),
      ("count limit 1 by $.a", "by belongs in front of limit"),
      ("count where @.a by $.b where @.c", "where belongs in front of by"),
      ("sum where @.a", "PATH is missing"), ("sum $.a b c", "c does not belong here"),
      ("find select $.a, $.a", "two columns are named $.a"),
      ("find select $.a as b, $.c as b", "two columns are named b"),
      ("find select $.a as key", "two columns are named key"),
    ])
  func wrong(text: String, message: String) throws {
    let error = try #require(Self.failure(text))
    #expect(error.code == .syntax)
    #expect(error.message.contains(message), "\(error.message)")
    let name = text.prefix { $0 != " " }
    #expect(error.message.contains("usage: \(name) "), "\(error.message)")
  }

  @Test("or an error of its own where it is one")
  func otherErrors() {
    for (text, code) in [
      ("sum", QrrotError.Code.arity), ("max", .arity), ("find limit x", .type),
      ("find limit -1", .range), ("find limit 99999999999999999999", .range),
      ("find limit \"1\\q\"", .syntax), ("find select $.a as \"\"", .syntax),
      ("find select $.a as \"\\xff\"", .syntax), ("count by $[1", .path),
      ("find select $['a", .path), ("find order by $[?(@.a", .path), ("find it's", .syntax),
      ("find select $.a'b'", .syntax), ("find select \"$.a\"x", .syntax), ("sum $.a\"x\"", .syntax),
    ] {
      #expect(Self.failure(text)?.code == code, "\(text)")
    }
  }

  @Test("a quote that is open in a filter goes on in the next line, a bracket does not")
  func openQuotes() {
    var parser = Parser()
    var command = Command()
    func outcome(_ text: String) -> Parser.Outcome? {
      try? parser.parse(Array(text.utf8).span, isFinal: false, into: &command).outcome
    }
    #expect(outcome("find where @.a == \"x\n") == .incomplete(.doubleQuote))
    #expect(outcome("find where @.a == 'x\\'\n") == .incomplete(.filterQuote))
    #expect(outcome("find where (@.a > 1\n") == .command)
    #expect(outcome("find \"x\n") == .incomplete(.doubleQuote))
    #expect(outcome("find where @.a") == .incomplete(.line))
    #expect(
      Self.texts("find where @ == 'a\n b' limit 1\nsize") == [
        #"find filter"@ == 'a\n b'" limit 1"#, "size",
      ])
    #expect(Reading("find where @ == 'a\n b'\nx\n").items.map(\.line) == [1, 3])
    #expect(
      Reading("size\nfind where @ == 'a\nsize\n").items.map(\.description).last
        == "2: error[syntax]")
  }

  @Test("a query printed and read again is the same")
  func printed() throws {
    for text in [
      "find \"where\" where @.a == 'x' select $['a b'] as \"x, y\", $.c order by $[0] desc limit 2",
      "count x by $.a limit 1", "sum $.a \"\" where @", "find select $ as limit",
    ] {
      for options in [UInt8(0), 2, 4, 6] {
        let input = [options, 7, 30] + Array(text.utf8)
        #expect(try CommandsFuzzing.check(input).commandCount == 1, "\(text)")
      }
    }
  }

  @Test("clause words stand where they may, keys where a pattern may")
  func completion() {
    func expected(_ text: String) -> CompletionContext.Expected {
      CompletionContext(text.utf8).expected
    }
    let clauses = ["where", "select", "order", "limit"]
    #expect(expected("find ") == .keyOrWords(clauses))
    #expect(expected("find us") == .keyOrWords(clauses))
    #expect(expected("find \"us") == .key)
    #expect(expected("find us ") == .words(clauses))
    #expect(expected("find where @.a > 1 ") == .words(["select", "order", "limit"]))
    #expect(expected("find where @.a > 1 li") == .words(["select", "order", "limit"]))
    for text in [
      "find where ", "find where (@.a ", "find where @.a == 'x ", "find limit ", "find limit 1 ",
      "find select ", "find select $.a, ", "find select $.a as ", "find order by ", "count by ",
      "sum ",
    ] {
      #expect(expected(text) == .nothing, "\(text)")
    }
    for (text, pattern, name) in [
      ("find where @.ag", nil, "ag"), ("find us* where @.a > 1 && $.", "us*", ""),
      ("count by $.ci", nil, "ci"), ("sum $.sc", nil, "sc"), ("sum $.a x* by $.b", "x*", "b"),
      ("find select $.a, $.na", nil, "na"), ("find order by $.a.b", nil, "b"),
      ("find where @['na", nil, "na"),
    ] as [(String, String?, String)] {
      guard case .memberOfAny(let found, let path) = expected(text) else {
        Issue.record("\(text): \(expected(text))")
        continue
      }
      #expect(found == pattern.map { Array($0.utf8) } && path.name == Array(name.utf8), "\(text)")
    }
    #expect(expected("find select $.a ") == .words(["as", "order", "limit"]))
    #expect(expected("find select $.a as b ") == .words(["order", "limit"]))
    #expect(expected("find order ") == .words(["by"]))
    #expect(expected("find order by $.a ") == .words(["desc", "limit"]))
    #expect(expected("find order by $.a desc ") == .words(["limit"]))
    #expect(expected("sum $.a ") == .keyOrWords(["where", "by", "limit"]))
    #expect(expected("count where @.a by $.b ") == .words(["limit"]))
  }
}

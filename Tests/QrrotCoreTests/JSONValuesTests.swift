import QrrotTesting
import Testing

@testable import QrrotCore

/// The order of JSON values, their canonical form, and sums.
@Suite("JSON values")
struct JSONValuesTests {
  static func canonical(_ text: String) throws -> String {
    var output: [UInt8] = []
    var scratch = JSONScratch()
    try text.withBytes { try JSONText.appendCanonical($0, to: &output, scratch: &scratch) }
    return String(decoding: output, as: UTF8.self)
  }

  static func compare(_ left: String, _ right: String) -> Int {
    left.withBytes { left in right.withBytes { JSONOrder.compare(left, $0) } }.signum()
  }

  @Test("go null, false, true, numbers, strings, arrays and objects")
  func order() {
    let sorted = [
      "null", "false", "true", "-1e400", "-12345678901234567891", "-12345678901234567890", "-0.5",
      "0", "1e-5", "1", "1.0000000000000000001", "9007199254740992", "9007199254740993.0",
      "9007199254740994", "1e400", #""""#, #""A""#, #""a""#, #""a\u0000""#, #""aa""#, #""é""#,
      #""\ud83d\ude00""#, "[]",
    ]
    for (index, left) in sorted.enumerated() {
      for (other, right) in sorted.enumerated() {
        #expect(Self.compare(left, right) == (index - other).signum(), "\(left) \(right)")
      }
    }
  }

  @Test(
    "that are equal are equal, however they are written",
    arguments: [
      ["0", "-0", "0.0", "0e99", "-0.000e-7"], ["1", "1.0", "1e0", "10e-1", "0.1E+1"],
      ["1200", "1.2e3", "12e2", "1200.00"], ["0.015", "1.5e-2", "15E-3"],
      ["-12345678901234567890.1", "-12345678901234567890.10", "-1.23456789012345678901e19"],
      ["1e+50", "1000000000000000000000000000.000e23"],
      [#""é/\n""#, #""\u00e9\/\n""#, #""\u00E9\u002F\u000a""#], [#""😀""#, #""\ud83d\ude00""#],
      [#""\ud83d""#, #""\uD83D""#], [#""\u0001\"\\""#, #""\u0001\u0022\u005c""#],
      [#"{"a":1,"b":[2.0,{}]}"#, #"{"b":[2,{}],"a":1e0}"#, #"{"a":7,"b":[2,{}],"\u0061":1}"#],
      ["[[],[1,2]]", "[[],[1.0,2.0]]"],
    ])
  func equalValues(texts: [String]) throws {
    let forms = Set(try texts.map { try Self.canonical($0) })
    #expect(forms.count == 1, "\(forms)")
    if let form = forms.first { #expect(try Self.canonical(form) == form) }
    for text in texts where text.first != "{" && text.first != "[" {
      #expect(Self.compare(texts[0], text) == 0, "\(text)")
    }
  }

  @Test("have a canonical form that reads well")
  func forms() throws {
    for (text, form) in [
      ("1.50", "1.5"), ("-0", "0"), ("1e39", "1e+39"), ("1e20", "100000000000000000000"),
      ("123456789012345678901234567890", "123456789012345678901234567890"),
      ("0.000001", "0.000001"), ("0.0000001", "1e-7"), ("1.25e-9", "1.25e-9"), ("-1e3", "-1000"),
      ("100", "100"), ("0.10", "0.1"), ("1e99999999999999999999", "1e+100000000000000000"),
      (#"{"b":1,"a":[true,null]}"#, #"{"a":[true,null],"b":1}"#), (#""a\/b""#, #""a/b""#),
    ] {
      #expect(try Self.canonical(text) == form)
    }
  }

  @Test("of random kinds: whoever is said to be canonical is")
  func isCanonical() throws {
    var random = SeededGenerator(seed: TestSettings.seed(41))
    var yes = 0
    var no = 0
    for _ in 0..<2_000 {
      let text = RandomJSON.text(using: &random)
      guard text.withBytes({ JSONText.isCanonical($0) }) else {
        no += 1
        continue
      }
      yes += 1
      #expect(try Self.canonical(text) == text)
    }
    #expect(yes > 100 && no > 100)
  }

  static func sum(_ texts: [String]) throws -> (total: String, average: String?) {
    var sum = JSONNumberSum()
    for text in texts {
      try text.withBytes { bytes throws(QrrotError) in try sum.add(bytes) }
    }
    return (
      String(decoding: try sum.total(), as: UTF8.self),
      try sum.average().map { String(decoding: $0, as: UTF8.self) }
    )
  }

  @Test("add up: integers exactly in 128 bits, fractions as doubles that lose nothing on the way")
  func sums() throws {
    for (texts, total, average) in [
      ([], "0", nil), (["1", "2"], "3", "1.5"),
      (["9223372036854775807", "1"], "9223372036854775808", "4611686018427387904"),
      (
        ["-9223372036854775808", "-9223372036854775808"], "-18446744073709551616",
        "-9223372036854775808"
      ),
      (
        ["170141183460469231731687303715884105727"], "170141183460469231731687303715884105727",
        "170141183460469231731687303715884105727"
      ),
      (["0.1", "0.2"], "0.30000000000000004", "0.15000000000000002"), (["0.5", "1.5"], "2", "1"),
      (["1e100", "1", "-1e100"], "1", "0.3333333333333333"), (["1.0"], "1", "1"),
      (["1e3", "1"], "1001", "500.5"),
      (["9007199254740993", "0.0"], "9007199254740992", "4503599627370496"),
      (["9007199254740993", "-9007199254740992.0"], "1", "0.5"), (["1e-400"], "0", "0"),
      (["1", "1", "0"], "2", "0.6666666666666666"),
      (["1e22", "-0.0"], "1e+22", "5e+21"),
      // The double next to the sum, divided, would be the neighbour.
      (["0.1", "0.2", "0.3"], "0.6", "0.2"),
      (["-6", "9.3", "4.59", "0.1", "5", "-6.76"], "6.23", "1.0383333333333336"),
      (["9007199254740993", "9007199254740994"], "18014398509481987", "9007199254740994"),
    ] as [([String], String, String?)] {
      let sum = try Self.sum(texts)
      #expect(sum.total == total, "\(texts)")
      #expect(sum.average == average, "\(texts)")
    }
    #expect(try Self.sum(Array(repeating: "0.1", count: 10_000)).total == "1000")
  }

  @Test("beyond 128 bits, or a double, are error range")
  func tooLarge() {
    for texts in [
      ["170141183460469231731687303715884105728"],
      ["170141183460469231731687303715884105727", "1"],
      ["1e309"], ["1e308", "1e308"], ["-1e400"], [String(repeating: "9", count: 10_000)],
    ] {
      do {
        _ = try Self.sum(texts)
        Issue.record("\(texts[0].prefix(40)) was added")
      } catch {
        #expect((error as? QrrotError)?.code == .range)
      }
    }
    #expect(throws: Never.self) {
      try Self.sum(["-170141183460469231731687303715884105728"])
    }
  }

  @Test("read as doubles as the standard library reads them")
  func doubles() {
    var random = SeededGenerator(seed: TestSettings.seed(42))
    for _ in 0..<20_000 {
      let text = RandomJSON.number(using: &random)
      let value = text.withBytes { JSONDouble.value(of: $0) }
      #expect(value == Double(text), "\(text)")
      guard value.isFinite else { continue }
      let printed = String(decoding: JSONDouble.text(value), as: UTF8.self)
      #expect(Double(printed) == value, "\(text) \(printed)")
      #expect(!printed.hasSuffix(".0"))
    }
  }
}

extension String {
  func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    let bytes = Array(utf8)
    return try bytes.withUnsafeBufferPointer { buffer throws(E) in
      try body(UnsafeRawBufferPointer(buffer))
    }
  }
}

import QrrotCore
import QrrotTesting
import Testing

/// In which places two texts differ.
@Suite("JSON differences")
struct JSONDifferenceTests {
  /// The places in words, as `number $.a 1 2`.
  private func places(
    _ before: String, _ after: String, limit: Int = 100
  ) throws -> (words: [String], difference: JSONDifference) {
    let (first, second) = (Array(before.utf8), Array(after.utf8))
    let difference = try first.withUnsafeBytes { first in
      try second.withUnsafeBytes { second in
        try JSONDifference(from: first, to: second, placeLimit: limit)
      }
    }
    let words = difference.places.map { place in
      let steps = first.withUnsafeBytes { first in
        second.withUnsafeBytes { difference.steps(to: place, before: first, after: $0) }
      }
      let path = steps.map { step in
        switch step {
        case .index(let index): "[\(index)]"
        case .name(let name): "." + String(decoding: name, as: UTF8.self)
        }
      }
      let texts = [
        place.before.map { String(decoding: first[$0], as: UTF8.self) },
        place.after.map { String(decoding: second[$0], as: UTF8.self) },
      ]
      return "\(place.kind) $\(path.joined()) \(texts.compactMap { $0 }.joined(separator: " "))"
    }
    return (words, difference)
  }

  private static let cases: [(String, String, [String])] = [
    ("{}", "{}", []), ("1", "2", ["number $ 1 2"]), ("1", "\"1\"", ["replaced $ 1 \"1\""]),
    (#"{"a":1}"#, #"{"a":2,"b":3}"#, ["number $.a 1 2", "added $.b 3"]),
    (#"{"a":1,"b":[{"c":null}]}"#, #"{"a":1,"b":[{"c":true}]}"#, ["replaced $.b[0].c null true"]),
    (#"{"a":1,"b":2,"c":3}"#, #"{"b":2}"#, ["removed $.a 1", "removed $.c 3"]),
    ("[1,2]", "[1,3,4]", ["number $[1] 2 3", "added $[2] 4"]),
    ("[1,2,3,2]", "[1,2]", ["removed $[2] 3", "removed $[3] 2"]),
    ("[1,2,3]", "[3]", ["removed $[0] 1", "removed $[1] 2"]),
    ("[1,2,3]", "[4,3]", ["replaced $ [1,2,3] [4,3]"]), ("[1]", "[]", ["removed $[0] 1"]),
    ("[[1,2],3]", "[[2],4]", ["removed $[0][0] 1", "number $[1] 3 4"]),
    ("{}", "[]", ["replaced $ {} []"]), ("[{}]", #"[{"a":1}]"#, ["added $[0].a 1"]),
    (#"{"a":1,"a":1}"#, #"{"a":1,"a":2}"#, [#"replaced $ {"a":1,"a":1} {"a":1,"a":2}"#]),
    (
      #"{"x":{"a":1,"b":2},"y":1}"#, #"{"x":{"b":2,"a":1},"y":2}"#,
      [#"replaced $.x {"a":1,"b":2} {"b":2,"a":1}"#, "number $.y 1 2"]
    ),
    (#"{"a":1}"#, #"{"\u0061":1}"#, [#"replaced $ {"a":1} {"\u0061":1}"#]),
    ("1.0", "1.00", ["number $ 1.0 1.00"]), ("-0", "0", ["number $ -0 0"]),
  ]

  @Test(
    "what is left in its place is gone through, and what is not explained is replaced",
    arguments: cases)
  func explained(before: String, after: String, words: [String]) throws {
    #expect(try places(before, after).words == words)
  }

  @Test("places beyond the limit are counted, and the first ones kept")
  func limit() throws {
    let before = "[" + (0..<50).map(String.init).joined(separator: ",") + "]"
    let after = "[" + (1..<51).map(String.init).joined(separator: ",") + ",null]"
    let (words, difference) = try places(before, after, limit: 3)
    #expect(words == ["number $[0] 0 1", "number $[1] 1 2", "number $[2] 2 3"])
    #expect(difference.counts.numbers == 50 && difference.counts.added == 1)
    #expect(!difference.isWhole)
  }

  @Test("the deepest documents are compared, at their innermost place too")
  func depth() throws {
    let (open, close) = (
      String(repeating: #"{"a":["#, count: 256), String(repeating: "]}", count: 256)
    )
    let (words, _) = try places(open + "1" + close, open + "2" + close)
    #expect(words.count == 1)
    #expect(words[0].hasPrefix("number $.a[0].a[0]") && words[0].hasSuffix(".a[0] 1 2"))
    // Every level has become shorter: going through each of them again would take quadratic time.
    var before = "1"
    var after = "1"
    for _ in 0..<500 {
      before = "[0,\(before),0]"
      after = "[\(after)]"
    }
    #expect(try places(before, after).difference.counts.total > 0)
  }

  @Test("large documents take time and memory in proportion")
  func large() throws {
    let count = 20_000
    let members = (0..<count).map { "\"k\($0)\":\($0)" }
    let before = "{" + members.joined(separator: ",") + "}"
    let after = "{" + (0..<count).map { "\"k\($0)\":\($0 + 1)" }.joined(separator: ",") + "}"
    #expect(try places(before, after, limit: 8).difference.counts.numbers == count)
    let turned = "{" + members.reversed().joined(separator: ",") + "}"
    let difference = try places(before, turned, limit: 8).difference
    #expect(difference.counts.replaced == 1 && difference.counts.total == 1)
    let shorter =
      "[" + (0..<count).filter { $0 % 2 == 0 }.map(String.init).joined(separator: ",") + "]"
    let longer = "[" + (0..<count).map(String.init).joined(separator: ",") + "]"
    #expect(try places(longer, shorter, limit: 8).difference.counts.removed == count / 2)
  }

  @Test(
    "a text that is no JSON is gone through once, not for ever",
    arguments: ["[}", "[}}", "[1}", "{\"a\":}", "[[}", "[,,", "{\"a\"", "[1,}", "{\"a\":}]", "}"])
  func noProgress(text: String) throws {
    let bytes = Array(text.utf8)
    for other in [bytes, Array("[}".utf8), Array("[1]".utf8), Array("{\"a\":1}".utf8)] {
      try bytes.withUnsafeBytes { first in
        try other.withUnsafeBytes { second in
          _ = try JSONDifference(from: first, to: second, placeLimit: 8)
          _ = try JSONDifference(from: second, to: first, placeLimit: 8)
        }
      }
    }
  }

  @Test("texts that are not JSON end it too, and nothing beyond them is read")
  func damaged() throws {
    var generator = SeededGenerator(seed: TestSettings.seed(6))
    var differingCount = 0
    for _ in 0..<TestSettings.count(3_000) {
      let trees = (0..<2).map { _ in WrittenJSON.random(levels: 3, using: &generator) }
      var texts = trees.map { Array($0.text.utf8) }
      for index in texts.indices {
        for _ in 0..<Int.random(in: 0...2, using: &generator) where !texts[index].isEmpty {
          let at = Int.random(in: 0..<texts[index].count, using: &generator)
          texts[index][at] = Array("{}[],:\"\\1n".utf8).randomElement(using: &generator) ?? 0
        }
        texts[index].removeLast(
          Int.random(in: 0...min(2, texts[index].count), using: &generator))
      }
      let (first, second) = (texts[0], texts[1])
      let difference = try first.withUnsafeBytes { first in
        try second.withUnsafeBytes { second in
          try JSONDifference(from: first, to: second, placeLimit: 8)
        }
      }
      if difference.counts.total > 0 { differingCount += 1 }
      for place in difference.places {
        _ = place.before.map { first[$0] }
        _ = place.after.map { second[$0] }
      }
    }
    #expect(differingCount > 100)
  }
}

import QrrotCore
import Testing

private func set(_ document: String, _ path: String, _ value: String) throws(QrrotError) -> String {
  var output: [UInt8] = []
  var scratch = JSONScratch()
  let path = try JSONPath(Array(path.utf8))
  let value = Array(value.utf8)
  try Array(document.utf8).withUnsafeBufferPointer { document throws(QrrotError) in
    try value.withUnsafeBufferPointer { value throws(QrrotError) in
      try JSONEdit.set(
        path, to: UnsafeRawBufferPointer(value), in: UnsafeRawBufferPointer(document),
        scratch: &scratch, into: &output)
    }
  }
  return String(decoding: output, as: UTF8.self)
}

private func remove(_ document: String, _ path: String) throws(QrrotError) -> (String, Int) {
  var output: [UInt8] = []
  var scratch = JSONScratch()
  let path = try JSONPath(Array(path.utf8))
  let count = try Array(document.utf8).withUnsafeBufferPointer { document throws(QrrotError) in
    try JSONEdit.remove(
      path, from: UnsafeRawBufferPointer(document), scratch: &scratch, into: &output)
  }
  return (String(decoding: output, as: UTF8.self), count)
}

private func add(_ document: String, _ path: String, _ number: Int64) throws(QrrotError) -> String {
  var output: [UInt8] = []
  var scratch = JSONScratch()
  let path = try JSONPath(Array(path.utf8))
  _ = try Array(document.utf8).withUnsafeBufferPointer { document throws(QrrotError) in
    try JSONEdit.add(
      number, isNegative: false, at: path, in: UnsafeRawBufferPointer(document), scratch: &scratch,
      into: &output)
  }
  return String(decoding: output, as: UTF8.self)
}

private func code(_ body: () throws(QrrotError) -> Void) -> QrrotError.Code? {
  do throws(QrrotError) {
    try body()
    return nil
  } catch {
    return error.code
  }
}

@Suite("JSON edits")
struct JSONEditTests {
  @Test("a member is replaced in its place, and a new one goes last")
  func members() throws {
    #expect(try set(#"{"a":1,"b":2}"#, "$.a", "[3]") == #"{"a":[3],"b":2}"#)
    #expect(try set(#"{"a":1}"#, "$.b", "2") == #"{"a":1,"b":2}"#)
    #expect(try set("{}", "$['first name']", "2") == #"{"first name":2}"#)
    #expect(try set(#"{"a":{}}"#, "$.a.b", "2") == #"{"a":{"b":2}}"#)
    #expect(try set(#"{"a":1,"a":2}"#, "$.a", "3") == #"{"a":1,"a":3}"#)
    #expect(try set("{}", #"$['it\'s "\\']"#, "1") == #"{"it's \"\\":1}"#)
    #expect(try set("[7]", "$", "8") == "8")
  }

  @Test("an element is replaced, and one behind the last is appended")
  func elements() throws {
    #expect(try set("[1,2,3]", "$[1]", "0") == "[1,0,3]")
    #expect(try set("[1,2,3]", "$[-1]", "0") == "[1,2,0]")
    #expect(try set("[1,2,3]", "$[3]", "0") == "[1,2,3,0]")
    #expect(try set("[]", "$[0]", "0") == "[0]")
    #expect(code { () throws(QrrotError) in _ = try set("[1]", "$[2]", "0") } == .path)
    #expect(code { () throws(QrrotError) in _ = try set("[1]", "$[-2]", "0") } == .path)
  }

  @Test(
    "without an object or array around it there is no place",
    arguments: ["$.x.y", "$.a.b", "$.a[0]", "$.l.b", "$[0]", "$.*", "$.a['b','c']"])
  func nowhere(path: String) {
    #expect(code { () throws(QrrotError) in _ = try set(#"{"a":1,"l":[1]}"#, path, "0") } == .path)
  }

  @Test("nothing becomes nested deeper than is allowed")
  func depth() throws {
    func nested(_ levels: Int) -> String {
      String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
    }
    #expect(try set("[[]]", "$[0][0]", nested(510)) == nested(512))
    #expect(code { () throws(QrrotError) in _ = try set("[[]]", "$[0][0]", nested(511)) } == .json)
    let deepest = "$" + String(repeating: "[0]", count: 512)
    #expect(try set(nested(512), deepest, "1").contains("[1]"))
    #expect(code { () throws(QrrotError) in _ = try set(nested(512), deepest, "[]") } == .json)
  }

  @Test(
    "what is removed takes a comma along",
    arguments: [
      (#"{"a":1}"#, "$.a", "{}", 1), (#"{"a":1,"b":2,"c":3}"#, "$.a", #"{"b":2,"c":3}"#, 1),
      (#"{"a":1,"b":2,"c":3}"#, "$.b", #"{"a":1,"c":3}"#, 1),
      (#"{"a":1,"b":2,"c":3}"#, "$.c", #"{"a":1,"b":2}"#, 1),
      ("[1,2,3,4]", "$[0,1]", "[3,4]", 2), ("[1,2,3,4]", "$[1,3]", "[1,3]", 2),
      ("[1,2,3,4]", "$[*]", "[]", 4), ("[1,2,3,4]", "$[0,0]", "[2,3,4]", 1),
      ("[1,2,3,4]", "$[::-2]", "[1,3]", 2), ("[[1],[2,[3]]]", "$..*", "[]", 6),
      (#"{"a":{"a":1},"b":{"a":2}}"#, "$..a", #"{"b":{}}"#, 3),
      (#"{"a":1,"b":0,"a":2,"\u0061":3}"#, "$.a", #"{"b":0}"#, 1),
      (#"{"a":{"x":1},"b":0,"a":2}"#, "$.*", "{}", 2),
      (#"{"a":1,"a":{"b":1,"b":2,"c":3}}"#, "$.a.b", #"{"a":1,"a":{"c":3}}"#, 1),
      (#"[{"p":1},{"p":9},{"p":5}]"#, "$[?@.p>4]", #"[{"p":1}]"#, 2), ("[1]", "$[1]", "", 0),
      (#"{"a":"[,]{\"}"}"#, "$.a", "{}", 1),
    ])
  func removal(document: String, path: String, expected: String, count: Int) throws {
    let (text, removed) = try remove(document, path)
    #expect(text == expected)
    #expect(removed == count)
  }

  @Test("numbers are added to as integers only")
  func sums() throws {
    #expect(try add(#"{"n":41,"m":0}"#, "$.n", 1) == #"{"n":42,"m":0}"#)
    #expect(try add(#"{"m":0}"#, "$.n", -5) == #"{"m":0,"n":-5}"#)
    #expect(try add("[-0]", "$[0]", 2) == "[2]")
    #expect(try add("7", "$", 2) == "9")
    #expect(code { () throws(QrrotError) in _ = try add("[1.0]", "$[0]", 1) } == .type)
    #expect(code { () throws(QrrotError) in _ = try add("[1e2]", "$[0]", 1) } == .type)
    #expect(code { () throws(QrrotError) in _ = try add("[\"1\"]", "$[0]", 1) } == .type)
    #expect(code { () throws(QrrotError) in _ = try add("[1]", "$[1]", 1) } == .path)
    let greatest = "[9223372036854775807]"
    #expect(code { () throws(QrrotError) in _ = try add(greatest, "$[0]", 1) } == .range)
    #expect(
      code { () throws(QrrotError) in _ = try add("[99999999999999999999]", "$[0]", 1) } == .range)
  }

  @Test("the segment of a name reads back as that name")
  func segments() throws {
    for (name, segment) in [
      ("age", ".age"), ("é", ".é"), ("first name", "['first name']"), ("0a", "['0a']"),
      ("", "['']"),
      (#"it's"#, #"['it\'s']"#), (#"q\"t"#, #"['q"t']"#), (#"b\\s"#, #"['b\\s']"#),
      (#"\n"#, #"['\n']"#), (#"\\\""#, #"['\\"']"#),
    ] {
      var output: [UInt8] = []
      JSONPath.append(segmentOfName: Array(name.utf8), to: &output)
      #expect(String(decoding: output, as: UTF8.self) == segment)
      #expect(try set("{\"\(name)\":1}", "$" + segment, "2") == "{\"\(name)\":2}")
    }
  }
}

import QrrotCore
import Testing

@testable import QrrotShell

/// JSON Lines and JSON arrays.
@Suite("Reading JSON records")
struct JSONReaderTests {
  private func lines(_ text: String, key: String? = "id") -> ReadRecords {
    ReadRecords(Array(text.utf8), as: .jsonLines, key: key)
  }

  private func array(_ text: String, key: String? = "id") -> ReadRecords {
    ReadRecords(Array(text.utf8), as: .jsonArray, key: key)
  }

  @Test(
    "a line is a record; blanks, CRLF, a byte order mark and a missing last line feed do no harm")
  func lines() {
    let found = lines("\u{FEFF}{\"id\": 1,  \"x\": [1, 2]}\r\n\n  \t\r\n{\"id\":\"b\"}")
    #expect(found.errors.isEmpty)
    #expect(
      found.records == [
        FoundRecord(json: "{\"id\":1,\"x\":[1,2]}", under: "1"),
        FoundRecord(json: "{\"id\":\"b\"}", under: "b"),
      ])
    for empty in ["", "\n", "\u{FEFF}", "\u{FEFF}\n\n", " \n"] {
      #expect(lines(empty) == lines(""), "\(empty.debugDescription)")
      #expect(lines(empty).errors.isEmpty && lines(empty).records.isEmpty)
    }
  }

  @Test("a line that is wrong is reported with its number and its byte, and the next one is read")
  func wrongLines() {
    let deep = String(repeating: "[", count: 513) + String(repeating: "]", count: 513)
    let found = lines("{\"id\":1}\n{\"id\":2,}\n\n{id:3}\n\(deep)\n{\"id\":4}\n{\"id\":5")
    #expect(found.records.map(\.key) == [[0x31], [0x34]])
    #expect(
      found.errors == [
        "2: error[json]: byte 8: expected a member name in double quotes, found }",
        "4: error[json]: byte 1: expected a member name in double quotes or }, found i",
        "5: error[json]: byte 512: expected at most 512 levels of nesting, found [",
        "7: error[json]: byte 7: expected a comma or }, found the end of the text",
      ])
    let invalid = ReadRecords(
      Array("{\"id\":\"".utf8) + [0xFF] + Array("\"}\n{\"id\":1}\n".utf8), as: .jsonLines, key: "id"
    )
    #expect(invalid.errors == ["1: error[json]: byte 7: expected valid UTF-8, found \\xFF"])
    #expect(invalid.records.count == 1)
  }

  @Test(
    "the key is looked for before the text is checked: any bytes are an error and nothing worse")
  func damagedLines() {
    let whole = Array(#"{"a":{"b":["x\"y",-1.5e3,true]},"id":"key\u00e9","id":"last"}"#.utf8)
    for template in ["id", "$.a.b[0]", "{id}:{$['a']['b'][1]}", "$"] {
      for count in whole.indices {
        let cut = ReadRecords(Array(whole[..<count]), as: .jsonLines, key: template)
        #expect(cut.records.isEmpty && cut.errors.count == (count == 0 ? 0 : 1), "\(count)")
      }
      for index in whole.indices {
        for byte in Array(#"{}[]":,\ 0"#.utf8) + [0x00, 0xFF] {
          var damaged = whole
          damaged[index] = byte
          let found = ReadRecords(damaged, as: .jsonLines, key: template)
          // What is read is read as if the text had been checked first: as an array's element is.
          let checked = ReadRecords([0x5B] + damaged + [0x5D], as: .jsonArray, key: template)
          if found.errors.isEmpty { #expect(found.records == checked.records, "\(index) \(byte)") }
          #expect(found.errors.isEmpty == checked.errors.isEmpty, "\(index) \(byte)")
        }
      }
    }
  }

  @Test("a line may be far longer than what is read at once")
  func longLine() {
    let long = "{\"id\":\"a\",\"text\":\"\(String(repeating: "x", count: 300_000))\"}"
    let found = ReadRecords(
      Array("\(long)\n{\"id\":\"b\"}\n".utf8), as: .jsonLines, key: "id", step: 4_000,
      blockByteCount: 1_000)
    #expect(found.errors.isEmpty)
    #expect(found.records.map(\.key) == [Array("a".utf8), Array("b".utf8)])
    #expect(found.records.first?.value == .json(Array(long.utf8)))
  }

  @Test("an array's elements are records, however it is laid out")
  func arrays() {
    let found = array(
      """
      [
        {"id": "a]}", "x": "\\"]"},
        {"id": 2, "y": {"z": [1, {"q": "}"}]}}
        ,{"id":3}]

      """)
    #expect(found.errors.isEmpty)
    #expect(
      found.records == [
        FoundRecord(json: "{\"id\":\"a]}\",\"x\":\"\\\"]\"}", under: "a]}"),
        FoundRecord(json: "{\"id\":2,\"y\":{\"z\":[1,{\"q\":\"}\"}]}}", under: "2"),
        FoundRecord(json: "{\"id\":3}", under: "3"),
      ])
    for empty in ["[]", " [ ] \n", "\u{FEFF}[\n]"] {
      #expect(array(empty).errors.isEmpty && array(empty).records.isEmpty)
    }
    #expect(array("{\"id\":1}\n{\"id\":2}\n").records.count == 2, "JSON Lines in a .json")
  }

  @Test("errors of an array stand at their line; what ends it ends the reading")
  func wrongArrays() {
    let inner = array("[\n{\"id\":1},\n{\"id\":2,\n \"x\": tru},\n{\"id\":3}]")
    #expect(inner.records.map(\.key) == [[0x31], [0x33]])
    #expect(inner.errors == ["4: error[json]: byte 18: expected true, found }"])
    let wanted = [
      "": "1: error[json]: expected a JSON array, which begins with [, found the end of the file",
      "7": "1: error[json]: expected a JSON array, which begins with [, found 7",
      "[{\"id\":1}": "1: error[json]: expected a comma or ], found the end of the file",
      "[{\"id\":1}]\n[": "2: error[json]: expected nothing behind the array, found [",
      "[{\"id\":1}\n{\"id\":2}]":
        "2: error[json]: byte 9: expected the end of the text, found {",
      "[{\"id\":1},": "1: error[json]: byte 0: expected a value, found the end of the text",
      "[{\"id\":\"": "1: error[json]: byte 7: expected a closing quote, found the end of the text",
    ]
    for (text, error) in wanted {
      #expect(array(text).errors.first == error, "\(text.debugDescription)")
    }
  }

  @Test("records that say their key keep type and deadline")
  func typedRecords() {
    let found = lines(
      """
      {"key":"s","type":"string","value":"a\\nb\\u00e9","expires":5000}
      {"key":"i","type":"int","value":-9223372036854775808}
      {"key":"j","type":"json","value":{"a":[1.00,"x"]},"expires":null}
      {"type":"json","value":"scalar","key":"k"}
      {"key":{"base64":"AP8="},"type":"string","value":{"base64":"/w=="}}
      {"key":"t","value":"text"}
      {"key":"u","value":12}
      {"key":"v","value":1.5}
      """, key: nil)
    #expect(found.errors.isEmpty)
    #expect(
      found.records == [
        FoundRecord("s", .string(Array("a\nbé".utf8)), expiry: 5_000),
        FoundRecord("i", .int(.min)), FoundRecord(json: "{\"a\":[1.00,\"x\"]}", under: "j"),
        FoundRecord(json: "\"scalar\"", under: "k"), FoundRecord([0, 0xFF], .string([0xFF])),
        FoundRecord("t", .string(Array("text".utf8))), FoundRecord("u", .int(12)),
        FoundRecord(json: "1.5", under: "v"),
      ])
    let wrong = lines(
      """
      {"key":"a","type":"int","value":"1"}
      {"key":"a","type":"int","value":9223372036854775808}
      {"key":"a","type":"text","value":"1"}
      {"key":"a","type":"string","value":5}
      {"key":"a","type":"string","value":{"base64":"x"}}
      {"key":5,"value":5}
      {"key":"a","value":5,"expires":"soon"}
      {"key":"a","value":5,"name":"Ivan"}
      [1]
      """, key: nil)
    #expect(wrong.records.isEmpty)
    #expect(wrong.errors.count == 9)
    #expect(
      wrong.errors[7]
        == "8: error[refused]: --key is needed: it names the field that is the key; the fields here are key, value, name"
    )
  }

  @Test("a record without a key is passed over or an error; one that has expired is left out")
  func keyless() {
    let text = Array("{\"x\":1}\n{\"id\":null}\n{\"id\":\"\"}\n{\"id\":[1]}\n{\"id\":true}\n".utf8)
    let passed = ReadRecords(text, as: .jsonLines, key: "id")
    #expect(passed.keylessCount == 3)
    #expect(passed.records.map(\.key) == [Array("true".utf8)])
    #expect(passed.errors.count == 1 && passed.errors[0].hasPrefix("4: error[type]"))
    let required = ReadRecords(text, as: .jsonLines, key: "id", requiresKeys: true)
    #expect(required.errors.count == 4)
    #expect(required.errors[0].hasPrefix("1: error[refused]: the record has no key"))
    let late = Array(
      "{\"key\":\"a\",\"value\":1,\"expires\":1000}\n{\"key\":\"b\",\"value\":1,\"expires\":1001}\n"
        .utf8)
    let found = ReadRecords(late, as: .jsonLines, now: 1_000)
    #expect(found.records.map(\.key) == [Array("b".utf8)] && found.expiredCount == 1)
  }

  @Test("a key that comes twice is an error, or the first or the last one stays")
  func conflicts() {
    let text = Array("{\"id\":1,\"x\":1}\n{\"id\":2}\n{\"id\":1,\"x\":2}\n".utf8)
    let error = ReadRecords(text, as: .jsonLines, key: "id")
    #expect(
      error.errors.count == 1 && error.errors[0].hasPrefix("3: error[conflict]: 1 comes twice"))
    let skip = ReadRecords(text, as: .jsonLines, key: "id", onConflict: .skip)
    #expect(skip.errors.isEmpty && skip.skippedCount == 1)
    #expect(skip.records.first == FoundRecord(json: "{\"id\":1,\"x\":1}", under: "1"))
    let replace = ReadRecords(text, as: .jsonLines, key: "id", onConflict: .replace)
    #expect(replace.errors.isEmpty && replace.records.count == 2)
    #expect(replace.records.first == FoundRecord(json: "{\"id\":1,\"x\":2}", under: "1"))
  }

  @Test("keys are fields, paths, or texts with paths in braces")
  func templates() {
    let record = Array(
      "{\"id\":7,\"a b\":\"x\",\"o\":{\"n\":1.50,\"l\":[true,\"}\"]},\"id\":8,\"ü\":\"\\u00fc\"}\n"
        .utf8)
    let wanted = [
      "id": "8", "a b": "x", "$.o.n": "1.50", "$['a b']": "x", "$.o.l[-1]": "}", "ü": "ü",
      "user:{id}": "user:8", "{$.o.n}/{a b}": "1.50/x", "{{{id}}}": "{8}", "{$['a b']}": "x",
      "{$[\"o\"].l[0]}": "true",
    ]
    for (template, key) in wanted {
      let found = ReadRecords(record, as: .jsonLines, key: template)
      #expect(found.errors.isEmpty && found.records.map(\.key) == [Array(key.utf8)], "\(template)")
    }
    for template in ["", "{id", "id}", "{}", "{{x}}", "$..x", "{$.*}", "{$.o", "$[", "{$.}"] {
      let found = ReadRecords(record, as: .jsonLines, key: template)
      #expect(found.records.isEmpty && found.errors.count == 1, "\(template)")
      #expect(found.errors.first?.hasPrefix("0: error[") == true, "\(template)")
    }
  }
}

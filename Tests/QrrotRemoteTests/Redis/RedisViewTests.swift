import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotRemote

/// What the language makes of what Redis keeps.
@Suite("Values of Redis")
struct RedisViewTests {
  private func value(_ text: String) -> Value? {
    Array(text.utf8).withUnsafeBytes { RedisRecord.string($0, expiry: 0).value }
  }

  private func json(_ text: String) -> Value { .json(Array(text.utf8)) }

  @Test("a text is an int, json or a string by its form")
  func types() {
    #expect(value("0") == .int(0))
    #expect(value("-9223372036854775808") == .int(.min))
    for text in ["", "-0", "007", "+1", " 1", "1 ", "9223372036854775808", "1.5", "true", "null"] {
      #expect(value(text) == .string(Array(text.utf8)), "\(text)")
    }
    #expect(value(#" {"a" : [1, 2]} "#) == json(#"{"a":[1,2]}"#))
    #expect(value("[]") == json("[]"))
    for text in ["{", "[1,]", #"{"a":}"#, "{}x", "[x]"] {
      #expect(value(text) == .string(Array(text.utf8)), "\(text)")
    }
  }

  private func view(_ kind: RedisRecord.Kind, _ reply: String) throws -> String {
    let chunk = try #require(RedisChunk(reading: Array(reply.utf8)))
    return String(decoding: RedisView(kind, chunk[0]).text, as: UTF8.self)
  }

  @Test("what is no text is shown as json, in both versions of the protocol")
  func views() throws {
    let hash = "$1\r\nb\r\n$2\r\n12\r\n$1\r\na\r\n$8\r\n[1,  {}]\r\n"
    #expect(try view(.hash, "%2\r\n\(hash)") == #"{"a":[1,{}],"b":12}"#)
    #expect(try view(.hash, "*4\r\n\(hash)") == #"{"a":[1,{}],"b":12}"#)
    #expect(try view(.list, "*2\r\n$1\r\nz\r\n$1\r\n1\r\n") == #"["z",1]"#)
    #expect(try view(.set, "~2\r\n$1\r\nz\r\n$1\r\na\r\n") == #"["a","z"]"#)
    let members = #"[{"member":"a","score":1.5},{"member":2,"score":"inf"}]"#
    #expect(
      try view(.sortedSet, "*2\r\n*2\r\n$1\r\na\r\n,1.5\r\n*2\r\n$1\r\n2\r\n,inf\r\n") == members)
    #expect(
      try view(.sortedSet, "*4\r\n$1\r\na\r\n$3\r\n1.5\r\n$1\r\n2\r\n$3\r\ninf\r\n") == members)
    #expect(
      try view(.stream, "*1\r\n*2\r\n$3\r\n1-0\r\n*2\r\n$1\r\nf\r\n$1\r\n5\r\n")
        == #"[{"id":"1-0","fields":{"f":5}}]"#)
  }

  @Test("what is not UTF-8 is base64, and a quote in a field stays in its string")
  func binary() throws {
    let reply: [UInt8] =
      Array("%1\r\n$1\r\n".utf8) + [0xFF] + Array("\r\n$2\r\n".utf8) + [0xFE, 0]
      + Array("\r\n".utf8)
    let chunk = try #require(RedisChunk(reading: reply))
    let text = String(decoding: RedisView(.hash, chunk[0]).text, as: UTF8.self)
    #expect(text == #"{"base64:/w==":{"base64":"/gA="}}"#)
    #expect(try view(.list, "*1\r\n$3\r\na\"b\r\n") == #"["a\"b"]"#)
  }

  /// Once a field of that name was written beside it.
  @Test("a field that is not UTF-8 is written and removed under the name that the view gives it")
  func binaryFields() throws {
    let before = Array(#"{"base64:/w==":1,"base64:QQ==":2,"base64:x":3}"#.utf8)
    let written = try RedisHashChange(
      from: before, to: Array(#"{"base64:/w==":5,"base64:QQ==":6,"base64:x":7}"#.utf8))
    #expect(
      Set(written.written.map(\.field))
        == [[0xFF], Array("base64:QQ==".utf8), Array("base64:x".utf8)])
    let removed = try RedisHashChange(from: before, to: Array("{}".utf8))
    #expect(removed.removed.contains([0xFF]) && removed.removed.count == 3)
  }

  @Test("a change of a hash's view is the fields that differ")
  func changes() throws {
    let before = Array(#"{"a":1,"b":"x","c":[1]}"#.utf8)
    let after = Array(#"{"b":"y \"z\"","c":[1],"d":{"e":null}}"#.utf8)
    let change = try RedisHashChange(from: before, to: after)
    #expect(change.removed == [Array("a".utf8)])
    #expect(change.written.map { String(decoding: $0.field, as: UTF8.self) } == ["b", "d"])
    #expect(
      change.written.map { String(decoding: $0.text, as: UTF8.self) }
        == [#"y "z""#, #"{"e":null}"#])
    #expect(throws: QrrotError.self) {
      try RedisHashChange(from: before, to: Array("[1]".utf8))
    }
  }

  @Test("versions tell contents, deadlines and kinds apart, and nothing else")
  func versions() {
    func record(_ text: String, _ expiry: Int64 = 0) -> RedisRecord {
      Array(text.utf8).withUnsafeBytes { .string($0, expiry: expiry) }
    }
    #expect(record("a").version == record("a").version)
    #expect(record("a").version != record("b").version)
    #expect(record("a").version != record("a", 5).version)
    #expect(RedisRecord.absent.version == 0)
    var other = record("a")
    other.kind = .list
    #expect(other.version != record("a").version)
    #expect(RedisRecord.kind(ofVersion: other.version) == .list)
    for text in 0..<1_000 { #expect(record("\(text)").version < .max >> 1) }
  }

  @Test("what is written is what has changed: a deadline alone, fields alone, or all of it")
  func writes() throws {
    func record(_ text: String, _ expiry: Int64 = 0) -> RedisRecord {
      Array(text.utf8).withUnsafeBytes { .string($0, expiry: expiry) }
    }
    let same = try RedisWrite(.value(.int(1), expiry: 0), over: record("1"), modules: false)
    #expect(same == nil)
    #expect(try RedisWrite(.removed, over: .absent, modules: false) == nil)
    var batch = RedisBatch()
    let key = [UInt8](arrayLiteral: 107)
    try RedisWrite(.value(.int(1), expiry: 9), over: record("1"), modules: false)?
      .append(to: &batch, key)
    try RedisWrite(.value(.json(Array("{}".utf8)), expiry: 0), over: record("1"), modules: true)?
      .append(to: &batch, key)
    try RedisWrite(.value(.string(key), expiry: 5), over: record("1"), modules: false)?
      .append(to: &batch, key)
    let words = String(decoding: batch.bytes, as: UTF8.self).split(separator: "\r\n")
      .filter { !$0.hasPrefix("*") && !$0.hasPrefix("$") || $0 == "$" }
    #expect(
      words.joined(separator: " ")
        == "PEXPIREAT k 9 DEL k JSON.SET k $ {} SET k k PEXPIREAT k 5")
  }
}

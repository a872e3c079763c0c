import QrrotService
import QrrotTesting
import Testing

/// The JSON module's commands; the replies are those of RedisJSON 2.6.
@Suite("JSON over the network")
struct JSONCommandTests {
  private let document = #"{"a":1,"b":{"a":2.5,"c":"x"},"l":[1,2,{"a":null}],"t":true}"#

  private func talk() throws -> Talk {
    let talk = try #require(Talk())
    #expect(talk("JSON.SET", "j", "$", document) == "+OK")
    return talk
  }

  private func bulk(_ text: String) -> String { "$\(text.utf8.count)\n\(text)" }

  @Test("JSON.SET makes, replaces and adds, and GET shows it")
  func set() throws {
    let talk = try talk()
    #expect(talk("TYPE", "j") == "+ReJSON-RL")
    #expect(talk("JSON.GET", "j") == bulk(document))
    #expect(talk("JSON.SET", "j", "$.b.c", "[ 1 , 2 ]") == "+OK")
    #expect(talk("JSON.GET", "j", "$.b.c") == bulk("[[1,2]]"))
    #expect(talk("JSON.SET", "j", ".b.new", "7") == "+OK")
    #expect(talk("JSON.GET", "j", ".b") == bulk(#"{"a":2.5,"c":[1,2],"new":7}"#))
    #expect(talk("JSON.SET", "j", "$..a", "0") == "+OK")
    #expect(talk("JSON.GET", "j", "$..a") == bulk("[0,0,0]"))
    #expect(talk("JSON.SET", "j", "$", "5") == "+OK")
    #expect(talk("JSON.GET", "j", "$") == bulk("[5]"))
  }

  @Test("JSON.SET with NX and XX")
  func conditions() throws {
    let talk = try talk()
    #expect(talk("JSON.SET", "j", "$", "1", "NX") == "$-1")
    #expect(talk("JSON.SET", "j", "$.a", "9", "NX") == "$-1")
    #expect(talk("JSON.SET", "j", "$.z", "9", "XX") == "$-1")
    #expect(talk("JSON.SET", "j", "$.z", "9", "NX") == "+OK")
    #expect(talk("JSON.SET", "j", "$.z", "8", "xx") == "+OK")
    #expect(talk("JSON.GET", "j", ".z") == bulk("8"))
    #expect(talk("JSON.SET", "none", "$", "1", "XX") == "$-1")
    #expect(talk("JSON.SET", "none", "$.a", "1", "XX") == "$-1")
    #expect(talk("JSON.SET", "new", "$", "1", "NX") == "+OK")
    #expect(talk("JSON.SET", "j", "$.a", "1", "NX", "XX") == "-ERR syntax error")
    #expect(talk("JSON.SET", "j", "$.a", "1", "FOO") == "-ERR syntax error")
  }

  @Test("what JSON.SET can't do leaves everything as it was")
  func setErrors() throws {
    let talk = try talk()
    #expect(talk("JSON.SET", "n", "$.a", "1") == "-ERR new objects must be created at the root")
    #expect(talk("JSON.SET", "j", "$.l[7]", "1") == "-ERR array index out of range")
    #expect(talk("JSON.SET", "j", "$.nope.x", "1") == "$-1")
    #expect(talk("JSON.SET", "j", "$.a.x", "1") == "$-1")
    #expect(talk("JSON.SET", "j", "$.z[*].x", "1") == "-Err wrong static path")
    #expect(
      talk("JSON.SET", "j", "$.a", "{").hasPrefix("-ERR not JSON, byte 1: expected a member name"))
    #expect(talk("JSON.SET", "j", "$.[", "1").hasPrefix("-ERR "))
    #expect(talk("JSON.SET", "j", "$.a") == "-ERR wrong number of arguments for 'json.set' command")
    let deep = String(repeating: "[", count: 512) + String(repeating: "]", count: 512)
    #expect(talk("JSON.SET", "deep", "$", deep) == "+OK")
    #expect(talk("JSON.SET", "j", "$.a", deep).hasPrefix("-ERR the document would be wrong: "))
    #expect(talk("JSON.GET", "j") == bulk(document))
    #expect(talk("SET", "s", "x") == "+OK")
    for command in [["JSON.SET", "s", "$", "1"], ["JSON.GET", "s"], ["JSON.DEL", "s"]] {
      #expect(talk(command) == "-Existing key has wrong Redis type")
    }
  }

  @Test("a document is nothing that the string commands take")
  func wrongType() throws {
    let talk = try talk()
    let error = "-WRONGTYPE Operation against a key holding the wrong kind of value"
    for command in [
      ["GET", "j"], ["APPEND", "j", "x"], ["INCR", "j"], ["STRLEN", "j"],
      ["GETRANGE", "j", "0", "1"],
      ["SETRANGE", "j", "0", "x"], ["GETSET", "j", "x"], ["GETDEL", "j"], ["GETEX", "j"],
      ["SET", "j", "x", "GET"], ["INCRBYFLOAT", "j", "1"], ["GETEX", "j", "EX", "a"],
    ] {
      #expect(talk(command) == error, "\(command)")
    }
    #expect(talk("MGET", "j") == "*1\n$-1")
    #expect(talk("JSON.GET", "j") == bulk(document))
    #expect(talk("SET", "j", "x") == "+OK")
  }

  @Test("JSON.GET with paths of both forms, one or several")
  func get() throws {
    let talk = try talk()
    #expect(talk("JSON.GET", "none") == "$-1")
    #expect(talk("JSON.GET", "j", "a") == bulk("1"))
    #expect(talk("JSON.GET", "j", ".l[0]") == bulk("1"))
    #expect(talk("JSON.GET", "j", "$.l[0]") == bulk("[1]"))
    #expect(talk("JSON.GET", "j", "$.nope") == bulk("[]"))
    #expect(talk("JSON.GET", "j", ".nope") == "-ERR Path '$.nope' does not exist")
    #expect(talk("JSON.GET", "j", ".a", "b.c") == bulk(#"{".a":1,"b.c":"x"}"#))
    #expect(talk("JSON.GET", "j", "$.a", ".b.c") == bulk(#"{"$.a":[1],".b.c":["x"]}"#))
    #expect(talk("JSON.GET", "j", ".a", ".a") == bulk(#"{".a":1}"#))
    #expect(talk("JSON.GET", "j", ".a", ".nope") == "-ERR Path '$.nope' does not exist")
    #expect(talk("JSON.GET", "j", "NOESCAPE", "$.t") == bulk("[true]"))
    #expect(talk("JSON.GET", "j", "$..a") == bulk("[1,2.5,null]"))
  }

  @Test("JSON.GET lays out what it answers")
  func layout() throws {
    let talk = try talk()
    #expect(
      talk("JSON.GET", "j", "INDENT", "  ", "NEWLINE", "\n", "SPACE", " ", ".b")
        == bulk("{\n  \"a\": 2.5,\n  \"c\": \"x\"\n}"))
    #expect(
      talk("JSON.GET", "j", "INDENT", ".", "NEWLINE", "!", "$.l")
        == bulk(#"[!.[!..1,!..2,!..{!..."a":null!..}!.]!]"#))
    #expect(
      talk("JSON.GET", "j", "NEWLINE", "!", "SPACE", "_", ".a", ".t")
        == bulk(#"{!".a":_1,!".t":_true!}"#))
    #expect(talk("JSON.SET", "e", "$", #"{"o":{},"l":[],"s":"a:b,[\"{"}"#) == "+OK")
    #expect(
      talk("JSON.GET", "e", "INDENT", "\t", "NEWLINE", "|")
        == "$37\n" + #"{|\x09"o":{},|\x09"l":[],|\x09"s":"a:b,[\"{"|}"#)
    #expect(
      talk("JSON.GET", "j", "INDENT") == "-ERR wrong number of arguments for 'json.get' command")
  }

  @Test("a short request does not make a reply of any length")
  func amplification() throws {
    let talk = try #require(Talk(Talk.service { $0.replyByteCount = 100_000 }))
    let deep = String(repeating: "[", count: 500) + "1" + String(repeating: "]", count: 500)
    #expect(talk("JSON.SET", "j", "$", deep) == "+OK")
    let indent = String(repeating: " ", count: 10_000)
    #expect(
      talk("JSON.GET", "j", "INDENT", indent) == "-ERR the reply would have more than 100016 bytes")
    let paths = (0..<200).map { "$" + String(repeating: " ", count: $0) + "[*]" }
    #expect(
      talk(["JSON.GET", "j"] + paths) == "-ERR the reply would have more than 100016 bytes")
  }

  @Test("JSON.DEL and JSON.FORGET count what lies in nothing else that is removed")
  func delete() throws {
    let talk = try talk()
    #expect(talk("JSON.DEL", "none") == ":0")
    #expect(talk("JSON.DEL", "j", "$.nope") == ":0")
    #expect(talk("JSON.DEL", "j", "$..a") == ":3")
    #expect(talk("JSON.GET", "j") == bulk(#"{"b":{"c":"x"},"l":[1,2,{}],"t":true}"#))
    #expect(talk("JSON.FORGET", "j", ".l[0]") == ":1")
    #expect(talk("JSON.DEL", "j", "$..*") == ":3")
    #expect(talk("JSON.GET", "j") == bulk("{}"))
    #expect(talk("JSON.DEL", "j") == ":1")
    #expect(talk("EXISTS", "j") == ":0")
    #expect(talk("JSON.SET", "j", "$", "1") == "+OK")
    #expect(talk("JSON.DEL", "j", "$") == ":1")
    #expect(
      talk("JSON.DEL", "j", "$", "x") == "-ERR wrong number of arguments for 'json.del' command")
  }

  @Test("JSON.TYPE in both versions of the protocol")
  func type() throws {
    let talk = try talk()
    #expect(talk("JSON.TYPE", "j") == bulk("object"))
    #expect(talk("JSON.TYPE", "j", ".b.a") == bulk("number"))
    #expect(talk("JSON.TYPE", "j", ".nope") == "$-1")
    #expect(talk("JSON.TYPE", "none", "$.a") == "$-1")
    #expect(
      talk("JSON.TYPE", "j", "$.*") == "*4\n$7\ninteger\n$6\nobject\n$5\narray\n$7\nboolean")
    #expect(talk("JSON.TYPE", "j", "$.l[2].a") == "*1\n$4\nnull")
    #expect(talk("JSON.TYPE", "j", "$.b.c") == "*1\n$6\nstring")
    #expect(talk("JSON.TYPE", "j", "$.nope") == "*0")
    _ = talk("HELLO", "3")
    #expect(talk("JSON.TYPE", "j") == "*1\n$6\nobject")
    #expect(talk("JSON.TYPE", "j", "$.a") == "*1\n*1\n$7\ninteger")
    #expect(talk("JSON.TYPE", "none") == "*1\n_")
    #expect(talk("JSON.GET", "j", "$.a") == bulk("[1]"))
  }

  @Test("JSON.NUMINCRBY in both versions of the protocol")
  func numIncrBy() throws {
    let talk = try talk()
    #expect(talk("JSON.NUMINCRBY", "j", "$.a", "2") == bulk("[3]"))
    #expect(talk("JSON.NUMINCRBY", "j", ".a", "-1") == bulk("2"))
    #expect(talk("JSON.NUMINCRBY", "j", "$..a", "0.5") == bulk("[2.5,3.0,null]"))
    #expect(talk("JSON.NUMINCRBY", "j", "$.l[*]", "10") == bulk("[11,12,null]"))
    #expect(talk("JSON.NUMINCRBY", "j", "$.nope", "1") == bulk("[]"))
    #expect(
      talk("JSON.NUMINCRBY", "j", ".t", "1")
        == "-ERR Path '$.t' does not exist or does not contains a number")
    #expect(
      talk("JSON.NUMINCRBY", "none", "$", "1")
        == "-ERR could not perform this operation on a key that doesn't exist")
    #expect(talk("JSON.NUMINCRBY", "j", "$.a", "true") == "-ERR bad input number")
    #expect(talk("JSON.NUMINCRBY", "j", "$.a", "x").hasPrefix("-ERR not JSON, byte 0"))
    #expect(talk("JSON.SET", "j", "$.a", "1e308") == "+OK")
    #expect(talk("JSON.NUMINCRBY", "j", "$.a", "1e308") == "-ERR result is not a number")
    #expect(talk("JSON.GET", "j", ".a") == bulk("1e308"))
    #expect(talk("JSON.SET", "j", "$.a", "9223372036854775807") == "+OK")
    #expect(talk("JSON.NUMINCRBY", "j", "$.a", "1") == bulk("[9223372036854776000.0]"))
    #expect(talk("JSON.TYPE", "j", "$.a") == "*1\n$6\nnumber")
    _ = talk("HELLO", "3")
    #expect(talk("JSON.NUMINCRBY", "j", "$.l[*]", "1") == "*3\n:12\n:13\n_")
    #expect(talk("JSON.NUMINCRBY", "j", ".b.a", "0.25") == "*1\n,3.25")
  }

  @Test("a change inside keeps the key's expiry; JSON.SET of a new document has none")
  func expiry() throws {
    let talk = try talk()
    #expect(talk("EXPIRE", "j", "100") == ":1")
    #expect(talk("JSON.NUMINCRBY", "j", "$.a", "1") == bulk("[2]"))
    #expect(talk("JSON.SET", "j", "$.n", "1") == "+OK")
    #expect(talk("JSON.DEL", "j", "$.l") == ":1")
    #expect(talk("TTL", "j") == ":100")
    #expect(talk("COPY", "j", "k") == ":1")
    #expect(talk("JSON.GET", "k", "$.a") == bulk("[2]"))
  }

  @Test("in a transaction changes build on each other")
  func transaction() throws {
    let talk = try talk()
    #expect(talk("MULTI") == "+OK")
    #expect(talk("JSON.NUMINCRBY", "j", "$.a", "1") == "+QUEUED")
    #expect(talk("JSON.SET", "j", "$.a", "5", "XX") == "+QUEUED")
    #expect(talk("JSON.NUMINCRBY", "j", "$.a", "1") == "+QUEUED")
    #expect(talk("JSON.GET", "j", "$.a") == "+QUEUED")
    #expect(talk("EXEC") == "*4\n$3\n[2]\n+OK\n$3\n[6]\n$3\n[6]")
  }
}

import QrrotCore
import QrrotStore
import Testing

@Suite("Names of members for completion")
struct MemberSampleTests {
  private let client = EngineClient(LocalEngine())

  private func names(
    _ prefix: String = "", at path: String = "$", of documents: SampledDocuments, limit: Int = 100,
    _ timeLimit: Duration = .seconds(1_000_000)
  ) throws -> MemberSample {
    client.engine.sampleMembers(
      startingWith: Array(prefix.utf8), at: try JSONPath(Array(path.utf8)), of: documents,
      in: client.session, limit: limit, timeLimit: timeLimit)
  }

  private func texts(_ sample: MemberSample) -> [String] {
    sample.names.map { String(decoding: $0, as: UTF8.self) }
  }

  @Test("of one key, each once, in byte order, without escapes")
  func oneKey() throws {
    _ = client.run(#"put k {"b": 1, "a": {"x": 1}, "b": 2, "\u00e9\"": [{"y": 1}, {"z": 1}]}"#)
    let key = SampledDocuments.key(Array("k".utf8))
    #expect(texts(try names(of: key)) == ["a", "b", "é\""])
    #expect(texts(try names("b", of: key)) == ["b"])
    #expect(texts(try names(at: "$.a", of: key)) == ["x"])
    #expect(texts(try names(at: "$..*", of: key)) == ["x", "y", "z"])
    #expect(texts(try names(at: "$.b", of: key)).isEmpty)
    #expect(try !names(of: key).isPartial)
    #expect(texts(try names(of: .key(Array("nobody".utf8)))).isEmpty)
  }

  @Test("of the keys that match a pattern, or of all")
  func patterns() throws {
    _ = client.run(#"put user:1 {"name": 1}"#)
    _ = client.run(#"put user:2 {"age": 1}"#)
    _ = client.run(#"put film:1 {"title": 1}"#)
    _ = client.run("put n 5")
    #expect(texts(try names(of: .matching(nil))) == ["age", "name", "title"])
    #expect(texts(try names(of: .matching(try Glob(Array("user:*".utf8))))) == ["age", "name"])
  }

  @Test("the transaction's own writes are seen, and looking is no reading")
  func transactions() throws {
    _ = client.run(#"put old {"old": 1}"#)
    _ = client.run("begin")
    _ = client.run(#"put k {"staged": 1}"#)
    #expect(texts(try names(of: .key(Array("k".utf8)))) == ["staged"])
    #expect(texts(try names(of: .matching(nil))) == ["old", "staged"])
    #expect(texts(try names(of: .key(Array("old".utf8)))) == ["old"])
    let other = EngineClient(client.engine)
    #expect(other.run(#"put old {"new": 1}"#) == "OK")
    #expect(client.run("commit") == "OK")
  }

  @Test("it keeps to its limits, and says so")
  func limits() throws {
    let members = (0..<500).map { "\"m\($0)\":0" }.joined(separator: ",")
    _ = client.run("put k {\(members)}")
    let some = try names(of: .key(Array("k".utf8)), limit: 10)
    #expect(some.names.count == 10 && some.isPartial)
    for index in 0..<1_000 { _ = client.run("put k\(index) {\(members)}") }
    let none = try names("nothing", of: .matching(nil), .zero)
    #expect(none.names.isEmpty && none.isPartial)
  }
}

import QrrotCore
import QrrotStore
import Testing

/// What undo takes back, and what it refuses.
@Suite("Undo")
struct UndoTests {
  private func two() -> (EngineClient, EngineClient) {
    let engine = LocalEngine()
    return (EngineClient(engine), EngineClient(engine))
  }

  @Test(
    "a key that somebody else has changed since is a conflict, and nothing is undone",
    arguments: ["put a 9", "put a x", "del a", "incr a", "clear"])
  func conflict(other: String) throws {
    let (first, second) = two()
    for line in ["put a 1", "begin", "put a 2", "put b 3", "commit"] { _ = first.run(line) }
    #expect(!second.run(other).hasPrefix("error"))
    let before = second.run("all")
    let error = try #require(first.failure("undo"))
    #expect(error.code == .conflict && error.message.contains("a"))
    #expect(second.run("all") == before)
    #expect(first.failure("undo")?.code == .conflict, "the log still holds it")
  }

  @Test("writing the same value again is no change, so there is no conflict")
  func sameValue() {
    let (first, second) = two()
    _ = first.run("put a 1")
    _ = second.run("put a 1")
    #expect(second.run("undo") == "error[refused]")
    #expect(first.run("undo") == "a nil")
  }

  @Test("what somebody else has taken back again is no conflict: versions come back too")
  func versionsComeBack() {
    let (first, second) = two()
    _ = first.run("put a 1")
    _ = first.run("put a 2")
    _ = second.run("put a 3")
    #expect(first.run("undo") == "error[conflict]")
    #expect(second.run("undo") == "a int 2")
    #expect(first.run("undo") == "a int 1")
    #expect(first.run("undo") == "a nil")
  }

  @Test("undo N is all or nothing")
  func atomic() {
    let (first, second) = two()
    for line in ["put a 1", "put b 1", "put c 1"] { _ = first.run(line) }
    _ = second.run("put b 2")
    #expect(first.run("undo 3") == "error[conflict]")
    #expect(second.run("all") == "a int 1\nb int 2\nc int 1")
    #expect(first.run("undo 4") == "error[refused]")
    #expect(first.run("undo") == "c nil", "the newest one alone has no conflict")
    #expect(first.run("undo") == "error[conflict]")
    #expect(second.run("undo") == "b int 1")
    #expect(first.run("undo 2") == "a nil\nb nil")
  }

  @Test("a session undoes its own writes only, whatever the order of all")
  func ownWrites() {
    let (first, second) = two()
    _ = first.run("put a 1")
    _ = second.run("put b 1")
    _ = first.run("put c 1")
    #expect(first.run("undo 2") == "a nil\nc nil")
    #expect(second.run("all") == "b int 1")
    #expect(first.run("undo") == "error[refused]")
    #expect(second.run("undo") == "b nil")
  }

  @Test("clear and del come back with every value and type")
  func removal() {
    let (first, _) = two()
    let lines = ["put s ''", "put i -5", "put j {\"x\":[1,2.50]}", "put k as json null"]
    for line in lines { _ = first.run(line) }
    let all = first.run("all")
    #expect(first.run("clear") == "4")
    #expect(first.run("undo") == all)
    #expect(first.run("del s i j k nobody s") == "4")
    #expect(first.run("undo") == all)
    #expect(first.run("all") == all)
    #expect(first.run("undo 4") == "i nil\nj nil\nk nil\ns nil")
  }

  @Test("a transaction that is written over what was undone sees the change")
  func undoIsAChange() {
    let (first, second) = two()
    _ = first.run("put a 1")
    _ = first.run("put a 2")
    _ = second.run("begin")
    #expect(second.run("get a") == "2")
    _ = second.run("put b 1")
    #expect(first.run("undo") == "a int 1")
    #expect(second.run("commit") == "error[conflict]")
    _ = second.run("begin")
    #expect(second.run("size") == "1")
    #expect(first.run("undo") == "a nil")
    #expect(second.run("commit") == "error[conflict]")
  }

  @Test("the last 1,000 writes can be taken back")
  func writeLimit() {
    let (first, _) = two()
    for number in 0...Limits.undoWriteCount { _ = first.run("put a \(number)") }
    #expect(first.run("undo 1001") == "error[refused]")
    #expect(first.run("undo 1000") == "a int 0")
    #expect(first.run("undo") == "error[refused]")
    #expect(first.run("get a") == "0")
  }

  @Test("a write that replaces more than 64 MiB says so beforehand, and is not done")
  func tooLarge() throws {
    let (first, _) = two()
    first.session.allowsWritesBeyondUndo = false
    _ = first.run("put small 1")
    try first.putLarge("big", byteCount: Limits.undoByteCount)
    for line in ["put big 1", "del big", "clear"] {
      let error = try #require(first.failure(line))
      guard case .exceedsUndo(let byteCount) = error.detail else {
        Issue.record("\(line): \(error)")
        continue
      }
      #expect(byteCount > Limits.undoByteCount)
    }
    #expect(first.run("exists big") == "1")
    for line in ["begin", "del big"] { _ = first.run(line) }
    #expect(first.failure("commit")?.detail != nil)
    #expect(first.session.transaction != nil, "it is still open")
    _ = first.run("rollback")
    #expect(first.run("undo") == "big nil", "what could be undone before still can")
  }

  @Test("once it is done anyway nothing before it can be undone, and undo says why")
  func beyond() throws {
    let (first, _) = two()
    _ = first.run("put small 1")
    try first.putLarge("big", byteCount: Limits.undoByteCount)
    #expect(first.run("put big 1") == "OK")
    let error = try #require(first.failure("undo"))
    #expect(error.code == .refused && error.message.contains("67108864"))
    _ = first.run("put a 1")
    #expect(first.run("undo") == "a nil")
  }

  @Test("a key named twice needs room for one image")
  func namedTwice() throws {
    let (first, _) = two()
    first.session.allowsWritesBeyondUndo = false
    try first.putLarge("big", byteCount: 40 << 20)
    #expect(first.run("del big big") == "1")
    #expect(first.run("undo").hasPrefix("big string"))
  }

  @Test("a large transaction that changes nothing leaves the log alone")
  func largeWithoutChange() throws {
    let (first, _) = two()
    try first.putLarge("big", byteCount: Limits.undoByteCount)
    _ = first.run("begin")
    try first.putLarge("big", byteCount: Limits.undoByteCount)
    #expect(first.run("commit") == "OK")
    #expect(first.run("undo") == "big nil")
  }
}

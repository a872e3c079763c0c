import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotStore

@Suite("The absence of a key has a version")
struct AbsenceTests {
  private let engine = LocalEngine()

  @Test("a key that others put and removed since a transaction saw it absent is a conflict")
  func transaction() {
    let mine = EngineClient(engine)
    let theirs = EngineClient(engine)
    #expect(mine.run("begin") == "OK")
    #expect(mine.run("get k") == "(nil)")
    #expect(mine.run("put mine 1") == "OK")
    #expect(theirs.run("put k 1") == "OK")
    #expect(theirs.run("del k") == "1")
    #expect(mine.run("commit") == "error[conflict]")
    #expect(theirs.run("get mine") == "(nil)")
  }

  @Test("a removed key that others put and removed again can't be undone")
  func undoOfRemoval() {
    let mine = EngineClient(engine)
    let theirs = EngineClient(engine)
    #expect(mine.run("put k old") == "OK")
    #expect(mine.run("del k") == "1")
    #expect(theirs.run("put k new") == "OK")
    #expect(theirs.run("del k") == "1")
    #expect(mine.run("undo") == "error[conflict]")
    #expect(mine.run("get k") == "(nil)")
  }

  @Test("what others put and took back with undo has not changed anything")
  func takenBack() {
    let mine = EngineClient(engine)
    let theirs = EngineClient(engine)
    #expect(mine.run("put k old") == "OK")
    #expect(mine.run("del k") == "1")
    #expect(theirs.run("put k new") == "OK")
    #expect(theirs.run("undo") == "k nil")
    #expect(mine.run("undo") == "k string \"old\"")
  }

  @Test("undo goes back step by step over puts and removals of one key")
  func chain() {
    let client = EngineClient(engine)
    for step in 0..<5 {
      #expect(client.run("put k \(step)") == "OK")
      #expect(client.run("del k") == "1")
    }
    for step in (0..<5).reversed() {
      #expect(client.run("undo") == "k int \(step)")
      #expect(client.run("undo") == "k nil")
    }
    #expect(client.run("undo") == "error[refused]")
  }

  @Test("undo of several steps at once, back to where the key was absent")
  func several() {
    let client = EngineClient(engine)
    #expect(client.run("put k 1") == "OK")
    #expect(client.run("del k") == "1")
    #expect(client.run("put k 2") == "OK")
    #expect(client.run("undo 2") == "k int 1")
    #expect(client.run("undo") == "k nil")
  }

  @Test("clear is a removal of every key")
  func clear() {
    let mine = EngineClient(engine)
    let theirs = EngineClient(engine)
    #expect(mine.run("begin") == "OK")
    #expect(mine.run("get k") == "(nil)")
    #expect(mine.run("put mine 1") == "OK")
    #expect(theirs.run("put k 1") == "OK")
    #expect(theirs.run("clear") == "1")
    #expect(mine.run("commit") == "error[conflict]")
    #expect(theirs.run("undo") == "k int 1")
  }

  @Test("very many removals by others can only cause conflicts, never hide one")
  func forgotten() {
    var removals = Removals()
    for hash in 1...200_000 as ClosedRange<UInt64> { removals.note(hash, version: hash) }
    #expect(removals.version(of: 200_000) == Removals.flag | 200_000)
    let old = removals.version(of: 1) & ~Removals.flag
    #expect(old >= 1 && old <= 200_000 - (1 << 16))
    #expect(removals.version(of: 999_999) & ~Removals.flag >= old)
  }
}

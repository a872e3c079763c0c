import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotStore

@Suite("The absence of a key has a version")
struct AbsenceTests {
  private let mine: EngineClient
  private let theirs: EngineClient

  init() {
    let engine = LocalEngine()
    mine = EngineClient(engine)
    theirs = EngineClient(engine)
  }

  @Test("a key that others put and removed since a transaction saw it absent is a conflict")
  func transaction() {
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
    #expect(mine.run("put k old") == "OK")
    #expect(mine.run("del k") == "1")
    #expect(theirs.run("put k new") == "OK")
    #expect(theirs.run("del k") == "1")
    #expect(mine.run("undo") == "error[conflict]")
    #expect(mine.run("get k") == "(nil)")
  }

  @Test("what others put and took back with undo has not changed anything")
  func takenBack() {
    #expect(mine.run("put k old") == "OK")
    #expect(mine.run("del k") == "1")
    #expect(theirs.run("put k new") == "OK")
    #expect(theirs.run("undo") == "k nil")
    #expect(mine.run("undo") == "k string \"old\"")
  }

  @Test("undo goes back step by step over puts and removals of one key")
  func chain() {
    for step in 0..<5 {
      #expect(mine.run("put k \(step)") == "OK")
      #expect(mine.run("del k") == "1")
    }
    for step in (0..<5).reversed() {
      #expect(mine.run("undo") == "k int \(step)")
      #expect(mine.run("undo") == "k nil")
    }
    #expect(mine.run("undo") == "error[refused]")
  }

  @Test("undo of several steps at once, back to where the key was absent")
  func several() {
    #expect(mine.run("put k 1") == "OK")
    #expect(mine.run("del k") == "1")
    #expect(mine.run("put k 2") == "OK")
    #expect(mine.run("undo 2") == "k int 1")
    #expect(mine.run("undo") == "k nil")
  }

  @Test("clear is a removal of every key")
  func clear() {
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

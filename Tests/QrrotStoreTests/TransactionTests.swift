import QrrotCore
import QrrotStore
import Testing

/// Two sessions that get in each other's way.
@Suite("Transactions of two sessions")
struct TransactionTests {
  private static let inside: [(String, String, Bool)] = [
    // What the transaction does, what the other one does meanwhile, whether that is a conflict.
    ("get a", "put a 2", true), ("get a", "del a", true), ("get a", "incr a", true),
    ("get a", "put a 1", false), ("get a", "put b 2", false), ("get a", "get a", false),
    ("exists a x", "put x 1", true), ("exists a x", "put y 1", false), ("type a", "put a z", true),
    ("get x", "put x 1", true), ("get x", "put y 1", false), ("put a 5", "put a 2", true),
    ("put a 5", "put b 2", false), ("put x 5", "put x 2", true), ("put x 5", "put y 2", false),
    ("del a", "put a 2", true), ("del x", "put x 2", true), ("del x", "put a 2", false),
    ("incr n", "incr n", true), ("incr x", "put x 1", true), ("keys", "put a 2", true),
    ("keys", "del b", true), ("keys a*", "put b 2", false), ("all a*", "put a 2", true),
    ("keys x*", "put a 2", false), ("size", "put a 2", true), ("size", "put x 1", true),
    ("size", "get a", false), ("size", "put a 1", false), ("clear", "put x 1", true),
    ("clear", "put a 2", true), ("put a 5", "clear", true),
  ]

  @Test("a commit is a conflict if what it relies on has changed", arguments: inside)
  func conflicts(own: String, other: String, isConflict: Bool) {
    let engine = LocalEngine()
    let first = EngineClient(engine)
    let second = EngineClient(engine)
    for line in ["put a 1", "put b z", "put n 10"] { _ = first.run(line) }
    #expect(first.run("begin") == "OK")
    #expect(!first.run(own).hasPrefix("error"))
    #expect(first.run("put written 1") == "OK")
    #expect(!second.run(other).hasPrefix("error"))
    #expect(second.run("get written") == "(nil)")
    #expect(first.run("commit") == (isConflict ? "error[conflict]" : "OK"))
    #expect(second.run("get written") == (isConflict ? "(nil)" : "1"))
    #expect(first.run("commit") == "error[refused]", "the transaction is over either way")
  }

  @Test("the version first seen counts, even if it has come back as the same value")
  func firstSeen() {
    let engine = LocalEngine()
    let first = EngineClient(engine)
    let second = EngineClient(engine)
    _ = first.run("put a 1")
    _ = first.run("begin")
    #expect(first.run("get a") == "1")
    _ = second.run("put a 2")
    #expect(first.run("get a") == "2", "reads see the latest committed data")
    _ = second.run("put a 1")
    #expect(first.run("commit") == "error[conflict]")
  }

  @Test("a conflict names the key, and what was read only counts too")
  func message() throws {
    let engine = LocalEngine()
    let first = EngineClient(engine)
    let second = EngineClient(engine)
    _ = first.run("begin")
    _ = first.run("get 'the key'")
    _ = second.run("put 'the key' 1")
    let error = try #require(first.failure("commit"))
    #expect(error.code == .conflict && error.message.contains("\"the key\""))
  }

  @Test("two that commit disjoint keys both go through, and both can be undone")
  func disjoint() {
    let engine = LocalEngine()
    let first = EngineClient(engine)
    let second = EngineClient(engine)
    for line in ["begin", "put a 1", "put b 1"] { _ = first.run(line) }
    for line in ["begin", "put c 2", "get d"] { _ = second.run(line) }
    #expect(first.run("commit") == "OK")
    #expect(second.run("commit") == "OK")
    #expect(first.run("undo") == "a nil\nb nil")
    #expect(second.run("undo") == "c nil")
    #expect(first.run("size") == "0")
  }

  @Test("a scan of more keys than are remembered counts as the whole keyspace")
  func longScan() {
    let engine = LocalEngine()
    let first = EngineClient(engine)
    let second = EngineClient(engine)
    for number in 0..<Limits.transactionScanCount { _ = second.run("put k\(number) 1") }
    for (extra, isConflict) in [(false, false), (true, true)] {
      if extra { _ = second.run("put k 1") }
      _ = first.run("begin")
      _ = first.run("keys k*")
      _ = second.run("incr elsewhere")
      #expect(first.run("commit") == (isConflict ? "error[conflict]" : "OK"))
    }
  }

  @Test("a transaction sees its own writes over the latest data, in order")
  func overlay() {
    let engine = LocalEngine()
    let first = EngineClient(engine)
    let second = EngineClient(engine)
    for line in ["put b 1", "put d 1"] { _ = second.run(line) }
    for line in ["begin", "put c 1", "del b", "put e {}"] { _ = first.run(line) }
    _ = second.run("put a 1")
    #expect(first.run("keys") == "a\nc\nd\ne")
    #expect(first.run("all [ce]") == "c int 1\ne json {}")
    #expect(first.run("del b c c") == "1")
    #expect(first.run("exists a b c d e e") == "4")
    #expect(first.run("size") == "3")
    #expect(first.run("rollback") == "OK")
    #expect(second.run("keys") == "a\nb\nd")
  }

  @Test("a dropped session leaves nothing behind")
  func dropped() {
    let engine = LocalEngine()
    do {
      let client = EngineClient(engine)
      _ = client.run("begin")
      _ = client.run("put a 1")
    }
    let other = EngineClient(engine)
    #expect(other.run("size") == "0")
    #expect(other.run("put a 2") == "OK")
  }

  @Test("a read-only session can open transactions and writes nothing in them")
  func readOnly() {
    let client = EngineClient(isReadOnly: true)
    #expect(client.run("begin") == "OK")
    for line in ["put a 1", "del a", "incr a", "decr a", "clear", "undo"] {
      #expect(client.run(line) == "error[read-only]", "\(line)")
    }
    #expect(client.run("size") == "0")
    #expect(client.run("commit") == "OK")
  }

  // Found by the linearizability check. An absent key has version 0 each time, so that a key that
  // came and went looked untouched to a commit that had seen the key while it was there.
  @Test("a key that was seen in two states is a conflict, even if the first one is back")
  func seenTwice() {
    let engine = LocalEngine()
    let first = EngineClient(engine)
    let second = EngineClient(engine)
    _ = first.run("begin")
    #expect(first.run("get k") == "(nil)")
    _ = second.run("put k 1")
    #expect(first.run("get k") == "1")
    _ = second.run("del k")
    _ = first.run("put copy 1")
    #expect(first.run("commit") == "error[conflict]")
    #expect(first.run("get copy") == "(nil)")
    // Undo brings a version back with its value.
    _ = second.run("put k 1")
    _ = first.run("begin")
    #expect(first.run("get k") == "1")
    _ = second.run("put k 2")
    #expect(first.run("incr k") == "3")
    _ = second.run("undo")
    #expect(first.run("commit") == "error[conflict]")
    #expect(first.run("get k") == "1")
  }
}

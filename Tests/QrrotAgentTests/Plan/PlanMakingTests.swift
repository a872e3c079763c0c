import QrrotAgent
import QrrotCore
import QrrotStore
import QrrotTesting
import Testing

/// What is staged becomes a difference, or a conflict.
@Suite("Plans: making")
struct PlanMakingTests {
  private func change(
    _ key: String, _ before: Plan.State?, _ after: Plan.State?
  ) -> Plan.Change {
    Plan.Change(key: Array(key.utf8), before: before, after: after)
  }

  @Test("a plan has the states before and after of each key that changes, in byte order")
  func states() async throws {
    let scene = try PlanScene("put n 1", "put gone x", "put same 5", #"put j {"a":1}"#)
    for line in ["put z new", "incr n", "del gone", "put same 6", "put same 5", "incr j $.a"] {
      try scene.stage(line)
    }
    let plan = try await scene.plan()
    #expect(
      plan.changes == [
        change("gone", .init(value: .string(Array("x".utf8))), nil),
        change(
          "j", .init(value: .json(Array(#"{"a":1}"#.utf8))),
          .init(value: .json(Array(#"{"a":2}"#.utf8)))),
        change("n", .init(value: .int(1)), .init(value: .int(2))),
        change("z", nil, .init(value: .string(Array("new".utf8)))),
      ])
  }

  @Test("what is removed and put back equal is no effect, with the expiry that it had")
  func putBack() async throws {
    let scene = try PlanScene("put a 1", "put b 1", "expireat b 2000000000000")
    for line in [
      "del a", "put a 1", "del b", "put b 1", "expireat b 2000000000000", "put c 1", "del c",
    ] {
      try scene.stage(line)
    }
    #expect(try await scene.plan().changes.isEmpty)
    try scene.stage("put b 1")
    #expect(
      try await scene.plan().changes == [
        change("b", .init(value: .int(1), expiry: 2_000_000_000_000), .init(value: .int(1)))
      ], "an expiry that ends is a change")
  }

  @Test("making a plan leaves the transaction as it is, and it can be made again")
  func again() async throws {
    let scene = try PlanScene("put a 1")
    try scene.stage("incr a")
    let plan = try await scene.plan()
    try scene.put("put unread 1")
    #expect(try await scene.plan() == plan)
    try scene.commit()
    #expect(try scene.put("get a") == "2")
  }

  private static let events: [(String, String, Bool)] = [
    ("get a", "put a 2", true), ("get a", "put b 2", false), ("get x", "put x 1", true),
    ("put a 5", "put a 2", true), ("put a 5", "del a", true), ("del a", "put a 2", true),
    ("get a", "put a 1", false), ("keys", "del b", true), ("size", "put x 1", true),
    ("count", "put x 1", true), ("exists a b x", "put x 1", true),
    ("put x 1", "put x 1", true), ("incr a", "expire a 100", true), ("get b", "del b", true),
  ]

  @Test("a change of anything read or written is a conflict that names the key", arguments: events)
  func conflicts(own: String, other: String, isConflict: Bool) async throws {
    let scene = try PlanScene("put a 1", "put b 1")
    try scene.stage(own)
    try scene.stage("put new 1")
    try scene.put(other)
    let error = await error { _ = try await scene.plan() }
    #expect(error?.code == (isConflict ? .conflict : nil))
    let words = own.split(separator: " ").dropFirst().map(String.init)
    let names = words.filter { $0.count == 1 }
    if let error, !names.isEmpty {
      #expect(names.contains { error.message.hasPrefix("\($0) ") }, "\(error)")
    }
    #expect(scene.staging.transaction != nil)
  }

  @Test("a key that was read and has expired since counts as changed")
  func expired() async throws {
    for own in ["get a", "put a 2", "keys", "size"] {
      let scene = try PlanScene("put a 1", "expire a 10")
      try scene.stage(own)
      try scene.stage("put new 1")
      _ = try await scene.plan()
      scene.clock.advance(milliseconds: 10_000)
      #expect(await error { _ = try await scene.plan() }?.code == .conflict, "\(own)")
    }
  }

  @Test("two reads that no moment explains are a conflict, even if the first state is back")
  func twoStates() async throws {
    let scene = try PlanScene("put a 1")
    try scene.stage("get a")
    try scene.put("put a 2")
    try scene.stage("get a")
    try scene.put("undo")
    #expect(await error { _ = try await scene.plan() }?.code == .conflict)
  }

  @Test("without a transaction there is nothing to plan")
  func noTransaction() async {
    let scene = PlanScene()
    scene.staging.transaction = nil
    #expect(await error { _ = try await scene.plan() }?.code == .refused)
  }

  @Test("a record has its value and its exact expiry, in a transaction those that are staged")
  func records() async throws {
    let scene = try PlanScene("put a 1", "expireat a 1000000000123")
    let key = Array("a".utf8)
    let record = StoredRecord(value: .int(1), expiry: 1_000_000_000_123)
    #expect(try scene.engine.record(of: key, in: &scene.other) == record)
    #expect(try scene.engine.record(of: key, in: &scene.staging) == record)
    #expect(scene.staging.transaction?.entries[key] != nil, "it counts as read")
    try scene.stage("put a x")
    #expect(
      try scene.engine.record(of: key, in: &scene.staging)
        == StoredRecord(value: .string(Array("x".utf8))))
    scene.clock.advance(milliseconds: 123)
    #expect(try scene.engine.record(of: key, in: &scene.other) == nil)
  }
}

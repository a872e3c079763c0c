import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotStore

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Writers on several threads that share syncs, with compactions in between.
@Suite struct EngineThreadTests {
  private static let threadCount = 4

  @Test("what any thread was told survives, whenever the power fails", .timeLimit(.minutes(15)))
  func groupCommit() async throws {
    let seed = TestSettings.seed(70)
    let disk = TestDisk(folder: testFolder)
    let engine = try disk.engine(.always)
    // A disk takes its time, which is what lets threads share it.
    disk.watch { _, call in
      if call.operation == .sync { usleep(200) }
    }
    let count = TestSettings.count(400, long: 20)
    // The last number that each thread was told is durable.
    let told = Guarded([Int](repeating: 0, count: Self.threadCount))
    let running = Guarded(Self.threadCount)
    let states = await withTaskGroup(of: Int.self) { group in
      for thread in 0..<Self.threadCount {
        group.addTask {
          await onThread {
            defer { running.withLock { $0 -= 1 } }
            var session = Session()
            for number in 1...count {
              guard (try? engine.put("t\(thread)", "\(number)", in: &session)) != nil else {
                return -1
              }
              told.withLock { $0[thread] = number }
            }
            return 0
          }
        }
      }
      group.addTask {
        await onThread {
          var states = 0
          var random = SeededGenerator(seed: seed)
          repeat {
            if states % 5 == 0, states < 50, (try? engine.save()) == nil { return -2 }
            // Later on the writers get the processors: under a sanitizer a crash takes as long as theirs.
            usleep(states < 500 ? 500 : 20_000)
            let style: TestDisk.CrashStyle = states % 2 == 0 ? .dropped : .torn
            let promised = told.value
            let after = disk.afterCrash(style, using: &random)
            guard let again = try? after.engine(isReadOnly: true) else { return -3 }
            for thread in 0..<Self.threadCount {
              let found = again.text(of: "t\(thread)").flatMap { Int($0) } ?? 0
              if found < promised[thread] { return -4 }
            }
            try? again.close()
            states += 1
          } while running.value > 0
          return states
        }
      }
      var results: [Int] = []
      for await result in group { results.append(result) }
      return results
    }
    #expect(states.allSatisfy { $0 >= 0 } && (states.max() ?? 0) > 0, "\(states), seed \(seed)")
    let writes = Self.threadCount * count
    #expect(engine.content.version == UInt64(writes))
    print(
      "group commit: \(writes) writes, \(Self.syncCount(disk)) syncs, \(states.max() ?? 0) crashes")
    let content = engine.content
    try engine.close()
    let again = try disk.engine()
    #expect(again.content == content)
    try again.close()
  }

  @Test("writes that wait for a running sync share the next one", .timeLimit(.minutes(15)))
  func sharedSync() async throws {
    let disk = TestDisk(folder: testFolder)
    let engine = try disk.engine(.always)
    let hasBegun = Guarded(false)
    let before = Self.syncCount(disk)
    // The others write once the first one's sync has begun, and that takes until all are in the log.
    disk.watch { _, call in
      guard call.operation == .sync, !hasBegun.value else { return }
      hasBegun.change { $0 = true }
      while engine.content.version < UInt64(Self.threadCount) { usleep(1_000) }
    }
    let areTold = await withTaskGroup(of: Bool.self) { group in
      for thread in 0..<Self.threadCount {
        group.addTask {
          await onThread {
            if thread > 0 { hasBegun.wait { $0 ? () : nil } }
            var session = Session()
            return (try? engine.put("t\(thread)", "x", in: &session)) != nil
          }
        }
      }
      return await group.allSatisfy { $0 }
    }
    #expect(areTold)
    // What it watches holds it.
    disk.watch(nil)
    // One for the first, one for all who came meanwhile.
    #expect(Self.syncCount(disk) - before == 2)
    try engine.close()
  }

  private static func syncCount(_ disk: TestDisk) -> Int {
    disk.calls.count { $0.operation == .sync && $0.file.contains("/log-") }
  }

  @Test("a failed sync is told to every thread that waits for it")
  func failedGroup() async throws {
    for _ in 0..<TestSettings.count(5, long: 20) {
      let disk = TestDisk(folder: testFolder)
      let engine = try disk.engine(.always)
      let told = Guarded([Int](repeating: 0, count: Self.threadCount))
      let codes = await withTaskGroup(of: QrrotError.Code?.self) { group in
        for thread in 0..<Self.threadCount {
          group.addTask {
            await onThread {
              var session = Session()
              for number in 1...1_000 {
                if thread == 0, number == 20 {
                  disk.fail(at: disk.callCount + 10, with: .error(5))
                }
                do throws(QrrotError) {
                  try engine.put("t\(thread)", "\(number)", in: &session)
                } catch {
                  return error.code
                }
                told.withLock { $0[thread] = number }
              }
              return nil
            }
          }
        }
        var codes: [QrrotError.Code?] = []
        for await code in group { codes.append(code) }
        return codes
      }
      #expect(codes.allSatisfy { $0 != .busy })
      try? engine.close()
      var random = SeededGenerator(seed: 1)
      let again = try disk.afterCrash(.dropped, using: &random).engine()
      for thread in 0..<Self.threadCount {
        let found = again.text(of: "t\(thread)").flatMap { Int($0) } ?? 0
        #expect(found >= told.value[thread])
      }
      try again.close()
    }
  }

  @Test("closing waits for a compaction of another thread")
  func closing() async throws {
    for round in 0..<TestSettings.count(30, long: 10) {
      let disk = TestDisk(folder: testFolder)
      let engine = try disk.engine(.never)
      var session = Session()
      for number in 0..<20 { try engine.put("key\(number)", "\(round)", in: &session) }
      async let saving: Void = onThread { try? engine.save() }
      async let writing: Int = onThread {
        var session = Session()
        var count = 0
        while (try? engine.put("more", "\(count)", in: &session)) != nil { count += 1 }
        return count
      }
      async let closing: Bool = onThread { (try? engine.close()) != nil }
      let (_, count, isClosed) = await (saving, writing, closing)
      #expect(isClosed && engine.content.version == UInt64(20 + count))
      let again = try disk.engine()
      #expect(again.content == engine.content)
      try again.close()
    }
  }
}

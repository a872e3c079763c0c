import QrrotTesting
import Testing

@testable import QrrotStore

/// Two words that only the lock keeps equal; a reader that sees them differ, or the thread sanitizer,
/// tells where it does not.
private final class Guarded: Sendable {
  let lock = TableLock()
  // What the lock guards.
  nonisolated(unsafe) let words: UnsafeMutablePointer<Int>

  init() {
    words = .allocate(capacity: 2)
    words.initialize(repeating: 0, count: 2)
  }

  deinit { words.deallocate() }

  func write() {
    let wasBiased = lock.lock()
    words[0] += 1
    words[1] += 1
    lock.unlock(wasBiased: wasBiased)
  }

  func writeAtOnce() {
    guard lock.tryLock() else { return write() }
    words[0] += 1
    words[1] += 1
    lock.unlock(wasBiased: false)
  }

  func read() -> Bool {
    let slot = lock.lockShared()
    defer { lock.unlockShared(slot) }
    return words[0] == words[1]
  }

  func readAtOnce() -> Bool {
    guard lock.tryLockShared() else { return read() }
    defer { lock.unlockShared(nil) }
    return words[0] == words[1]
  }
}

@Suite("The table's lock")
struct TableLockTests {
  @Test("writers exclude one another and all readers", arguments: [1, 20, 1_000])
  func exclusion(readsPerWrite: Int) async {
    let guarded = Guarded()
    let rounds = TestSettings.count(20_000, long: 20)
    let torn = await withTaskGroup(of: Int.self) { group in
      for thread in 0..<4 {
        group.addTask {
          await onThread {
            var torn = 0
            for round in 0..<rounds {
              if round % readsPerWrite == 0 {
                if round & 1 == 0 { guarded.write() } else { guarded.writeAtOnce() }
              } else if thread & 1 == 0 ? !guarded.read() : !guarded.readAtOnce() {
                torn += 1
              }
            }
            return torn
          }
        }
      }
      return await group.reduce(0, +)
    }
    #expect(torn == 0)
    let writes = 4 * ((rounds + readsPerWrite - 1) / readsPerWrite)
    #expect(guarded.words[0] == writes)
    #expect(guarded.words[1] == writes)
  }

  @Test("readers that get in one another's way go side by side, and writers still keep them out")
  func bias() async {
    let guarded = Guarded()
    // A reader is inside while another one comes: the second has to wait once, and biases the lock.
    let slot = guarded.lock.lockShared()
    var isBiased: Bool { guarded.lock.isBiasedNow }
    #expect(slot == nil && !isBiased)
    async let second = onThread { guarded.read() }
    let patience = Patience()
    while !guarded.lock.hasWaiters, !patience.isOver { await Task.yield() }
    guarded.lock.unlockShared(slot)
    #expect(await second)
    #expect(isBiased)
    // Now two are inside at once, or else the second would wait for ever.
    let outer = guarded.lock.lockShared()
    #expect(outer != nil)
    let isWhole = await onThread { guarded.read() }
    #expect(isWhole)
    guarded.lock.unlockShared(outer)
    for _ in 0..<1_000 { guarded.write() }
    #expect(guarded.words[0] == 1_000)
    let after = guarded.lock.lockShared()
    #expect(after == nil, "writers without readers take the bias away again")
    guarded.lock.unlockShared(after)
  }
}

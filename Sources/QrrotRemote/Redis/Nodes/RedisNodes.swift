internal import QrrotCore
internal import Synchronization

/// The servers behind an address. Any thread; calls from several threads go on side by side, on connections of
/// a small pool for each server.
///
/// What one thread starts and calls reaches a server in that order, as long as no other thread calls meanwhile.
final class RedisNodes: Sendable {
  let options: RedisOptions
  private let state: Mutex<State>

  private struct PoolName: Hashable {
    let host: RedisAddress.Host
    let isReplica: Bool
  }

  private struct State {
    var topology: RedisTopology
    var pools: [PoolName: RedisPool] = [:]
    var facts: RedisFacts?
    var note: String?
    var isClosed = false
    /// What was started and not waited for, in order.
    var started: [RedisStart] = []
    /// Counts up, so that reads go to replicas in turn.
    var turn = 0
  }

  private init(_ options: RedisOptions, _ topology: RedisTopology) {
    self.options = options
    state = Mutex(State(topology: topology))
  }

  deinit { close() }

  /// Connects and logs in.
  ///
  /// - Throws: `network`, `auth`, `refused`; each says what to do. `interrupted`.
  static func connect(
    _ options: RedisOptions, interrupt: Interrupt?
  ) throws(QrrotError) -> RedisNodes {
    let nodes = RedisNodes(options, RedisTopology(options.address.hosts[0]))
    do throws(RedisFailure) {
      try nodes.findTopology(interrupt)
      return nodes
    } catch {
      nodes.close()
      throw nodes.sentence(error, nodes.topology.primaries[0])
    }
  }

  /// What the servers can do and are.
  var facts: RedisFacts {
    state.withLock { $0.facts } ?? RedisFacts(RedisIdentity())
  }

  /// What is to be told with the next reply.
  func takeNote() -> String? {
    state.withLock { state in
      defer { state.note = nil }
      return state.note
    }
  }

  /// The slot of a key.
  static func slot(of key: [UInt8]) -> Int32 { RedisSlot.of(key) }

  /// Ends all connections; no new ones are made.
  func close() {
    let pools = state.withLock { state in
      state.isClosed = true
      defer { state.pools = [:] }
      return Array(state.pools.values)
    }
    for pool in pools { pool.close() }
  }

  // MARK: - Servers

  var topology: RedisTopology {
    get { state.withLock { $0.topology } }
    set { state.withLock { $0.topology = newValue } }
  }

  /// Whether another server could take over.
  var hasOthers: Bool { topology.isCluster || options.address.kind != .single }

  /// Notes that a slot has gone to another server.
  func move(_ slot: Int32, to host: RedisAddress.Host) {
    state.withLock { $0.topology.move(slot, to: host) }
  }

  /// Notes that a batch is about to be sent without waiting.
  /// It waits too if something before it could not be sent.
  func note(_ start: RedisStart) {
    state.withLock { state in
      if state.started.contains(where: { !$0.isSent }) { start.isSent = false }
      state.started.append(start)
    }
  }

  /// Notes that a batch is done with.
  func forget(_ start: RedisStart) {
    state.withLock { state in state.started.removeAll { $0 === start } }
  }

  /// What was sent behind a batch and is still under way, or may be.
  func sent(behind start: RedisStart) -> [RedisBatch] {
    state.withLock { state in
      guard let index = state.started.firstIndex(where: { $0 === start }) else { return [] }
      return state.started[(index + 1)...].filter(\.isSent).map(\.batch)
    }
  }

  /// Counts up.
  func nextTurn() -> Int {
    state.withLock { state in
      state.turn = (state.turn + 1) & 0xFFFF
      return state.turn
    }
  }

  func pool(_ host: RedisAddress.Host, isReplica: Bool) -> RedisPool {
    state.withLock { state in
      let name = PoolName(host: host, isReplica: isReplica)
      if let pool = state.pools[name] { return pool }
      let pool = RedisPool(host, isReplica: isReplica, options) { [weak self] identity, isAnew in
        self?.note(identity, of: host, isAnew: isAnew)
      }
      if state.isClosed { pool.close() } else { state.pools[name] = pool }
      return pool
    }
  }

  /// Drops the pools of servers that are not there any more.
  func dropPools(except hosts: Set<RedisAddress.Host>) {
    state.withLock { state in
      state.pools = state.pools.filter { hosts.contains($0.key.host) }
    }
  }

  private func note(_ identity: RedisIdentity, of host: RedisAddress.Host, isAnew: Bool) {
    state.withLock { state in
      state.facts = RedisFacts(identity)
      if isAnew { state.note = "connected to \(host.name) anew" }
    }
  }

  /// Has the next reply tell something.
  func tell(_ note: String) { state.withLock { $0.note = note } }

  /// Why there is no answer, for the one who has asked.
  func sentence(_ failure: RedisFailure, _ host: RedisAddress.Host) -> QrrotError {
    switch failure {
    case .refused(let error): error
    case .fault(let fault): QrrotError(.network, fault.sentence(options.peer(host)))
    }
  }
}

/// A batch that was sent without waiting.
final class RedisStart: Sendable {
  let batch: RedisBatch
  private let sent = Atomic<Bool>(true)

  init(_ batch: RedisBatch) { self.batch = batch }

  /// Whether all of it was sent at once.
  var isSent: Bool {
    get { sent.load(ordering: .relaxed) }
    set { sent.store(newValue, ordering: .relaxed) }
  }
}

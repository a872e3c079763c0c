internal import QrrotCore

/// A batch until all its replies are there: sent, and sent again as far as that is safe. One thread at a time.
final class RedisCall {
  /// Where requests go.
  enum Target {
    /// Each to the node that has its slot.
    case slots
    case node(RedisNodeName)
  }

  private let nodes: RedisNodes
  private let batch: RedisBatch
  private let target: Target
  private let use: RedisPool.Use
  private var round: RedisRound
  private var replies: [RedisReply]
  private var recovery: RedisRecovery
  /// Who has answered with an error that may mean: not carried out.
  private var refused: [(entry: Int, by: RedisAddress.Host)] = []
  /// Requests that were not sent, for nobody could be reached.
  private var unsent: [Int] = []
  private var lastFailure: QrrotError?
  /// Which node has a slot for the moment, by request.
  private var asked: [Int: RedisAddress.Host] = [:]
  private var isStale = false
  private var silenceCount = 0
  /// What others know of it while nobody waits for it.
  private let begun: RedisStart?

  init(_ nodes: RedisNodes, _ batch: RedisBatch, _ target: Target, _ use: RedisPool.Use) {
    self.nodes = nodes
    self.batch = batch
    self.target = target
    self.use = use
    begun = use == .lane ? RedisStart(batch) : nil
    round = RedisRound(batch, nodes.options)
    replies = Array(repeating: .none, count: batch.count)
    recovery = RedisRecovery(milliseconds: nodes.options.recoveryMilliseconds)
  }

  deinit {
    round.release()
    if let begun { nodes.forget(begun) }
  }

  // MARK: - Sending

  /// Sends all requests for the first time.
  func start(_ interrupt: Interrupt?) throws(QrrotError) {
    guard !batch.isEmpty else { return }
    if let begun {
      nodes.note(begun)
      guard begun.isSent else {
        unsent = Array(0..<batch.count)
        return
      }
    }
    try send(nil, interrupt)
    if !unsent.isEmpty || round.parts.contains(where: { !$0.isSent }) { begun?.isSent = false }
  }

  private func send(_ entries: [Int]?, _ interrupt: Interrupt?) throws(QrrotError) {
    round.release()
    round = RedisRound(batch, nodes.options)
    unsent = []
    var taken: [(group: Group, pool: RedisPool, connection: RedisConnection)] = []
    do throws(QrrotError) {
      for group in groups(entries) {
        guard let (pool, connection) = try connection(for: group, interrupt) else { continue }
        taken.append((group, pool, connection))
      }
    } catch {
      if use != .lane { for place in taken { place.pool.release(place.connection) } }
      throw error
    }
    for (group, pool, connection) in taken {
      let isSent = round.send(
        group.entries, on: connection, of: pool, isAsking: group.isAsking, isHeld: use != .lane,
        interrupt)
      if !isSent { isStale = true }
    }
  }

  /// Requests that go to the same server.
  private struct Group {
    var host: RedisAddress.Host
    var isReplica = false
    var isAsking = false
    /// Nil: all.
    var entries: [Int]?
  }

  private func groups(_ entries: [Int]?) -> [Group] {
    switch target {
    case .node(let name):
      return [Group(host: name.host, isReplica: name.isReplica, entries: entries)]
    case .slots:
      let topology = nodes.topology
      guard topology.isCluster else {
        return [Group(host: topology.primaries[0], entries: entries)]
      }
      return groups(entries, in: topology)
    }
  }

  private func groups(_ entries: [Int]?, in topology: RedisTopology) -> [Group] {
    struct Name: Hashable {
      let host: RedisAddress.Host
      let isReplica: Bool
      let isAsking: Bool
    }
    let turn = nodes.options.readsFromReplicas ? nodes.nextTurn() : nil
    var groups: [Group] = []
    var indexes: [Name: Int] = [:]
    for number in 0..<(entries?.count ?? batch.count) {
      let entry = entries?[number] ?? number
      let request = batch.entries[entry]
      let name: Name
      if let host = asked[entry] {
        name = Name(host: host, isReplica: false, isAsking: true)
      } else if let index = topology.primaryIndex(of: request.slot) {
        let replicas = topology.replicas[index]
        // What was refused or lost once goes to the primary.
        if let turn, request.isRead, entries == nil, !replicas.isEmpty {
          name = Name(host: replicas[turn % replicas.count], isReplica: true, isAsking: false)
        } else {
          name = Name(host: topology.primaries[index], isReplica: false, isAsking: false)
        }
      } else {
        unsent.append(entry)
        isStale = true
        lastFailure = QrrotError(
          .network, "no node of \(nodes.options.address.name) has the slot of that key")
        continue
      }
      let index = indexes[name] ?? groups.count
      if index == groups.count {
        indexes[name] = index
        groups.append(
          Group(host: name.host, isReplica: name.isReplica, isAsking: name.isAsking, entries: []))
      }
      groups[index].entries?.append(entry)
    }
    if groups.count == 1, entries == nil, unsent.isEmpty { groups[0].entries = nil }
    return groups
  }

  /// A connection for a group; nil if there is none at present.
  private func connection(
    for group: Group, _ interrupt: Interrupt?
  ) throws(QrrotError) -> (RedisPool, RedisConnection)? {
    let pool = nodes.pool(group.host, isReplica: group.isReplica)
    do throws(RedisFailure) {
      let connection = try pool.take(use, interrupt: interrupt)
      if case .node(let name) = target, let runID = name.runID,
        let now = connection.identity.runID, now != runID
      {
        if use != .lane { pool.release(connection) }
        throw RedisFailure.refused(
          QrrotError(.network, "\(name.text) was started anew in the middle of this; run it again"))
      }
      return (pool, connection)
    } catch {
      if case .refused(let error) = error { throw error }
      lastFailure = nodes.sentence(error, group.host)
      unsent += group.entries ?? Array(0..<batch.count)
      isStale = true
      return nil
    }
  }

  // MARK: - Waiting

  /// Waits for all replies, and sends again what is to be sent again.
  func finish(_ interrupt: Interrupt) throws(QrrotError) -> [RedisReply] {
    defer {
      round.release()
      if let begun { nodes.forget(begun) }
    }
    while true {
      try collect(interrupt)
      let again = try openEntries()
      guard !again.isEmpty else { return replies }
      if try !recovery.wait(interrupt) {
        // What was refused has its refusal as its reply; what nobody could be asked has none.
        guard let failure = lastFailure else { return replies }
        throw failure
      }
      if isStale {
        isStale = false
        _ = try nodes.refresh(interrupt)
      }
      try send(again, interrupt)
      asked = [:]
    }
  }

  private func collect(_ interrupt: Interrupt) throws(QrrotError) {
    guard !round.parts.isEmpty else { return }
    var refused: [(Int, Int)] = []
    let isWhole = replies.withUnsafeMutableBufferPointer { replies in
      round.collect(interrupt) { entry, part, reply in
        replies[entry] = reply
        if reply.isError { refused.append((entry, part)) }
      }
    }
    self.refused = refused.map { ($0, round.parts[$1].connection.host) }
    guard isWhole else {
      guard round.unanswered(sent: true).allSatisfy({ batch.entries[$0].isRead }) else {
        throw unknownOutcome("it was not answered after Ctrl-C")
      }
      throw .stopped
    }
  }

  /// What is to be sent again.
  private func openEntries() throws(QrrotError) -> [Int] {
    let notSent = unsent + round.unanswered(sent: false)
    if unsent.isEmpty { lastFailure = nil }
    for part in round.parts {
      guard let fault = part.fault else { continue }
      isStale = true
      let failure = QrrotError(
        .network, "the connection to \(part.connection.host.name) was lost (\(fault.reason))")
      lastFailure = failure
      // Each silence takes its time; who is silent twice is not asked a third time.
      if fault == .silent {
        silenceCount += 1
        if silenceCount > 1 { throw failure }
      }
    }
    let lost = round.unanswered(sent: true)
    if lost.contains(where: { !batch.entries[$0].isRead }) {
      throw unknownOutcome(round.parts.compactMap(\.fault).first?.reason ?? "")
    }
    let retried = refused.compactMap { entry, host -> (Int, RedisAddress.Host, RedisRefusal)? in
      let refusal = RedisRefusal(replies[entry], from: host, hasOthers: nodes.hasOthers)
      // Who has named the server is to hear that a key is elsewhere.
      if case .node = target, refusal?.isRedirection == true { return nil }
      return refusal.map { (entry, host, $0) }
    }
    let open = notSent + lost
    let again = inOrder(retried.map(\.0), open)
    for (entry, host, refusal) in retried where again.contains(entry) { note(refusal, entry, host) }
    if let lastFailure, open.contains(where: { !again.contains($0) }) { throw lastFailure }
    return again.sorted()
  }

  /// Draws the consequences of a refusal.
  private func note(_ refusal: RedisRefusal, _ entry: Int, _ host: RedisAddress.Host) {
    switch refusal {
    case .moved(let slot, let other):
      nodes.move(slot, to: other)
      // A replica that does not answer for its primary is no news.
      isStale = isStale || !isFromReplica(host)
    case .ask(let other): asked[entry] = other
    case .stale: isStale = true
    case .tryAgain, .loading: break
    }
  }

  private func isFromReplica(_ host: RedisAddress.Host) -> Bool {
    round.parts.contains { $0.connection.host == host && $0.pool.isReplica }
  }

  /// What can be sent again of the requests that were refused, lost or not sent: one does not come behind a
  /// later one for the same key that was carried out. If it was refused its reply is the refusal then.
  private func inOrder(_ refused: [Int], _ open: [Int]) -> Set<Int> {
    var again = Set(refused)
    again.formUnion(open)
    guard let first = again.min() else { return again }
    var last: [ArraySlice<UInt8>: Int] = [:]
    if again.count < batch.count - first {
      for entry in first..<batch.count where !again.contains(entry) {
        if batch.entries[entry].slot >= 0 { last[batch.key(entry)] = entry }
      }
    }
    for later in begun.map({ nodes.sent(behind: $0) }) ?? [] {
      for entry in 0..<later.count where later.entries[entry].slot >= 0 {
        last[later.key(entry)] = .max
      }
    }
    guard !last.isEmpty else { return again }
    return again.filter { entry in
      batch.entries[entry].slot < 0 || last[batch.key(entry)] ?? -1 < entry
    }
  }

  private func unknownOutcome(_ reason: String) -> QrrotError {
    .unknownOutcome(
      at: round.parts.first { $0.fault != nil || !$0.isDone }?.connection.host, reason)
  }
}

extension QrrotError {
  /// What is said of a write whose answer was lost.
  static func unknownOutcome(at host: RedisAddress.Host?, _ reason: String) -> QrrotError {
    QrrotError(
      .unknownOutcome,
      "the connection to \(host?.name ?? "the server") was lost (\(reason)) before it said what became of this; it may have been done or not, and was not sent again"
    )
  }
}

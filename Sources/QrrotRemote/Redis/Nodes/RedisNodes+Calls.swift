internal import QrrotCore

/// Requests and their replies.
extension RedisNodes {
  /// Sends all requests, each to the node that has its slot, and gives the replies in their order.
  ///
  /// What was refused (redirections, a server that loads, a cluster that is down or fails over) and reads that
  /// were lost are sent again until the options' time is up; then a refusal is the reply. Other errors are
  /// replies.
  ///
  /// - Throws: `unknown-outcome` if a request was lost that may have changed something: it is not sent again.
  ///   `network`, `auth`; `interrupted`, where nothing that writes was on its way.
  func run(_ batch: RedisBatch, interrupt: Interrupt) throws(QrrotError) -> [RedisReply] {
    let call = RedisCall(self, batch, .slots, .call)
    try call.start(interrupt)
    return try call.finish(interrupt)
  }

  /// The same with one server.
  ///
  /// - Throws: `network` also if it is another process by now than the one that was named.
  func run(
    _ batch: RedisBatch, on node: RedisNodeName, interrupt: Interrupt
  ) throws(QrrotError) -> [RedisReply] {
    let call = RedisCall(self, batch, .node(node), .call)
    try call.start(interrupt)
    return try call.finish(interrupt)
  }

  /// Sends without waiting.
  ///
  /// Several batches may be on their way; they reach each server in order.
  ///
  /// - Throws: `auth`, `refused` if a connection is refused. What can't be reached is tried again by
  ///   ``RedisPending/wait(interrupt:)``.
  func start(_ batch: RedisBatch) throws(QrrotError) -> RedisPending {
    let call = RedisCall(self, batch, .slots, .lane)
    try call.start(nil)
    return RedisPending(call)
  }

  /// All primaries; with reads from replicas one replica of each that has any.
  ///
  /// - Throws: `network`, `auth`, `interrupted`.
  func primaries(interrupt: Interrupt) throws(QrrotError) -> [RedisNodeName] {
    var recovery = RedisRecovery(milliseconds: options.recoveryMilliseconds)
    while true {
      do throws(RedisFailure) {
        return try names(interrupt)
      } catch {
        let error = sentence(error, topology.primaries[0])
        guard error.code == .network, try recovery.wait(interrupt) else { throw error }
        _ = try refresh(interrupt)
      }
    }
  }

  private func names(_ interrupt: Interrupt) throws(RedisFailure) -> [RedisNodeName] {
    let topology = topology
    var names: [RedisNodeName] = []
    for (index, primary) in topology.primaries.enumerated() where topology.hasSlots(index) {
      let replica = options.readsFromReplicas ? topology.replicas[index].first : nil
      if let replica, let name = try? name(of: replica, isReplica: true, interrupt) {
        names.append(name)
      } else {
        names.append(try name(of: primary, isReplica: false, interrupt))
      }
    }
    return names
  }

  private func name(
    of host: RedisAddress.Host, isReplica: Bool, _ interrupt: Interrupt
  ) throws(RedisFailure) -> RedisNodeName {
    let pool = pool(host, isReplica: isReplica)
    do throws(RedisFailure) {
      let connection = try pool.take(.call, interrupt: interrupt)
      defer { pool.release(connection) }
      return RedisNodeName(host: host, runID: connection.identity.runID, isReplica: isReplica)
    } catch {
      throw .refused(sentence(error, host))
    }
  }

  /// What comes within the time from connections that are there and free, for completion; else nil.
  ///
  /// - Parameter node: nil: each request goes to the node that has its slot.
  func glance(
    _ batch: RedisBatch, on node: RedisNodeName?, milliseconds: Int
  ) -> [RedisReply]? {
    var round = RedisRound(batch, options)
    var groups: [RedisAddress.Host: [Int]] = [:]
    let topology = topology
    for (index, entry) in batch.entries.enumerated() {
      if let node {
        groups[node.host, default: []].append(index)
      } else if let owner = topology.primaryIndex(of: entry.slot) {
        groups[topology.primaries[owner], default: []].append(index)
      } else {
        return nil
      }
    }
    for (host, entries) in groups {
      let pool = pool(host, isReplica: node?.isReplica ?? false)
      guard let connection = pool.idleConnection(),
        round.send(entries, on: connection, of: pool, isHeld: false, nil)
      else {
        _ = round.glance(milliseconds: 0) { _, _, _ in }
        return nil
      }
    }
    var replies = Array(repeating: RedisReply.none, count: batch.count)
    var isRefused = false
    let isWhole = round.glance(milliseconds: milliseconds) { entry, part, reply in
      replies[entry] = reply
      if reply.isError("MOVED") || reply.isError("ASK") { isRefused = true }
    }
    return isWhole && !isRefused ? replies : nil
  }
}

/// Requests whose replies are still to come.
final class RedisPending {
  private let call: RedisCall

  init(_ call: RedisCall) { self.call = call }

  /// Waits for the replies, in the order of the requests.
  ///
  /// - Throws: as ``RedisNodes/run(_:interrupt:)``.
  func wait(interrupt: Interrupt) throws(QrrotError) -> [RedisReply] {
    try call.finish(interrupt)
  }
}

internal import QrrotCore

/// What goes through all servers needs of them.
extension RedisNodes {
  /// Sends to one server without waiting; see ``start(_:)``.
  func start(_ batch: RedisBatch, on node: RedisNodeName) throws(QrrotError) -> RedisPending {
    let call = RedisCall(self, batch, .node(node), .lane)
    try call.start(nil)
    return RedisPending(call)
  }

  /// The primaries as far as they are known, without asking anybody.
  var knownPrimaries: [RedisNodeName] {
    let topology = topology
    return topology.primaries.indices.filter(topology.hasSlots).map { index in
      RedisNodeName(host: topology.primaries[index], runID: nil, isReplica: false)
    }
  }

  /// Whether slots have moved since `earlier` was all that was known, or are on their way: their keys may have
  /// been passed by.
  func hasMovedSlots(
    since earlier: RedisTopology, interrupt: Interrupt
  ) throws(QrrotError) -> Bool {
    _ = try refresh(interrupt)
    let topology = topology
    // Replicas come and go without that.
    let hasSameOwners = (0..<Int32(RedisSlot.count)).allSatisfy { slot in
      topology.primary(of: slot) == earlier.primary(of: slot)
    }
    guard hasSameOwners else { return true }
    var batch = RedisBatch()
    batch.append(["CLUSTER", "NODES"].map { Array($0.utf8) }, key: nil, isRead: true)
    for node in try primaries(interrupt: interrupt) {
      let reply = try run(batch, on: node, interrupt: interrupt)[0]
      // Who may not look believes what it was told.
      guard reply.error == nil else { continue }
      // `[93-<-ID]` comes from there, `[93->-ID]` goes there; a node tells that of itself alone.
      if reply.text.contains("-<-") || reply.text.contains("->-") { return true }
    }
    return false
  }
}

extension RedisTopology {
  /// The primary that has a slot.
  fileprivate func primary(of slot: Int32) -> RedisAddress.Host? {
    primaryIndex(of: slot).map { primaries[$0] }
  }
}

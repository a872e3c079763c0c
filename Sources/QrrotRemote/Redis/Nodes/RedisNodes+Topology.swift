internal import QrrotCore

/// Finding out which server has what.
extension RedisNodes {
  /// Finds the servers for the first time.
  func findTopology(_ interrupt: Interrupt?) throws(RedisFailure) {
    let hosts = options.address.hosts
    switch options.address.kind {
    case .single:
      let pool = pool(hosts[0], isReplica: false)
      let connection = try pool.take(.call, interrupt: interrupt)
      defer { pool.release(connection) }
      guard connection.identity.isCluster else { return }
      try take(try slots(from: connection, interrupt))
    case .cluster:
      try findCluster(hosts, interrupt)
    case .sentinel(let master):
      topology = RedisTopology(try findMaster(master, interrupt))
    }
  }

  /// Finds out anew who has what, after something has changed.
  ///
  /// - Returns: whether somebody has told.
  func refresh(_ interrupt: Interrupt?) throws(QrrotError) -> Bool {
    try interrupt?.check()
    do throws(RedisFailure) {
      if case .sentinel(let master) = options.address.kind {
        let host = try findMaster(master, interrupt)
        let old = topology.primaries[0]
        topology = RedisTopology(host)
        if old != host {
          dropPools(except: [host])
          tell("\(host.name) is the master now")
        }
        return true
      }
      guard topology.isCluster || options.address.kind == .cluster else { return true }
      let known = topology
      var hosts = known.primaries + known.replicas.flatMap { $0 }
      hosts += options.address.hosts.filter { !hosts.contains($0) }
      // Not always the same one first: it may be the one that knows the least. But first those that one could
      // talk to.
      let turn = nextTurn() % max(1, hosts.count)
      let turned = Array(hosts[turn...] + hosts[..<turn])
      let isReached = turned.map { pool($0, isReplica: false).idleConnection() != nil }
      let order = turned.indices.filter { isReached[$0] } + turned.indices.filter { !isReached[$0] }
      let end = RedisLine.now + options.recoveryMilliseconds
      try findCluster(order.map { turned[$0] }, until: end, interrupt)
      return true
    } catch {
      if case .refused(let error) = error, error.code == .interrupted { throw error }
      return false
    }
  }

  private func findCluster(
    _ hosts: [RedisAddress.Host], until end: Int = .max, _ interrupt: Interrupt?
  ) throws(RedisFailure) {
    var first: RedisFailure?
    for host in hosts where first == nil || RedisLine.now < end {
      do throws(RedisFailure) {
        let pool = pool(host, isReplica: false)
        let connection = try pool.take(.call, interrupt: interrupt)
        defer { pool.release(connection) }
        return try take(try slots(from: connection, interrupt))
      } catch {
        if case .refused(let error) = error, error.code == .interrupted { throw .refused(error) }
        if first == nil {
          // It names the host that it is about.
          first = .refused(sentence(error, host))
        }
      }
    }
    throw first ?? .fault(.nobody)
  }

  /// How long a node may take to say who has what; there are others.
  private static var mapMilliseconds: Int { 2_000 }

  private func slots(
    from connection: RedisConnection, _ interrupt: Interrupt?
  ) throws(RedisFailure) -> RedisTopology {
    let name = connection.host.name
    guard connection.identity.isCluster else {
      throw .refused(
        QrrotError(.refused, "\(name) is no node of a cluster; redis:// is for a server alone"))
    }
    var batch = RedisBatch()
    batch.append(["CLUSTER", "SLOTS"].map { Array($0.utf8) }, key: nil, isRead: true)
    let milliseconds = min(Self.mapMilliseconds, options.connectMilliseconds)
    let reply = try connection.exchange(batch, milliseconds: milliseconds, interrupt: interrupt)[0]
    if let error = reply.error { throw .refused(RedisError.sentence(error, name: name)) }
    guard let topology = RedisTopology(slots: reply, from: connection.host) else {
      throw .refused(
        QrrotError(.network, "\(name) is of a cluster in which nobody has any slots"))
    }
    return topology
  }

  private func take(_ found: RedisTopology) throws(RedisFailure) {
    topology = found
    dropPools(except: Set(found.primaries + found.replicas.flatMap { $0 }))
  }
}

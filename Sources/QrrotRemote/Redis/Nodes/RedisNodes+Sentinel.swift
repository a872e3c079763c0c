internal import QrrotCore
internal import QrrotWire

/// A master that sentinels know.
extension RedisNodes {
  /// Asks each sentinel in turn who the master is, and the master whether it knows that.
  func findMaster(
    _ master: String, _ interrupt: Interrupt?
  ) throws(RedisFailure) -> RedisAddress.Host {
    var first: RedisFailure?
    for sentinel in options.address.hosts {
      do throws(RedisFailure) {
        let host = try askSentinel(sentinel, master, interrupt)
        try checkRole(host, interrupt)
        return host
      } catch {
        if case .refused(let error) = error, error.code == .interrupted { throw .refused(error) }
        if first == nil { first = .refused(sentence(error, sentinel)) }
      }
    }
    throw first ?? .fault(.nobody)
  }

  private func askSentinel(
    _ sentinel: RedisAddress.Host, _ master: String, _ interrupt: Interrupt?
  ) throws(RedisFailure) -> RedisAddress.Host {
    let connection = try RedisConnection.make(
      sentinel, options, isSentinel: true, milliseconds: options.connectMilliseconds,
      interrupt: interrupt)
    defer { connection.close() }
    var batch = RedisBatch()
    batch.append(
      ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", master].map { Array($0.utf8) }, key: nil,
      isRead: true)
    let reply = try connection.exchange(
      batch, milliseconds: options.connectMilliseconds, interrupt: interrupt)[0]
    if let error = reply.error {
      guard !error.lowercased().contains("unknown command") else {
        throw .refused(QrrotError(.refused, "\(sentinel.name) is no sentinel"))
      }
      throw .refused(RedisError.sentence(error, name: sentinel.name))
    }
    guard reply.kind == .array, reply.count == 2, let port = UInt16(reply[1].text), port > 0 else {
      throw .refused(
        QrrotError(
          .refused,
          "the sentinel \(sentinel.name) knows no master \(QrrotError.excerpt(Array(master.utf8)))")
      )
    }
    return RedisAddress.Host(host: reply[0].text, port: Int(port))
  }

  /// Asks a server whether it is a master: a sentinel may not know yet what has become of it.
  private func checkRole(
    _ host: RedisAddress.Host, _ interrupt: Interrupt?
  ) throws(RedisFailure) {
    let pool = pool(host, isReplica: false)
    let connection: RedisConnection
    do throws(RedisFailure) {
      connection = try pool.take(.call, interrupt: interrupt)
    } catch {
      throw .refused(sentence(error, host))
    }
    defer { pool.release(connection) }
    var batch = RedisBatch()
    batch.append("ROLE", isRead: true)
    let reply = try connection.exchange(
      batch, milliseconds: options.connectMilliseconds, interrupt: interrupt)[0]
    // Who may not ask believes the sentinel.
    guard reply.error == nil, reply.count > 0 else { return }
    guard reply[0].text == "master" else {
      throw .refused(
        QrrotError(.network, "\(host.name), which the sentinels name as the master, is none yet"))
    }
  }
}

internal import QrrotCore

/// How a step of a conversation ends that does not go on.
enum RedisDetour: Error {
  /// It begins anew, perhaps with another node; why.
  case again(String)
  case failure(QrrotError)
}

/// What is said to one server on a connection of its own. One thread.
final class RedisConversation {
  private let connection: RedisConnection
  private let pool: RedisPool
  private let options: RedisOptions
  private let hasOthers: Bool
  private let isAsking: Bool
  private let interrupt: Interrupt
  private var hasSaidAnything = false
  private var isCommitted = false
  /// Why it begins anew.
  fileprivate var refusal: RedisRefusal?
  fileprivate var fault: PeerFault?

  fileprivate init(
    _ connection: RedisConnection, _ pool: RedisPool, _ options: RedisOptions, hasOthers: Bool,
    isAsking: Bool, _ interrupt: Interrupt
  ) {
    self.connection = connection
    self.pool = pool
    self.options = options
    self.hasOthers = hasOthers
    self.isAsking = isAsking
    self.interrupt = interrupt
  }

  /// Sends requests and waits for their replies.
  ///
  /// - Parameter commits: whether it is what changes something; the loss of its answer is `unknown-outcome`.
  func send(_ batch: RedisBatch, commits: Bool = false) throws(RedisDetour) -> [RedisReply] {
    guard !batch.isEmpty else { return [] }
    if interrupt.isRaised { throw .failure(.stopped) }
    var round = RedisRound(batch, options)
    hasSaidAnything = true
    isCommitted = false
    guard round.send(nil, on: connection, of: pool, isAsking: isAsking, isHeld: false, interrupt)
    else {
      fault = .closed
      throw .again("the connection was lost")
    }
    var replies: [RedisReply] = []
    replies.reserveCapacity(batch.count)
    var refusal: RedisRefusal?
    let host = connection.host
    let hasOthers = hasOthers
    let isWhole = round.collect(interrupt) { _, _, reply in
      replies.append(reply)
      if refusal == nil {
        refusal = RedisRefusal(reply, from: host, hasOthers: hasOthers)
      }
    }
    if !isWhole {
      throw .failure(
        commits ? .unknownOutcome(at: host, "it was not answered after Ctrl-C") : .stopped)
    }
    if let fault = round.parts.first?.fault {
      self.fault = fault
      if commits { throw .failure(.unknownOutcome(at: host, fault.reason)) }
      throw .again(fault.reason)
    }
    if let refusal {
      self.refusal = refusal
      throw .again("the server refused it")
    }
    isCommitted = commits
    return replies
  }

  /// Leaves the connection as others may use it, or ends it.
  fileprivate func end() {
    defer { pool.release(connection) }
    guard hasSaidAnything, !isCommitted, connection.isOpen else { return }
    var batch = RedisBatch()
    batch.append("UNWATCH", isRead: true)
    let milliseconds = min(1_000, options.answerMilliseconds)
    let replies = try? connection.exchange(batch, milliseconds: milliseconds, interrupt: nil)
    // In an open MULTI it would be queued.
    if replies?.first?.text != "OK" { connection.close() }
  }
}

extension RedisNodes {
  /// A conversation with the node that has `slot`, on a connection of its own.
  ///
  /// - Parameters:
  ///   - slot: nil: any primary.
  ///   - body: may be run again from its beginning after a redirection or a lost connection, before anything
  ///     was committed.
  /// - Throws: what `body` throws as a failure; `network` if no connection lasts, `unknown-outcome` if the
  ///   answer to what commits was lost.
  func converse<R>(
    slot: Int32?, interrupt: Interrupt, _ body: (RedisConversation) throws(RedisDetour) -> R
  ) throws(QrrotError) -> R {
    var recovery = RedisRecovery(milliseconds: options.recoveryMilliseconds)
    var asked: RedisAddress.Host?
    var failure: QrrotError
    repeat {
      let topology = topology
      guard
        let host = asked ?? topology.primaryIndex(of: slot ?? -1).map({ topology.primaries[$0] })
      else {
        failure = QrrotError(
          .network, "no node of \(options.address.name) has the slot of these keys")
        _ = try refresh(interrupt)
        continue
      }
      let isAsking = asked != nil
      asked = nil
      let pool = pool(host, isReplica: false)
      let connection: RedisConnection
      do throws(RedisFailure) {
        connection = try pool.take(.alone, interrupt: interrupt)
      } catch {
        failure = sentence(error, host)
        if case .refused(let error) = error { throw error }
        _ = try refresh(interrupt)
        continue
      }
      let conversation = RedisConversation(
        connection, pool, options, hasOthers: hasOthers, isAsking: isAsking, interrupt)
      defer { conversation.end() }
      do throws(RedisDetour) {
        return try body(conversation)
      } catch {
        switch error {
        case .failure(let error): throw error
        case .again(let reason):
          failure = QrrotError(
            .network,
            "\(host.name) did not carry out the transaction (\(reason)); nothing was changed")
          asked = try follow(conversation, interrupt)
        }
      }
    } while try recovery.wait(interrupt)
    throw failure
  }

  /// Draws the consequences of a conversation that begins anew.
  ///
  /// - Returns: the node that has the slot for the moment, where there is one.
  private func follow(
    _ conversation: RedisConversation, _ interrupt: Interrupt
  ) throws(QrrotError) -> RedisAddress.Host? {
    switch conversation.refusal {
    case .moved(let slot, let host): move(slot, to: host)
    case .ask(let host): return host
    case .tryAgain, .loading: break
    case .stale: _ = try refresh(interrupt)
    case nil: if conversation.fault != nil { _ = try refresh(interrupt) }
    }
    return nil
  }
}

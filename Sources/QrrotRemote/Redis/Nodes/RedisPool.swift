internal import QrrotCore
internal import Synchronization

/// The connections to one server.
///
/// What is started without waiting goes over one of them, in order. A call takes that one too, so that it comes
/// behind what the same thread has started, unless another call waits there; then it has one of its own.
final class RedisPool: Sendable {
  /// What a connection is wanted for.
  enum Use {
    /// Requests whose replies are waited for later.
    case lane
    /// Requests whose replies are waited for now.
    case call
    /// A conversation, which nobody else may get into.
    case alone
  }

  private struct Place {
    let connection: RedisConnection
    var callCount = 0
    var isReserved = false
    var lastUse = RedisLine.now
  }

  private struct State {
    var places: [Place] = []
    /// How many connections are being made.
    var makingCount = 0
    var hasBeenConnected = false
    var isClosed = false
  }

  let host: RedisAddress.Host
  let isReplica: Bool
  private let options: RedisOptions
  private let state = Mutex(State())
  /// Is told of each new connection, and whether there was one before.
  private let greet: @Sendable (RedisIdentity, _ isAnew: Bool) -> Void

  init(
    _ host: RedisAddress.Host, isReplica: Bool, _ options: RedisOptions,
    _ greet: @escaping @Sendable (RedisIdentity, _ isAnew: Bool) -> Void
  ) {
    self.host = host
    self.isReplica = isReplica
    self.options = options
    self.greet = greet
  }

  static var limit: Int { 8 }
  /// A connection on which nothing was said for so many milliseconds is tried before it is used.
  private static var trustedMilliseconds: Int { 30_000 }
  private static var probeMilliseconds: Int { 2_000 }

  /// A connection for a use; ``release(_:)`` ends it.
  func take(_ use: Use, interrupt: Interrupt?) throws(RedisFailure) -> RedisConnection {
    while true {
      switch choose(use) {
      case .there(let connection, let isTrusted):
        // It may have been closed since it was used.
        connection.look()
        if connection.isOpen, isTrusted || answers(connection, interrupt) { return connection }
        connection.close()
        if use != .lane { release(connection) }
      case .toMake:
        return try make(use, interrupt)
      case .wait:
        if interrupt?.isRaised == true { throw .refused(.stopped) }
        _ = Mailbox<Void>().take(milliseconds: 5)
      case .closed:
        throw .refused(QrrotError(.network, "the connection to \(host.name) was closed here"))
      }
    }
  }

  private enum Choice {
    case there(RedisConnection, isTrusted: Bool)
    case toMake
    case wait
    case closed
  }

  private func choose(_ use: Use) -> Choice {
    state.withLock { state in
      guard !state.isClosed else { return .closed }
      state.places.removeAll { !$0.connection.isOpen }
      let free = state.places.indices.filter { !state.places[$0].isReserved }
      let index: Int?
      switch use {
      case .lane: index = free.first
      case .call: index = free.first { state.places[$0].callCount == 0 }
      case .alone:
        index = free.last {
          state.places[$0].callCount == 0 && state.places[$0].connection.line.isIdle
        }
      }
      if let index { return Self.use(index, use, &state) }
      if state.places.count + state.makingCount < Self.limit {
        state.makingCount += 1
        return .toMake
      }
      guard use != .alone,
        let index = free.min(by: { state.places[$0].callCount < state.places[$1].callCount })
      else { return .wait }
      return Self.use(index, use, &state)
    }
  }

  private static func use(_ index: Int, _ use: Use, _ state: inout State) -> Choice {
    let now = RedisLine.now
    let isTrusted = now - state.places[index].lastUse < trustedMilliseconds
    state.places[index].lastUse = now
    state.places[index].callCount += use == .lane ? 0 : 1
    state.places[index].isReserved = use == .alone
    return .there(state.places[index].connection, isTrusted: isTrusted)
  }

  private func make(_ use: Use, _ interrupt: Interrupt?) throws(RedisFailure) -> RedisConnection {
    defer { state.withLock { $0.makingCount -= 1 } }
    let connection = try RedisConnection.make(
      host, options, readsReplica: isReplica, milliseconds: options.connectMilliseconds,
      interrupt: interrupt)
    let isAnew = state.withLock { state in
      defer { state.hasBeenConnected = true }
      var place = Place(connection: connection)
      place.callCount = use == .lane ? 0 : 1
      place.isReserved = use == .alone
      let isAnew = state.hasBeenConnected && state.places.isEmpty
      state.places.append(place)
      return isAnew
    }
    greet(connection.identity, isAnew)
    return connection
  }

  /// Whether a connection that nobody has used for long still works.
  private func answers(_ connection: RedisConnection, _ interrupt: Interrupt?) -> Bool {
    guard connection.line.isIdle else { return true }
    var batch = RedisBatch()
    batch.append("PING", isRead: true)
    let milliseconds = min(Self.probeMilliseconds, options.answerMilliseconds)
    let replies = try? connection.exchange(batch, milliseconds: milliseconds, interrupt: interrupt)
    return replies?.count == 1
  }

  /// A connection that ``take(_:interrupt:)`` has given for a call or a conversation is not used any more.
  func release(_ connection: RedisConnection) {
    state.withLock { state in
      guard let index = state.places.firstIndex(where: { $0.connection === connection }) else {
        return
      }
      guard connection.isOpen else {
        state.places.remove(at: index)
        return
      }
      state.places[index].callCount = max(0, state.places[index].callCount - 1)
      state.places[index].isReserved = false
      state.places[index].lastUse = RedisLine.now
    }
  }

  /// A connection on which nothing is on its way; nil if there is none.
  func idleConnection() -> RedisConnection? {
    state.withLock { state in
      state.places.first {
        !$0.isReserved && $0.callCount == 0 && $0.connection.isOpen && $0.connection.line.isIdle
      }?.connection
    }
  }

  /// Whether the server says anything to a new client.
  func lives(_ interrupt: Interrupt) -> Bool {
    let milliseconds = min(Self.probeMilliseconds, options.answerMilliseconds)
    do throws(RedisFailure) {
      let connection = try RedisConnection.make(
        host, options, milliseconds: milliseconds, interrupt: interrupt)
      connection.close()
      return true
    } catch {
      // Whoever refuses lives.
      if case .refused = error { return true }
      return false
    }
  }

  func close() {
    let connections = state.withLock { state in
      state.isClosed = true
      defer { state.places = [] }
      return state.places.map(\.connection)
    }
    for connection in connections { connection.close() }
  }
}

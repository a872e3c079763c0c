internal import QrrotCore
internal import Synchronization

/// Puts that are sent before the ones before them are answered, for files with many of them.
///
/// A put says OK at once, and ``RedisEngine/settle(_:)``, which comes before any reply is shown, waits for what
/// the servers have said. The last ones stay here until then or until many have gathered, for only of them undo
/// needs to know what they replace.
final class RedisAhead: Sendable {
  /// A put that waits.
  struct Put {
    var key: [UInt8]
    var text: [UInt8]
  }

  /// Puts that were sent together.
  fileprivate struct Parcel {
    var puts: [Put]
    /// Whether it was asked when what was there expires.
    var keepsImages: Bool
    var pending: RedisPending
  }

  fileprivate struct State: ~Copyable {
    var waiting: [Put] = []
    var firstWaiting = 0
    var waitingByteCount = 0
    var parcels: [Parcel] = []
    var refused: [Put] = []

    /// Whether nothing is on its way.
    var isEmpty: Bool { waiting.isEmpty && parcels.isEmpty && refused.isEmpty }
  }

  private let state = Mutex(State())

  /// Adds a put, and sends those before it if there are enough of them.
  func add(_ put: Put, _ engine: RedisEngine, _ session: borrowing Session) throws(QrrotError) {
    try state.withLock { state throws(QrrotError) in
      state.waiting.append(put)
      state.waitingByteCount += put.key.count + put.text.count
      let count = state.waiting.count - state.firstWaiting
      // Undo never reaches further back than the last thousand, so the others need not say what was there.
      let kept = session.keepsUndo ? Limits.undoWriteCount : 0
      if count >= kept + Self.parcelCount {
        try Self.send(count - kept, keepsImages: false, engine, &state, session.interrupt)
      } else if state.waitingByteCount > Self.waitingByteLimit {
        try Self.send(count, keepsImages: session.keepsUndo, engine, &state, session.interrupt)
      }
    }
  }

  private static let parcelCount = 1_024
  private static let waitingByteLimit = 4 << 20
  private static let parcelLimit = 4

  private static func send(
    _ count: Int, keepsImages: Bool, _ engine: RedisEngine, _ state: inout State,
    _ interrupt: Interrupt
  ) throws(QrrotError) {
    guard count > 0 else { return }
    let puts = Array(state.waiting[state.firstWaiting..<(state.firstWaiting + count)])
    state.firstWaiting += count
    for put in puts { state.waitingByteCount -= put.key.count + put.text.count }
    if state.firstWaiting == state.waiting.count || state.firstWaiting > parcelCount * 8 {
      state.waiting.removeFirst(state.firstWaiting)
      state.firstWaiting = 0
    }
    while state.parcels.count >= parcelLimit { try take(engine, &state, interrupt) }
    var batch = RedisBatch()
    for put in puts {
      if keepsImages { batch.append("PEXPIRETIME", put.key, isRead: true) }
      // With GET, so that what is no text is not replaced.
      batch.append("SET", put.key, put.text, Self.get, isRead: false)
    }
    let pending = try engine.nodes.start(batch)
    state.parcels.append(Parcel(puts: puts, keepsImages: keepsImages, pending: pending))
  }

  private static let get = Array("GET".utf8)

  /// Waits for the first parcel.
  @discardableResult
  private static func take(
    _ engine: RedisEngine, _ state: inout State, _ interrupt: Interrupt
  ) throws(QrrotError) -> [RedisImage] {
    let parcel = state.parcels.removeFirst()
    let replies = try parcel.pending.wait(interrupt: interrupt)
    let stride = parcel.keepsImages ? 2 : 1
    var images: [RedisImage] = []
    var failure: QrrotError?
    for (index, put) in parcel.puts.enumerated() {
      let reply = replies[index * stride + stride - 1]
      if reply.isError("WRONGTYPE") {
        state.refused.append(put)
        continue
      }
      if let error = reply.error {
        failure = failure ?? named(RedisError.sentence(error, name: engine.name), put)
        continue
      }
      guard parcel.keepsImages else { continue }
      let deadline = replies[index * stride].integer ?? 0
      let before: RedisRecord =
        reply.isNull
        ? .absent : reply.withContent { .string($0, expiry: max(0, deadline)) }
      let after = put.text.withUnsafeBytes { RedisRecord.string($0, expiry: 0) }
      images.append(RedisImage(key: put.key, before: before, dump: nil, after: after))
    }
    if let failure { throw failure }
    return images
  }

  private static func named(_ error: QrrotError, _ put: Put) -> QrrotError {
    QrrotError(
      error.code,
      "put \(QrrotError.excerpt(put.key)): \(error.message); puts behind it were on their way already, and may have been done"
    )
  }

  /// Sends what waits, and waits for all that is on its way.
  ///
  /// - Returns: what undo has to know of the last puts, and those that did not replace what is no text.
  /// - Throws: the first error; all of it is over then.
  func settle(
    _ engine: RedisEngine, keepsImages: Bool, _ interrupt: Interrupt
  ) throws(QrrotError) -> (images: [RedisImage], refused: [Put]) {
    try state.withLock { state throws(QrrotError) in
      guard !state.isEmpty else { return ([], []) }
      var failure: QrrotError?
      var images: [RedisImage] = []
      do throws(QrrotError) {
        let count = state.waiting.count - state.firstWaiting
        try Self.send(count, keepsImages: keepsImages, engine, &state, interrupt)
      } catch {
        failure = error
        state.waiting = []
        state.firstWaiting = 0
        state.waitingByteCount = 0
      }
      while !state.parcels.isEmpty {
        do throws(QrrotError) {
          images += try Self.take(engine, &state, interrupt)
        } catch {
          failure = failure ?? error
        }
      }
      let refused = state.refused
      state.refused = []
      if let failure { throw failure }
      return (images, refused)
    }
  }
}

extension RedisEngine {
  /// Sends a put ahead, where the session allows that and nothing has to be asked first.
  ///
  /// - Returns: whether it is on its way.
  func putAhead(
    _ command: Command, in session: inout Session
  ) throws(QrrotError) -> Bool {
    guard session.sendsAhead, session.transaction == nil, nodes.facts.hasDeadlines,
      command.arguments.count == 2, case .value(let type) = command.arguments[1].kind,
      type != .json || !nodes.facts.hasJSON
    else { return false }
    let text =
      type == .int ? RedisNumber.digits(command.arguments[1].integer) : command.content(1)
    session.hasWritesAhead = true
    try ahead.add(.init(key: command.content(0), text: text), self, session)
    return true
  }

  /// Waits for the puts that are on their way.
  func settleAhead(_ session: inout Session) throws(QrrotError) {
    session.hasWritesAhead = false
    let (images, refused) = try ahead.settle(
      self, keepsImages: session.keepsUndo, session.interrupt)
    for image in images { remember([image], in: &session) }
    for put in refused {
      // What is there is no text: that is looked at as for any other put.
      var command = Command(.put)
      command.append(.key, put.key)
      let value = put.text.withUnsafeBytes { RedisRecord.string($0, expiry: 0).value }
      command.append(value ?? .string(put.text))
      var reply = Reply()
      try write(command, in: &session, into: &reply)
    }
  }
}

internal import QrrotCore
internal import Synchronization

/// Puts that are sent before the ones before them are answered, for files with many of them.
///
/// A put says OK at once, and ``RedisEngine/settle(_:)``, which comes before any reply is shown, waits for what
/// the servers have said. They gather in parcels; the last one but one is sent when the last one is full, so that at
/// least as many as undo keeps are here when it has to know what they replace.
final class RedisAhead: Sendable {
  /// Puts that go together, encoded: `SET key text GET`, so that what is no text is not replaced.
  private struct Parcel {
    var sets = RedisBatch()
    var pending: RedisPending?
    /// When what was there expires, put by put, for the last ones, where undo wants to know; 0 for never.
    var deadlines: ArraySlice<Int64> = []

    func put(_ index: Int) -> Put {
      Put(key: Array(sets.key(index)), text: sets.wordBehindKey(index))
    }
  }

  /// A put that the server has refused, for there is something else than text.
  struct Put {
    var key: [UInt8]
    var text: [UInt8]
  }

  private struct State: ~Copyable {
    /// The last one, and the one before.
    var filling = Parcel()
    var full: Parcel?
    /// What is on its way, the first first.
    var sent: [Parcel] = []
    var refused: [Put] = []

    var isEmpty: Bool { filling.sets.isEmpty && full == nil && sent.isEmpty && refused.isEmpty }
  }

  private let state = Mutex(State())
  /// What the servers can do, asked for once for puts that follow one another.
  private let hasDeadlines = Atomic(false)
  private let hasJSON = Atomic(false)

  /// Whether a put of such a value can be sent ahead.
  func takes(_ type: ValueType, _ nodes: RedisNodes, _ session: borrowing Session) -> Bool {
    if !session.hasWritesAhead {
      let facts = nodes.facts
      hasDeadlines.store(facts.hasDeadlines, ordering: .relaxed)
      hasJSON.store(facts.hasJSON, ordering: .relaxed)
    }
    // SET … GET is as old as PEXPIRETIME, or nearly.
    return hasDeadlines.load(ordering: .relaxed)
      && (type != .json || !hasJSON.load(ordering: .relaxed))
  }

  /// Adds a put, and sends those before it if there are enough of them.
  func add(
    _ key: UnsafeRawBufferPointer, _ text: UnsafeRawBufferPointer, _ engine: RedisEngine,
    _ session: borrowing Session
  ) throws(QrrotError) {
    try state.withLock { state throws(QrrotError) in
      state.filling.sets.appendSetGet(key, text)
      guard
        state.filling.sets.count >= Self.parcelCount
          || state.filling.sets.byteCount >= Self.parcelByteCount
      else { return }
      // Past the last thousand undo keeps nothing, so the others need not say what was there. Long ones count
      // for it all the same.
      let isLong = state.filling.sets.count < Limits.undoWriteCount
      if let full = state.full.take() {
        try Self.send(
          full, keepsImages: isLong && session.keepsUndo, engine, &state, session.interrupt)
      }
      state.full = state.filling
      state.filling = Parcel()
    }
  }

  private static let parcelCount = 1_024
  private static let parcelByteCount = 4 << 20
  private static let sentLimit = 4

  private static func send(
    _ parcel: Parcel, keepsImages: Bool, _ engine: RedisEngine, _ state: inout State,
    _ interrupt: Interrupt
  ) throws(QrrotError) {
    var parcel = parcel
    if keepsImages { parcel.deadlines = try deadlines(parcel.sets, engine, interrupt) }
    parcel.pending = try engine.nodes.start(parcel.sets)
    state.sent.append(parcel)
  }

  /// When the keys expire that are about to be written, for as many of the last puts as undo keeps.
  private static func deadlines(
    _ sets: RedisBatch, _ engine: RedisEngine, _ interrupt: Interrupt
  ) throws(QrrotError) -> ArraySlice<Int64> {
    let first = max(0, sets.count - Limits.undoWriteCount)
    var batch = RedisBatch()
    for index in first..<sets.count {
      batch.append("PEXPIRETIME", Array(sets.key(index)), isRead: true)
    }
    var deadlines = Array(repeating: Int64(0), count: sets.count)
    for (index, reply) in try engine.nodes.start(batch).wait(interrupt: interrupt).enumerated() {
      guard let time = reply.integer, time > 0 else { continue }
      // The second put of a key replaces what the first one has put, which never expires.
      let key = sets.key(first + index)
      let isFirst = !(0..<(first + index)).contains { sets.key($0) == key }
      if isFirst { deadlines[first + index] = time }
    }
    return deadlines[first...]
  }

  /// Waits for the first parcel that is on its way.
  ///
  /// - Returns: what undo has to know of it.
  private static func take(
    _ engine: RedisEngine, _ state: inout State, _ interrupt: Interrupt
  ) throws(QrrotError) -> [RedisImage] {
    let parcel = state.sent.removeFirst()
    guard let pending = parcel.pending else { return [] }
    let replies = try pending.wait(interrupt: interrupt)
    var images: [RedisImage] = []
    var failure: QrrotError?
    for (index, reply) in replies.enumerated() {
      if reply.isError("WRONGTYPE") {
        state.refused.append(parcel.put(index))
      } else if let error = reply.error {
        let sentence = RedisError.sentence(error, name: engine.name)
        failure = failure ?? named(sentence, parcel.put(index))
      } else if parcel.deadlines.indices.contains(index) {
        images.append(image(of: parcel.put(index), reply, expiry: parcel.deadlines[index]))
      }
    }
    if let failure { throw failure }
    return images
  }

  private static func image(
    of put: Put, _ reply: RedisReply, expiry: Int64
  ) -> RedisImage {
    let before: RedisRecord =
      reply.isNull ? .absent : reply.withContent { .string($0, expiry: expiry) }
    let after = put.text.withUnsafeBytes { RedisRecord.string($0, expiry: 0) }
    return RedisImage(key: put.key, before: before, dump: nil, after: after)
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
      let waiting = [state.full.take(), state.filling].compactMap { $0 }
      state.filling = Parcel()
      for (index, parcel) in waiting.enumerated() where !parcel.sets.isEmpty && failure == nil {
        // The first of two is of use only if the second has not as many as undo keeps.
        let isLast = index == waiting.count - 1
        let isKept = isLast || (waiting.last?.sets.count ?? 0) < Limits.undoWriteCount
        // After Ctrl-C nobody undoes anything, and only what writes is still waited for.
        let keepsImages = keepsImages && isKept && !interrupt.isRaised
        do throws(QrrotError) {
          try Self.send(parcel, keepsImages: keepsImages, engine, &state, interrupt)
        } catch {
          failure = error
        }
      }
      while !state.sent.isEmpty {
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
    guard session.sendsAhead, session.transaction == nil, command.arguments.count == 2 else {
      return false
    }
    let value = command.arguments[1]
    guard case .value(let type) = value.kind, ahead.takes(type, nodes, session) else {
      return false
    }
    session.hasWritesAhead = true
    try command.bytes.withUnsafeBufferPointer { bytes throws(QrrotError) in
      let bytes = UnsafeRawBufferPointer(bytes)
      let key = UnsafeRawBufferPointer(rebasing: bytes[command.arguments[0].range])
      guard type == .int else {
        let text = UnsafeRawBufferPointer(rebasing: bytes[value.range])
        return try ahead.add(key, text, self, session)
      }
      try RedisNumber.digits(value.integer).withUnsafeBufferPointer { text throws(QrrotError) in
        try ahead.add(key, UnsafeRawBufferPointer(text), self, session)
      }
    }
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

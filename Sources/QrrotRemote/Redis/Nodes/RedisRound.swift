internal import QrrotCore

/// Requests that were sent once, over one or several connections, and the replies to them. One thread.
struct RedisRound {
  /// What goes over one connection.
  struct Part {
    let pool: RedisPool
    let connection: RedisConnection
    /// The numbers of the requests; nil: all of the batch.
    let entries: [Int]?
    /// Of each request that is sent whether it is an `ASKING`; nil: none is.
    var askings: [Bool]?
    /// How many requests are sent, and how many replies have come.
    var sentCount: Int
    var receivedCount = 0
    var fault: PeerFault?
    /// Whether anything of it was sent.
    var isSent = true
    /// Since when the server is silent, and whether it was asked why.
    var silentSince = RedisLine.now
    var isDoubtful = false
    /// Whether a caller waits for it, so that the connection has to be released.
    var isHeld: Bool

    var isDone: Bool { fault != nil || receivedCount == sentCount }

    /// The number of a request.
    func entry(_ index: Int) -> Int { entries?[index] ?? index }
  }

  let batch: RedisBatch
  let options: RedisOptions
  private(set) var parts: [Part] = []
  private let mailbox = Mailbox<RedisLetter>()
  /// How long answers to writes are waited for after Ctrl-C, in milliseconds.
  private static var graceMilliseconds: Int { 500 }

  init(_ batch: RedisBatch, _ options: RedisOptions) {
    self.batch = batch
    self.options = options
  }

  /// Sends some of the batch, or all of it.
  ///
  /// - Parameters:
  ///   - isAsking: whether the node has the slot for the moment only.
  ///   - isHeld: whether the connection has to be released.
  /// - Returns: whether it was sent.
  mutating func send(
    _ entries: [Int]?, on connection: RedisConnection, of pool: RedisPool, isAsking: Bool = false,
    isHeld: Bool = true, _ interrupt: Interrupt?
  ) -> Bool {
    var part = Part(
      pool: pool, connection: connection, entries: entries,
      sentCount: entries?.count ?? batch.count,
      isHeld: isHeld)
    let bytes: [UInt8]
    if isAsking {
      let parcel = RedisParcel(asking: batch, entries)
      bytes = parcel.bytes
      part.askings = parcel.askings
      part.sentCount = parcel.askings.count
    } else if let entries {
      bytes = RedisParcel.bytes(of: entries, batch)
    } else {
      bytes = batch.bytes
    }
    let isSent = connection.send(
      bytes, count: part.sentCount, part: parts.count, to: mailbox, interrupt)
    part.isSent = isSent
    if !isSent { part.fault = connection.line.fault ?? .closed }
    parts.append(part)
    return isSent
  }

  /// Waits until all replies are there, or all that can come.
  ///
  /// - Parameter take: gets each reply with the numbers of its request and of the part.
  /// - Returns: whether it was waited for to the end; else Ctrl-C was pressed.
  mutating func collect(
    _ interrupt: Interrupt, _ take: (_ entry: Int, _ part: Int, RedisReply) -> Void
  ) -> Bool {
    var interruptedAt: Int?
    while parts.contains(where: { !$0.isDone }) {
      let letter = next(milliseconds: 20)
      if let letter { receive(letter, take) }
      if interrupt.isRaised, parts.contains(where: { !$0.isDone }) {
        let start = interruptedAt ?? RedisLine.now
        interruptedAt = start
        // What became of a write is worth a moment.
        if !hasWriteUnderWay || RedisLine.now - start > Self.graceMilliseconds {
          giveUp()
          return false
        }
      }
      if letter != nil { continue }
      for index in parts.indices where !parts[index].isDone { watch(index, interrupt) }
    }
    return true
  }

  /// Waits for so long, and leaves what has not come then.
  ///
  /// - Returns: whether all has come.
  mutating func glance(
    milliseconds: Int, _ take: (_ entry: Int, _ part: Int, RedisReply) -> Void
  ) -> Bool {
    let end = RedisLine.now + milliseconds
    while parts.contains(where: { !$0.isDone }) {
      if let letter = next(milliseconds: max(0, min(20, end - RedisLine.now))) {
        receive(letter, take)
      } else if RedisLine.now >= end {
        for part in parts { _ = part.connection.line.leave(mailbox, retires: false) }
        return false
      }
    }
    return parts.allSatisfy { $0.fault == nil }
  }

  private func next(milliseconds: Int) -> RedisLetter? {
    let connections = parts.filter { !$0.isDone }.map(\.connection)
    // Where others wait too, one of them may read what comes for this one.
    let isShared = connections.contains { $0.line.isShared(by: mailbox) }
    return mailbox.take(
      from: connections.compactMap(\.socket), milliseconds: isShared ? 1 : milliseconds)
  }

  private mutating func receive(_ letter: RedisLetter, _ take: (Int, Int, RedisReply) -> Void) {
    switch letter {
    case .lost(let fault, let part): parts[part].fault = fault
    case .replies(let chunk, let range, let number):
      let part = parts[number]
      var received = part.receivedCount
      if part.askings == nil {
        for index in range {
          take(part.entry(received + index - range.lowerBound), number, chunk[index])
        }
        received += range.count
      } else {
        for index in range {
          if let entry = part.answered(received) { take(entry, number, chunk[index]) }
          received += 1
        }
      }
      parts[number].receivedCount = received
      parts[number].isDoubtful = false
    }
  }

  /// Looks whether a server that says nothing lives.
  private mutating func watch(_ index: Int, _ interrupt: Interrupt) {
    let part = parts[index]
    let last = max(part.silentSince, part.connection.line.lastProgress)
    if last > part.silentSince { parts[index].isDoubtful = false }
    parts[index].silentSince = last
    guard RedisLine.now - last > options.answerMilliseconds else { return }
    // One that lives has perhaps its answer on the way: it gets the same time once more.
    if !part.isDoubtful, part.pool.lives(interrupt) {
      parts[index].isDoubtful = true
      parts[index].silentSince = RedisLine.now
      return
    }
    part.connection.giveUp(mailbox)
    parts[index].fault = .silent
  }

  /// The requests that have no reply, those that were sent or those that were not.
  func unanswered(sent: Bool) -> [Int] {
    var entries: [Int] = []
    for part in parts where part.isSent == sent && part.receivedCount < part.sentCount {
      for index in part.receivedCount..<part.sentCount {
        if let entry = part.answered(index) { entries.append(entry) }
      }
    }
    return entries
  }

  private var hasWriteUnderWay: Bool {
    unanswered(sent: true).contains { !batch.entries[$0].isRead }
  }

  /// Nobody waits any more.
  func giveUp() {
    for part in parts where !part.isDone { part.connection.giveUp(mailbox) }
  }

  /// Gives the connections back to their pools.
  mutating func release() {
    for index in parts.indices where parts[index].isHeld {
      parts[index].pool.release(parts[index].connection)
      parts[index].isHeld = false
    }
  }
}

extension RedisRound.Part {
  /// The number of the request whose reply comes as this one, if it is not that to an `ASKING`.
  func answered(_ index: Int) -> Int? {
    guard let askings else { return entry(index) }
    guard !askings[index] else { return nil }
    var count = 0
    for isAsking in askings[..<index] where !isAsking { count += 1 }
    return entry(count)
  }
}

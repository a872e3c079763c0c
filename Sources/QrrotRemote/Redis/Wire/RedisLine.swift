internal import Synchronization

/// What comes of a part of a batch.
enum RedisLetter: Sendable {
  /// Replies in the order of the requests.
  case replies(RedisChunk, Range<Int>, part: Int)
  /// No more come, and why.
  case lost(PeerFault, part: Int)
}

/// Who waits for the replies of one connection, in the order in which they will come.
final class RedisLine: Sendable {
  private struct Ticket {
    let mailbox: Mailbox<RedisLetter>
    let part: Int
    var missingCount: Int
    /// Whether nobody waits any more.
    var isLeft = false
  }

  private struct State {
    var tickets: [Ticket] = []
    /// How many of them, from the first on, are done with.
    var doneCount = 0
    var fault: PeerFault?
    /// Whether no new request may be sent.
    var isRetired = false
    /// An error that came before anything was asked.
    var greeting: RedisChunk?
    var hasAsked = false
  }

  private let state = Mutex(State())
  /// When something came, or was taken by the system, in milliseconds of ``now``.
  private let progress = Atomic<Int>(RedisLine.now)

  /// Milliseconds since some moment.
  static var now: Int { Int((ContinuousClock.now - start) / .milliseconds(1)) }
  private static let start = ContinuousClock.now

  func noteProgress() { progress.store(Self.now, ordering: .relaxed) }
  var lastProgress: Int { progress.load(ordering: .relaxed) }

  /// Takes a place in the line.
  ///
  /// - Returns: false if nothing may be sent any more.
  func ask(_ mailbox: Mailbox<RedisLetter>, part: Int, count: Int) -> Bool {
    state.withLock { state in
      guard state.fault == nil, !state.isRetired else { return false }
      state.tickets.append(Ticket(mailbox: mailbox, part: part, missingCount: count))
      if let greeting = state.greeting {
        state.greeting = nil
        _ = Self.deliver(greeting, &state)
      }
      state.hasAsked = true
      return true
    }
  }

  /// Hands replies to those who wait.
  ///
  /// - Returns: false if one came that nobody has asked for.
  func deliver(_ chunk: RedisChunk) -> Bool {
    state.withLock { state in
      if !state.hasAsked, state.greeting == nil, chunk.count == 1, chunk[0].error != nil {
        state.greeting = chunk
        return true
      }
      return Self.deliver(chunk, &state)
    }
  }

  private static func deliver(_ chunk: RedisChunk, _ state: inout State) -> Bool {
    var start = 0
    while start < chunk.count {
      guard state.doneCount < state.tickets.count else { return false }
      let index = state.doneCount
      let end = min(chunk.count, start + state.tickets[index].missingCount)
      let ticket = state.tickets[index]
      if !ticket.isLeft { ticket.mailbox.put(.replies(chunk, start..<end, part: ticket.part)) }
      state.tickets[index].missingCount -= end - start
      if state.tickets[index].missingCount == 0 { state.doneCount += 1 }
      start = end
    }
    if state.doneCount == state.tickets.count || state.doneCount > 64 {
      state.tickets.removeFirst(state.doneCount)
      state.doneCount = 0
    }
    return true
  }

  /// Tells all who wait that nothing comes any more.
  func end(_ fault: PeerFault) {
    state.withLock { state in
      guard state.fault == nil else { return }
      state.fault = fault
      for ticket in state.tickets[state.doneCount...] where !ticket.isLeft {
        ticket.mailbox.put(.lost(fault, part: ticket.part))
      }
      state.tickets = []
      state.doneCount = 0
    }
  }

  /// Nobody waits any more for what was asked with this mailbox; what comes is dropped.
  ///
  /// - Parameter retires: whether nothing more is to be asked here either.
  /// - Returns: whether others wait still.
  func leave(_ mailbox: Mailbox<RedisLetter>, retires: Bool) -> Bool {
    state.withLock { state in
      if retires { state.isRetired = true }
      for index in state.tickets.indices where state.tickets[index].mailbox === mailbox {
        state.tickets[index].isLeft = true
      }
      return state.tickets[state.doneCount...].contains { !$0.isLeft }
    }
  }

  /// Why it has ended, if it has.
  var fault: PeerFault? { state.withLock { $0.fault } }

  /// Whether requests can be sent.
  var isOpen: Bool { state.withLock { $0.fault == nil && !$0.isRetired } }

  /// Whether somebody else waits too, whose thread may have read what is for this mailbox.
  func isShared(by mailbox: Mailbox<RedisLetter>) -> Bool {
    state.withLock { state in
      state.tickets[state.doneCount...].contains { $0.mailbox !== mailbox && !$0.isLeft }
    }
  }

  /// Whether nothing is on its way.
  var isIdle: Bool { state.withLock { $0.doneCount == $0.tickets.count } }
}

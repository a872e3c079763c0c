internal import QrrotCore
internal import QrrotStore
internal import QrrotWire

/// The server's side of one shell far away: its sessions, and the answer that it has not taken yet.
///
/// One call runs at a time, on the event loop or on a thread beside it.
final class CallDesk: Sendable {
  private struct State {
    var sessions: CallSessions
    var answer: [UInt8] = []
    var sentCount = 0
    /// How much of the answer and of what is gathered is counted as waiting.
    var countedByteCount = 0
  }

  private let state: Guarded<State>
  private let service: Service

  /// - Parameter isReadOnly: whether the shell must not write.
  init(_ service: Service, isReadOnly: Bool, interrupt: Interrupt) {
    self.service = service
    state = Guarded(
      State(sessions: CallSessions(isReadOnly: isReadOnly, interrupt: interrupt)))
  }

  deinit { service.countInput(-state.value.countedByteCount) }

  /// Carries out a call; its answer is there afterwards.
  func run(_ request: CallRequest) {
    state.withLock { state in
      // What was left of the answer before is not wanted any more.
      state.answer = []
      state.answer = state.sessions.run(request, service.engine, room: room).encoded
      state.sentCount = 0
      count(&state)
    }
  }

  /// How many bytes more there is memory for, beside the data and what all clients have waiting.
  private var room: Int {
    let taken = service.engine.allocatedByteCount + service.clientByteCount
    return max(0, service.configuration.memoryLimit - taken)
  }

  /// Counts what waits among what clients take.
  private func count(_ state: inout State) {
    let byteCount = state.answer.count + state.sessions.waitingByteCount
    service.countInput(byteCount - state.countedByteCount)
    state.countedByteCount = byteCount
  }

  /// The next part of the answer: a byte that says whether more follows, and so many bytes.
  func nextPart() -> [UInt8] {
    state.withLock { state in
      let end = min(state.answer.count, state.sentCount + Call.partByteCount)
      var part: [UInt8] = [end < state.answer.count ? 1 : 0]
      part.reserveCapacity(1 + end - state.sentCount)
      part.append(contentsOf: state.answer[state.sentCount..<end])
      state.sentCount = end
      if end == state.answer.count {
        state.answer = []
        state.sentCount = 0
      }
      count(&state)
      return part
    }
  }
}

internal import QrrotAgent
internal import QrrotCore
internal import Synchronization

/// One request to a model, with the attempts that it takes.
struct Exchange: Sendable {
  private let model: ProviderModel
  private let request: WireRequest
  private let events: AsyncStream<ModelEvent>.Continuation
  private let watch: Watch

  init(
    _ model: ProviderModel, _ request: WireRequest,
    yielding events: AsyncStream<ModelEvent>.Continuation
  ) {
    self.model = model
    self.request = request
    self.events = events
    watch = Watch(limit: model.pace.silence)
  }

  /// Sends the request, up to the event that ends the stream. It does not throw: what goes wrong is
  /// that event.
  func run() async {
    let isSilent = await withTaskGroup(of: Bool.self) { group in
      group.addTask {
        await attempt()
        return false
      }
      group.addTask { await tick() }
      let isSilent = await group.next() ?? false
      group.cancelAll()
      return isSilent
    }
    if isSilent {
      let seconds = Int(model.pace.silence.components.seconds)
      end(.failed(error(.connection(.silence(seconds: seconds)), attempts: 1)))
    }
    // Nobody waits for a stream that has ended already.
    events.finish()
  }

  /// Turns the spinner. Returns whether it ended because no byte came for too long.
  private func tick() async -> Bool {
    while true {
      do { try await Task.sleep(for: model.pace.tick) } catch { return false }
      switch watch.state() {
      case .reading: events.yield(.waiting)
      case .silent: return true
      case .rested: return false
      }
    }
  }

  private func attempt() async {
    var count = 0
    while !Task.isCancelled {
      count += 1
      var attempt = Attempt(model, request)
      watch.note()
      await attempt.run(yielding: events, watch)
      guard let failure = attempt.failure, !Task.isCancelled else { return }
      let pause = RetryPolicy.pauseSeconds(
        after: failure, attempt: count, by: model.endpoint.format, jitter: model.pace.jitter())
      guard let pause, !attempt.hasText, attempt.recordingError == nil else {
        return end(.failed(attempt.recordingError ?? error(failure, attempts: count)))
      }
      watch.stop()
      events.yield(
        .retrying(
          seconds: pause, reason: model.filter.redacted(cut: failure.summary(at: model.place))))
      do { try await model.pace.sleep(pause) } catch { return }
    }
  }

  private func error(_ failure: WireFailure, attempts: Int) -> QrrotError {
    var error = failure.error(at: model.place, attempts: attempts)
    error.message = model.filter.redacted(cut: error.message)
    return error
  }

  private func end(_ event: ModelEvent) {
    events.yield(event)
    events.finish()
  }
}

/// Sees how long no byte has come.
final class Watch: Sendable {
  enum State {
    /// Something came lately, or nothing is expected.
    case reading
    /// Nothing has come for too long.
    case silent
    /// The answer is whole, and its connection has had its time.
    case rested
  }

  private struct Times {
    var last: ContinuousClock.Instant?
    var rest: ContinuousClock.Instant?
  }

  private let limit: Duration
  private let times = Mutex(Times())

  init(limit: Duration) { self.limit = limit }

  /// Notes that something has come, or that it is waited for from now on.
  func note() { times.withLock { $0.last = .now } }

  /// Nothing is waited for.
  func stop() { times.withLock { $0.last = nil } }

  /// The answer is whole; its connection has so long to end.
  func rest(for duration: Duration) { times.withLock { $0.rest = .now + duration } }

  func state() -> State {
    times.withLock { times in
      if let rest = times.rest { return rest < .now ? .rested : .reading }
      guard let last = times.last else { return .reading }
      return last + limit < .now ? .silent : .reading
    }
  }
}

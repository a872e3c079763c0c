internal import QrrotAgent
internal import Synchronization

/// Answers from a recording, in its order: the next exchange of the format that is spoken, whatever is
/// asked. No connection is opened.
final class ReplayTransport: Transport {
  private let recording: Recording
  private let next = Mutex(0)

  init(_ recording: Recording) { self.recording = recording }

  func exchange(
    _ request: WireRequest, _ receive: (ResponsePart) throws(WireFailure) -> Bool
  ) async throws(WireFailure) {
    guard let exchange = take(request) else { throw .connection(.recordingEnded) }
    if exchange.isWithheld { throw .connection(.recordingWithheld) }
    guard let status = exchange.status else { throw .connection(.dropped) }
    guard try receive(.head(status: status, headers: exchange.headers)) else { return }
    for chunk in exchange.chunks {
      guard try receive(.body(chunk)) else { return }
    }
    if exchange.isCut { throw .connection(.dropped) }
  }

  private func take(_ request: WireRequest) -> RecordedExchange? {
    let format = Recording.format(ofURL: request.url)
    return next.withLock { next in
      while next < recording.entries.count {
        let entry = recording.entries[next]
        next += 1
        if entry.format == format { return entry.exchange }
      }
      return nil
    }
  }
}

internal import QrrotAgent
internal import QrrotCore

/// One HTTP exchange of a request.
struct Attempt {
  private let model: ProviderModel
  private let request: WireRequest
  /// Why there is no whole answer.
  private(set) var failure: WireFailure?
  /// Why the exchange could not be recorded.
  private(set) var recordingError: QrrotError?
  /// Whether a piece of the answer was handed out: from then on nothing may be sent again.
  private(set) var hasText = false

  private var reader: AnswerReader?
  private var isFinished = false
  private var restByteCount = 0
  private var record = RecordedExchange()

  init(_ model: ProviderModel, _ request: WireRequest) {
    self.model = model
    self.request = request
  }

  /// Sends the request and hands out what comes, up to the end of the answer or to ``failure``.
  mutating func run(
    yielding events: AsyncStream<ModelEvent>.Continuation, _ watch: Watch
  ) async {
    var state = self
    do throws(WireFailure) {
      try await model.transport.exchange(request) { part throws(WireFailure) in
        watch.note()
        return try state.take(part, events, watch)
      }
      try state.finish(events, watch)
    } catch {
      // What breaks behind the end of an answer is nobody's loss.
      if !state.isFinished { state.failure = state.recognized(error) }
    }
    if !state.isFinished { state.save(isCut: true) }
    self = state
  }

  /// A connection that breaks inside an answer broke off; one that breaks in front of it was dropped.
  /// Chunks that can't be read are no sign of something else than HTTP once an answer has begun.
  private func recognized(_ failure: WireFailure) -> WireFailure {
    let isBroken = failure == .connection(.dropped) || failure == .connection(.notHTTP)
    return isBroken && reader != nil ? .incomplete : failure
  }

  private mutating func take(
    _ part: ResponsePart, _ events: AsyncStream<ModelEvent>.Continuation, _ watch: Watch
  ) throws(WireFailure) -> Bool {
    switch part {
    case .head(let status, let headers):
      record.status = status
      record.headers = headers
      reader = AnswerReader(
        model.endpoint.format, status: status, headers: headers,
        secondsNow: model.pace.secondsNow())
    case .body(let bytes):
      guard !isFinished else {
        restByteCount += bytes.count
        return restByteCount < Self.restByteCountMax
      }
      if model.recording != nil { record.chunks.append(bytes) }
      try read(events, watch) { reader, output throws(WireFailure) in
        try reader?.append(bytes, to: &output)
      }
    }
    return true
  }

  private mutating func finish(
    _ events: AsyncStream<ModelEvent>.Continuation, _ watch: Watch
  ) throws(WireFailure) {
    guard !isFinished else { return }
    try read(events, watch) { reader, output throws(WireFailure) in
      try reader?.finish(to: &output)
    }
  }

  /// Hands out what the reader makes of something, also where it ends in a failure.
  private mutating func read(
    _ events: AsyncStream<ModelEvent>.Continuation, _ watch: Watch,
    _ body: (inout AnswerReader?, inout [ModelEvent]) throws(WireFailure) -> Void
  ) throws(WireFailure) {
    var output: [ModelEvent] = []
    do throws(WireFailure) {
      try body(&reader, &output)
    } catch {
      try hand(out: output, events, watch)
      throw error
    }
    try hand(out: output, events, watch)
  }

  private mutating func hand(
    out output: [ModelEvent], _ events: AsyncStream<ModelEvent>.Continuation, _ watch: Watch
  ) throws(WireFailure) {
    for event in output {
      switch event {
      case .text(let text):
        hasText = true
        if model.recording != nil { record.text += text }
        events.yield(event)
      case .finished:
        // Kept before anybody is told, so that who reads the recording then finds it whole.
        isFinished = true
        save(isCut: false)
        if let recordingError {
          isFinished = false
          throw .connection(.other(recordingError.message))
        }
        watch.rest(for: model.pace.rest)
        events.yield(event)
        events.finish()
      default: events.yield(event)
      }
    }
  }

  private mutating func save(isCut: Bool) {
    guard let recording = model.recording, recordingError == nil else { return }
    record.isCut = isCut && record.status != nil && failure != nil && !isWholeError
    do throws(QrrotError) {
      try recording.append(request, record)
    } catch {
      recordingError = error
    }
  }

  /// Whether all of the answer was read although it is none.
  private var isWholeError: Bool {
    switch failure {
    case .connection, .incomplete, nil: false
    default: true
    }
  }

  /// How much is read behind the end of an answer before its connection is given up.
  private static let restByteCountMax = 16 << 10
}

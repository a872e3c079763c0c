/// Makes events of the bytes of an HTTP answer, as they come.
///
/// What is text of the answer comes out as text; thoughts, calls of tools, further candidates and all
/// that is not known are passed over. ``ModelEvent/finished`` comes only when the end that the format
/// knows was seen.
public struct AnswerReader: Sendable {
  /// The longest answer, in bytes of text (1 MiB).
  public static let textByteCount = 1 << 20
  /// The longest stream, whatever it holds (64 MiB).
  public static let streamByteCount = 64 << 20
  /// How much is read of what is no stream (64 KiB).
  static let bodyByteCount = 64 << 10

  /// What was found out about the bytes.
  private enum Content {
    case undecided
    case events
    /// A page, or JSON that is no stream, or an error's body.
    case body
  }

  private let format: WireFormat
  private let status: Int
  private let headers: [WireRequest.Header]
  private let secondsNow: Int64
  private let streamLimit: Int
  private var content: Content
  private var events = EventStreamReader()
  private var body: [UInt8] = []
  private var byteCount = 0
  private var answer = StreamedAnswer()
  private var isFinished = false

  /// Begins to read an answer.
  ///
  /// - Parameters:
  ///   - headers: their names in small letters.
  ///   - secondsNow: the time since 1970, for dates in headers.
  public init(
    _ format: WireFormat, status: Int, headers: [WireRequest.Header], secondsNow: Int64
  ) {
    self.init(
      format, status: status, headers: headers, secondsNow: secondsNow,
      streamLimit: Self.streamByteCount)
  }

  /// The same with another limit.
  init(
    _ format: WireFormat, status: Int, headers: [WireRequest.Header], secondsNow: Int64,
    streamLimit: Int
  ) {
    self.streamLimit = streamLimit
    self.format = format
    self.status = status
    self.headers = headers
    self.secondsNow = secondsNow
    content = status == 200 ? .undecided : .body
  }

  /// Takes the next bytes.
  ///
  /// - Parameter output: what happens is appended, up to the failure if there is one.
  /// - Throws: why there will be no whole answer; no more is to be read then.
  /// - Complexity: O(n).
  public mutating func append(
    _ bytes: [UInt8], to output: inout [ModelEvent]
  ) throws(WireFailure) {
    guard !isFinished else { return }
    byteCount += bytes.count
    guard byteCount <= streamLimit else {
      throw .tooLarge(what: "an answer may have 64 MiB with all that belongs to it")
    }
    if case .undecided = content { decide(bytes) }
    guard case .events = content else {
      body += bytes
      // The rest of an error's page is not worth its time.
      if body.count > Self.bodyByteCount { throw failureOfBody() }
      return
    }
    let streamed: [StreamedEvent]
    do throws(EventStreamReader.Overflow) {
      streamed = try events.append(bytes)
    } catch {
      throw .tooLarge(what: "one event of an answer may have 8 MiB")
    }
    for event in streamed where !isFinished { try read(event, to: &output) }
  }

  /// Takes the end of the bytes.
  ///
  /// - Throws: why there is no whole answer.
  public mutating func finish(to output: inout [ModelEvent]) throws(WireFailure) {
    guard !isFinished else { return }
    switch content {
    case .body: throw failureOfBody()
    case .undecided: throw .incomplete
    case .events: break
    }
    if let event = events.finish() {
      do throws(WireFailure) {
        try read(event, to: &output)
      } catch .unreadable {
        throw .incomplete
      }
    }
    guard !isFinished else { return }
    // Of the three formats only Gemini's ends with the stream.
    guard format == .gemini, answer.stop != nil else { throw .incomplete }
    try finishAnswer(to: &output)
  }

  /// Blanks, then what it begins with: no stream of events begins like a page or like JSON, and one that
  /// is not called a stream begins with a field's name or a comment.
  private mutating func decide(_ bytes: [UInt8]) {
    guard let first = bytes.first(where: { $0 > 0x20 }) else {
      // Empty lines stand for nothing in a stream.
      return
    }
    let isBody = [UInt8(ascii: "<"), UInt8(ascii: "{"), UInt8(ascii: "[")].contains(first)
    let type = headers.first { $0.name == "content-type" }?.value.lowercased() ?? ""
    // data, event, id, retry, a comment, a byte order mark
    let mayBeEvent = "deir:".utf8.contains(first) || first == 0xEF
    let isStream = type.hasPrefix("text/event-stream") || mayBeEvent
    content = isBody || !isStream ? .body : .events
  }

  private func failureOfBody() -> WireFailure {
    ServerErrorReading.failure(
      status: status, headers: headers, body: body, secondsNow: secondsNow)
  }

  private mutating func read(
    _ event: StreamedEvent, to output: inout [ModelEvent]
  ) throws(WireFailure) {
    if format == .openai, event.data.filter({ $0 > 0x20 }).elementsEqual("[DONE]".utf8) {
      return try finishAnswer(to: &output)
    }
    guard let json = WireJSON(event.data), json.isObject else {
      // A keep-alive in the form of an empty event.
      if event.data.allSatisfy({ $0 <= 0x20 }) { return }
      let text = String(decoding: event.data.prefix(2_000), as: UTF8.self)
      throw .unreadable(excerpt: ServerErrorReading.excerpt(text, limit: 80))
    }
    if json["error"] != nil, var error = ServerErrorReading.serverError(in: json, status: nil) {
      error.isInStream = true
      throw .server(error)
    }
    let eventsBefore = output.count
    switch format {
    case .gemini: try answer.readGemini(json, to: &output)
    case .openai: try answer.readOpenAI(json, to: &output)
    case .anthropic: try answer.readAnthropic(json, to: &output)
    }
    for case .text(let text) in output[eventsBefore...] { try answer.count(text) }
    if answer.isEndSeen { try finishAnswer(to: &output) }
  }

  private mutating func finishAnswer(to output: inout [ModelEvent]) throws(WireFailure) {
    isFinished = true
    switch answer.stop {
    case .failure(let failure): throw failure
    case .complete, nil: break
    }
    guard answer.isVisible else { throw .empty }
    output.append(.finished)
  }
}

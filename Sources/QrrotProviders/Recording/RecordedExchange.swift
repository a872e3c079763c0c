internal import QrrotAgent
internal import QrrotCore

/// What came back to one request, as it is kept.
struct RecordedExchange: Equatable, Sendable {
  /// The status; nil if no answer came.
  var status: Int?
  /// The headers, with their names in small letters.
  var headers: [WireRequest.Header] = []
  /// The body, in the pieces in which it came.
  var chunks: [[UInt8]] = []
  /// Whether it broke off.
  var isCut = false
  /// Whether it is left out, since it held a key.
  var isWithheld = false
  /// The text of the answer, which is not kept: a key that is spread over several events shows only
  /// there.
  var text = ""
}

/// The form of a recording: JSON lines, the first of which says what they are.
///
///     {"qrrot-recording":1,"provider":"gemini","model":"gemini-3.8-flash","made":"2026-11-23T07:00:00Z"}
///     {"request":{"method":"POST","url":"https://…","headers":{…},"body":{…}},"response":{"status":200,"headers":{…},"chunks":["…"]}}
///
/// A response that broke off has `"cut":true`; one that never came is null.
enum RecordingForm {
  /// The version that is written, and the only one that is read.
  static let version = 1

  /// The first line.
  static func header(_ endpoint: WireEndpoint, secondsNow: Int64) -> [UInt8] {
    var json = JSONWriter()
    json.object {
      $0.name("qrrot-recording")
      $0.number(version)
      $0.name("provider")
      $0.string(endpoint.format.rawValue)
      $0.name("model")
      $0.string(endpoint.model)
      $0.name("made")
      $0.string(CalendarDate.text(ofSeconds: max(0, secondsNow)))
    }
    return json.bytes + [UInt8(ascii: "\n")]
  }

  /// One exchange's line, in which no key stands.
  static func line(
    _ request: WireRequest, _ exchange: RecordedExchange, _ filter: SecretFilter
  ) -> [UInt8] {
    var chunks = texts(of: exchange.chunks, filter)
    let isWithheld =
      filter.holdsSecret(exchange.text.utf8) && filter.holdsSecret(answer(request, chunks).utf8)
    if isWithheld { chunks = [] }
    var json = JSONWriter()
    json.object { json in
      json.name("request")
      json.object { json in
        json.name("method")
        json.string(request.method)
        json.name("url")
        json.string(filter.redacted(request.url))
        json.name("headers")
        json.headers(request.headers, filter)
        json.name("body")
        // A JSON text already, in which a key can stand inside a string alone.
        let body = filter.redacted(String(decoding: request.body, as: UTF8.self))
        json.literal(WireJSON(Array(body.utf8)) == nil ? "null" : body)
      }
      json.name("response")
      guard let status = exchange.status else { return json.literal("null") }
      json.object { json in
        json.name("status")
        json.number(status)
        json.name("headers")
        json.headers(exchange.headers, filter)
        json.name("chunks")
        json.array { json in
          for chunk in chunks { json.string(chunk) }
        }
        if exchange.isCut {
          json.name("cut")
          json.literal("true")
        }
        if isWithheld {
          json.name("withheld")
          json.literal("true")
        }
      }
    }
    return json.bytes + [UInt8(ascii: "\n")]
  }

  /// The text of an answer that is read from these pieces.
  private static func answer(_ request: WireRequest, _ chunks: [String]) -> String {
    guard let format = Recording.format(ofURL: request.url) else { return "" }
    var reader = AnswerReader(format, status: 200, headers: [], secondsNow: 0)
    var events: [ModelEvent] = []
    for chunk in chunks { try? reader.append(Array(chunk.utf8), to: &events) }
    try? reader.finish(to: &events)
    return events.reduce(into: "") { text, event in
      if case .text(let piece) = event { text += piece }
    }
  }

  /// The pieces as texts of whole characters; one text if a key has to be taken out.
  private static func texts(of chunks: [[UInt8]], _ filter: SecretFilter) -> [String] {
    let joined = chunks.flatMap { $0 }
    if filter.holdsSecret(joined) {
      return [filter.redacted(String(decoding: joined, as: UTF8.self))]
    }
    var texts: [String] = []
    var held: [UInt8] = []
    for chunk in chunks {
      held += chunk
      // At most three bytes of a character that goes on in the next piece.
      let start = held.suffix(3).lastIndex { $0 >= 0xC0 }
      let isOpen = start.map { held.count - $0 < byteCount(ofCharacter: held[$0]) } ?? false
      let end = isOpen ? start ?? held.count : held.count
      texts.append(String(decoding: held[..<end], as: UTF8.self))
      held.removeFirst(end)
    }
    if !held.isEmpty { texts.append(String(decoding: held, as: UTF8.self)) }
    return texts.filter { !$0.isEmpty }
  }

  private static func byteCount(ofCharacter first: UInt8) -> Int {
    first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
  }
}

extension JSONWriter {
  fileprivate mutating func headers(_ headers: [WireRequest.Header], _ filter: SecretFilter) {
    object {
      for header in headers {
        $0.name(header.name)
        $0.string(filter.redacted(header.value))
      }
    }
  }
}

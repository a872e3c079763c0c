/// One event of a server-sent event stream.
struct StreamedEvent: Equatable, Sendable {
  /// What the server calls it; empty where it says nothing.
  var name = ""
  /// Its `data` lines, joined by line feeds.
  var data: [UInt8] = []
}

/// Takes a stream of server-sent events apart, whatever pieces it comes in.
///
/// Lines end in LF, CR LF or CR, also where a piece ends between the two; an event ends at an empty
/// line. Comments, other fields and events without data are passed over. What is left at the end
/// without an empty line behind it counts as an event too: some servers leave that line out.
///
/// Source: WHATWG HTML, section 9.2 (server-sent events).
struct EventStreamReader: Sendable {
  /// A line or an event that is too long; nothing more is read.
  struct Overflow: Error, Equatable {}

  /// The longest event, in bytes (8 MiB).
  static let eventByteCount = 8 << 20

  private var line: [UInt8] = []
  private var event = StreamedEvent()
  private var hasData = false
  private var isAfterCarriageReturn = false
  private var isFirstLine = true
  private let limit: Int

  /// Begins a stream.
  init(eventByteCount limit: Int = Self.eventByteCount) { self.limit = limit }

  /// Takes the next bytes.
  ///
  /// - Returns: the events that end in them.
  /// - Throws: ``Overflow`` for an event of more than ``eventByteCount``.
  /// - Complexity: O(n).
  mutating func append(_ bytes: [UInt8]) throws(Overflow) -> [StreamedEvent] {
    var events: [StreamedEvent] = []
    for byte in bytes {
      let endsPair = isAfterCarriageReturn && byte == UInt8(ascii: "\n")
      isAfterCarriageReturn = byte == UInt8(ascii: "\r")
      if endsPair { continue }
      guard byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") else {
        guard line.count + event.data.count < limit else { throw Overflow() }
        line.append(byte)
        continue
      }
      endLine(&events)
    }
    return events
  }

  /// Ends the stream.
  ///
  /// - Returns: the last event, if no empty line came behind it.
  mutating func finish() -> StreamedEvent? {
    var events: [StreamedEvent] = []
    if !line.isEmpty { endLine(&events) }
    endEvent(&events)
    return events.first
  }

  private mutating func endLine(_ events: inout [StreamedEvent]) {
    defer { line.removeAll(keepingCapacity: true) }
    if isFirstLine {
      isFirstLine = false
      // A byte order mark may stand in front of the stream.
      if line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
    }
    guard !line.isEmpty else { return endEvent(&events) }
    let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
    var value = line[min(colon + 1, line.endIndex)...]
    if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
    if line[..<colon].elementsEqual("data".utf8) {
      if hasData { event.data.append(UInt8(ascii: "\n")) }
      event.data.append(contentsOf: value)
      hasData = true
    } else if line[..<colon].elementsEqual("event".utf8) {
      event.name = String(decoding: value, as: UTF8.self)
    }
  }

  private mutating func endEvent(_ events: inout [StreamedEvent]) {
    if hasData { events.append(event) }
    event = StreamedEvent()
    hasData = false
  }
}

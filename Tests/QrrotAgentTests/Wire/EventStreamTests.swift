import QrrotTesting
import Testing

@testable import QrrotAgent

@Suite("Event streams")
struct EventStreamTests {
  static func read(_ text: String, by count: Int = .max) throws -> [StreamedEvent] {
    var reader = EventStreamReader()
    var events: [StreamedEvent] = []
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      events += try reader.append(Array(rest.prefix(count)))
      rest = rest.dropFirst(count)
    }
    if let last = reader.finish() { events.append(last) }
    return events
  }

  static func event(_ data: String, name: String = "") -> StreamedEvent {
    StreamedEvent(name: name, data: Array(data.utf8))
  }

  @Test(
    "lines, comments, joined data, names and a last event without an empty line, in any pieces",
    arguments: [1, 2, 3, 1_000])
  func grammar(count: Int) throws {
    let text =
      "\u{FEFF}data: a\r\ndata:b\r\n\r\n: comment\n\nevent: x\ndata\n\ndata:  two\rdata: é\r\r"
      + "event: lost\n\nretry: 5\nid\n\ndata: end"
    #expect(
      try Self.read(text, by: count) == [
        Self.event("a\nb"), Self.event("", name: "x"), Self.event(" two\né"), Self.event("end"),
      ])
  }

  @Test("an event beyond the limit ends the reading, whatever its lines are")
  func overflow() throws {
    var reader = EventStreamReader(eventByteCount: 100)
    _ = try reader.append(Array("data: 1234567890\n".utf8))
    #expect(throws: EventStreamReader.Overflow()) {
      for _ in 0..<20 { _ = try reader.append(Array("data: 1234567890\n".utf8)) }
    }
    var line = EventStreamReader(eventByteCount: 100)
    #expect(throws: EventStreamReader.Overflow()) {
      _ = try line.append([UInt8](repeating: 0x61, count: 101))
    }
  }
}

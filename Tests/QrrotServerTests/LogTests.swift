import Foundation
import Logging
import QrrotCore
import QrrotService
import QrrotStore
import QrrotTesting
import SystemPackage
import Testing

@testable import QrrotServer

@Suite("The log", .ownThread)
struct LogTests {
  private static let moment: Int64 = 1_000_000_000_000

  private func line(
    _ fields: Logger.Metadata, _ format: LogOptions.Format = .logfmt
  ) -> String {
    var bytes: [UInt8] = []
    LogLine.append(
      "client-closed", level: .info, fields: fields, milliseconds: Self.moment, as: format,
      to: &bytes)
    return bytes.text
  }

  @Test("an event is one line, its fields in the order of their names")
  func logfmt() {
    #expect(
      line(["reason": "quit", "address": "127.0.0.1:1", "client": .stringConvertible(UInt64(7))])
        == "time=2001-09-09T01:46:40.000Z level=info event=client-closed address=127.0.0.1:1 client=7 reason=quit\n"
    )
  }

  @Test("values that are not one plain word are in quotes, and nothing in them is the line's own")
  func escaping() throws {
    for value in [
      "", "two words", "a=b", "a\"b", "a\\b", "a\nlevel=error", "\u{1B}[31m", "\u{202E}x", "'",
      "\u{2028}",
    ] {
      let text = line(["reason": "\(value)"])
      #expect(text.hasSuffix("\"\n") && text.contains(" reason=\""), "\(text)")
      #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count == 2)
      #expect(
        !text.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{202E}" || $0 == "\u{2028}" })
      let json = line(["reason": "\(value)"], .json)
      let object = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
      #expect(object?["reason"] as? String == value)
      #expect(json.split(separator: "\n", omittingEmptySubsequences: false).count == 2)
    }
  }

  @Test("numbers and truths are such in JSON")
  func json() throws {
    let text = line(
      [
        "a": .stringConvertible(7), "b": .stringConvertible(true), "c": .stringConvertible(1.5),
        "d": "7", "e": .stringConvertible(Double.nan),
      ], .json)
    #expect(
      text
        == #"{"time":"2001-09-09T01:46:40.000Z","level":"info","event":"client-closed","a":7,"b":true,"c":1.5,"d":"7","e":"nan"}"#
        + "\n")
  }

  @Test("every event of the service says who and what, at its level")
  func events() throws {
    let (log, read) = try Self.log(.debug)
    for event in Self.events { log.note(event) }
    log.close()
    let lines = try read().split(separator: "\n")
    #expect(lines.count == Self.events.count)
    for (line, words) in zip(
      lines,
      [
        ["level=debug event=client-connected", "client=1", "address=10.0.0.1:5"],
        ["level=info event=client-closed", "client=1", "reason=idle"],
        ["level=debug event=client-closed", "client=1", "reason=quit"],
        ["level=warning event=client-refused", "address=10.0.0.1:5", "reason=max-clients"],
        ["level=warning event=login-failed", "client=1", "address=10.0.0.1:5"],
        ["level=info event=logged-in", "client=1"],
        ["level=notice event=protocol-fault", "client=1", #"reason="an \x1B HTTP request""#],
        ["level=notice event=admin-command", "client=1", "command=SAVE"],
        ["level=notice event=saved", "seconds=1.5"],
        ["level=error event=save-failed", "reason=full"],
        ["level=error event=sync-failed", "reason=broken"],
      ])
    {
      for word in words { #expect(line.contains(word), "\(line)") }
    }
  }

  private static let events: [ServiceEvent] = {
    let address = "10.0.0.1:5"
    return [
      .clientConnected(id: 1, address: address),
      .clientClosed(id: 1, address: address, reason: "idle", byServer: true),
      .clientClosed(id: 1, address: address, reason: "quit", byServer: false),
      .clientRefused(address: address, reason: "max-clients"),
      .loginFailed(id: 1, address: address), .loggedIn(id: 1, address: address),
      .protocolFault(id: 1, address: address, reason: "an \u{1B} HTTP request"),
      .adminCommand(id: 1, address: address, command: "SAVE"), .saved(seconds: 1.5),
      .saveFailed(reason: "full"), .syncFailed(reason: "broken"),
    ]
  }()

  @Test("below its level nothing is logged")
  func level() throws {
    let (log, read) = try Self.log(.warning)
    for event in Self.events { log.note(event) }
    log.log(.notice, "started")
    log.close()
    let lines = try read().split(separator: "\n")
    #expect(lines.count == 4)
    #expect(lines.allSatisfy { $0.contains("level=warning") || $0.contains("level=error") })
  }

  @Test("a storm of one kind of event is logged in part, and how much was left out is said")
  func throttle() throws {
    let clock = TestClock(Self.moment)
    let (log, read) = try Self.log(.debug, clock)
    for _ in 0..<1_000 { log.note(.loginFailed(id: 1, address: "a")) }
    log.note(.clientRefused(address: "b", reason: "max-clients"))
    clock.advance(milliseconds: 1_000)
    log.note(.loginFailed(id: 1, address: "a"))
    log.note(.loginFailed(id: 1, address: "a"))
    log.close()
    let lines = try read().split(separator: "\n")
    #expect(lines.count == EventThrottle.eventsPerSecond + 3)
    #expect(lines.contains { $0.contains("client-refused") })
    #expect(lines[lines.count - 2].contains(" unlogged=980"))
    #expect(!lines[lines.count - 1].contains("unlogged"))
  }

  @Test("who does not read the log keeps nobody waiting; what was left out is said")
  func blocked() async throws {
    let pipe = try FileDescriptor.pipe()
    let output = LogOutput(pipe.writeEnd) { Array("\($0) lines were left out\n".utf8) }
    let line = [UInt8](repeating: 0x78, count: 999) + [UInt8(ascii: "\n")]
    for _ in 0..<3_000 { output.append(line) }
    let reading = onThreadReading(pipe.readEnd)
    // There is room again when some has been read.
    var lines = 0
    let patience = Patience()
    while !reading.text.contains("lines were left out"), !patience.isOver {
      output.append(Array("more\n".utf8))
      lines += 1
      try await Task.sleep(for: .milliseconds(5))
    }
    output.close(milliseconds: 600_000)
    try pipe.writeEnd.close()
    await reading.waitForEnd()
    let text = reading.text
    let count = text.split(separator: "\n").compactMap { line in
      line.hasSuffix("left out") ? Int(line.prefix { $0.isNumber }) : nil
    }.reduce(0, +)
    let whole = text.split(separator: "\n").count { $0 == "more" || $0.count == 999 }
    #expect(count > 500 && whole + count == 3_000 + lines)
  }

  @Test("the end of the log does not wait for who never reads")
  func neverRead() throws {
    let pipe = try FileDescriptor.pipe()
    let output = LogOutput(pipe.writeEnd) { _ in [] }
    output.append([UInt8](repeating: 0x78, count: 500_000))
    output.close(milliseconds: 10)
    // Both ends stay open: the thread still writes there, and a pipe without a reader raises a signal.
  }

  /// A log into a file, and what reads it.
  private static func log(
    _ level: Logger.Level, _ clock: TestClock = TestClock(moment)
  ) throws -> (log: ServerLog, read: () throws -> String) {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent(
      "qrrot-log-\(UUID().uuidString)")
    var options = LogOptions()
    options.level = level
    let output = try LogOutput(file: file.path) { _ in [] }
    return (
      ServerLog(output, options, clock.wallClock),
      {
        defer { try? FileManager.default.removeItem(at: file) }
        return String(decoding: try Data(contentsOf: file), as: UTF8.self)
      }
    )
  }

  private func onThreadReading(_ descriptor: FileDescriptor) -> ReadPipe {
    let pipe = ReadPipe()
    BackgroundThread { pipe.readAll(descriptor) }?.detach()
    return pipe
  }
}

/// What a thread has read of a pipe.
private final class ReadPipe: Sendable {
  private let state = Guarded((bytes: [UInt8](), isOver: false))

  var text: String { state.value.bytes.text }

  func readAll(_ descriptor: FileDescriptor) {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while let count = try? buffer.withUnsafeMutableBytes({ try descriptor.read(into: $0) }),
      count > 0
    {
      state.change { $0.bytes += buffer.prefix(count) }
    }
    state.change { $0.isOver = true }
  }

  func waitForEnd() async {
    _ = await onThread { self.state.wait { $0.isOver ? true : nil } }
  }
}

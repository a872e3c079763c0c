import QrrotCore
import Testing

@testable import QrrotAgent

@Suite("Answers without an end")
struct AnswerLimitTests {
  /// Feeds `piece` until the reader has had enough, at most `count` times. Returns how often.
  static func feed(_ piece: String, _ count: Int, to reader: inout AnswerReader) -> (
    Int, WireFailure?
  ) {
    let bytes = Array(piece.utf8)
    var events: [ModelEvent] = []
    for index in 0..<count {
      events.removeAll(keepingCapacity: true)
      do throws(WireFailure) {
        try reader.append(bytes, to: &events)
      } catch {
        return (index, error)
      }
    }
    return (count, nil)
  }

  static func code(_ failure: WireFailure?) -> QrrotError.Code? {
    failure?.error(at: ProviderTranscriptTests.place(.openai)).code
  }

  @Test("a text of 100 MB is left after its first MiB")
  func text() {
    var reader = AnswerReader(.openai, status: 200, headers: [], secondsNow: 0)
    let text = String(repeating: "x", count: 10_000)
    let (count, failure) = Self.feed(
      #"data: {"choices":[{"delta":{"content":"\#(text)"}}]}"# + "\n\n", 10_000, to: &reader)
    #expect(count == 104)
    #expect(Self.code(failure) == .budget)
  }

  @Test("one event of 100 MB is left after its first 8 MiB")
  func event() {
    var reader = AnswerReader(.gemini, status: 200, headers: [], secondsNow: 0)
    let (count, failure) = Self.feed(
      "data: " + String(repeating: "x", count: 1 << 20), 100, to: &reader)
    #expect(count < 9)
    #expect(Self.code(failure) == .budget)
  }

  @Test("thoughts without an end are left at the limit of a whole stream")
  func thoughts() {
    var reader = AnswerReader(
      .anthropic, status: 200, headers: [], secondsNow: 0, streamLimit: 1 << 20)
    let (count, failure) = Self.feed(
      ": " + String(repeating: "x", count: 16 << 10) + "\n", 100, to: &reader)
    #expect(count == 63)
    #expect(AnswerReader.streamByteCount == 64 << 20)
    #expect(Self.code(failure) == .budget)
  }

  @Test("of the page that comes with an error no more than 64 KiB are read")
  func page() {
    var reader = AnswerReader(.openai, status: 500, headers: [], secondsNow: 0)
    let (count, failure) = Self.feed(String(repeating: "x", count: 1 << 10), 10_000, to: &reader)
    #expect(count < 66)
    #expect(Self.code(failure) == .provider)
  }
}

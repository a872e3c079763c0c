import QrrotCore
import Testing

@testable import QrrotAgent

@Suite("Retry policy")
struct RetryPolicyTests {
  static func failure(
    _ status: Int, _ body: String = "", _ headers: [WireRequest.Header] = [], now: Int64 = 0
  ) -> WireFailure {
    ServerErrorReading.failure(
      status: status, headers: headers, body: Array(body.utf8), secondsNow: now)
  }

  static func pause(_ failure: WireFailure, attempt: Int = 1, jitter: Double = 0) -> Double? {
    RetryPolicy.pauseSeconds(after: failure, attempt: attempt, by: .openai, jitter: jitter)
  }

  @Test("three more attempts, after 1, 2 and 4 seconds and up to a quarter more")
  func backoff() {
    let failure = Self.failure(503)
    #expect((1...4).map { Self.pause(failure, attempt: $0) } == [1, 2, 4, nil])
    #expect(Self.pause(failure, attempt: 3, jitter: 1) == 5)
  }

  @Test(
    "what may pass is tried again, what will not is not",
    arguments: [
      (408, true), (409, true), (429, true), (500, true), (502, true), (504, true), (529, true),
      (400, false), (401, false), (402, false), (403, false), (404, false), (413, false),
      (422, false), (302, false), (200, false),
    ])
  func statuses(status: Int, isRetried: Bool) {
    #expect((Self.pause(Self.failure(status)) != nil) == isRetried)
  }

  @Test("a conflict is OpenAI's to try again, a dropped connection everybody's")
  func differences() {
    let conflict = Self.failure(409)
    #expect(!conflict.isRetryable(by: .anthropic))
    #expect(!conflict.isRetryable(by: .gemini))
    for format in WireFormat.allCases {
      #expect(WireFailure.connection(.dropped).isRetryable(by: format))
      #expect(WireFailure.incomplete.isRetryable(by: format))
      #expect(!WireFailure.connection(.certificate("")).isRetryable(by: format))
      #expect(!WireFailure.connection(.refused).isRetryable(by: format))
      #expect(!WireFailure.connection(.silence(seconds: 60)).isRetryable(by: format))
      #expect(!WireFailure.empty.isRetryable(by: format))
    }
  }

  @Test("the server's hint counts, in each of its forms")
  func hints() {
    typealias Header = WireRequest.Header
    #expect(Self.pause(Self.failure(429, "", [Header("retry-after", "7")])) == 7)
    #expect(Self.pause(Self.failure(429, "", [Header("retry-after", "0.5")])) == 0.5)
    #expect(
      Self.pause(
        Self.failure(429, "", [Header("retry-after", "9"), Header("retry-after-ms", "1500")]))
        == 1.5)
    #expect(
      Self.pause(
        Self.failure(
          503, "", [Header("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")], now: 784_111_747))
        == 30)
    #expect(
      Self.pause(
        Self.failure(429, #"{"error":{"code":429,"details":[{"retryDelay":"57.238747106s"}]}}"#))
        == 57.238747106)
    for nonsense in ["-3", "nan", "inf", "soon", ""] {
      #expect(Self.pause(Self.failure(429, "", [Header("retry-after", nonsense)])) == 1)
    }
  }

  @Test("a hint above 60 s is not waited for: the error names it")
  func longHint() {
    let failure = Self.failure(429, "Slow down.", [WireRequest.Header("retry-after", "61")])
    #expect(Self.pause(failure) == nil)
    #expect(
      failure.error(at: ProviderTranscriptTests.place(.openai)).message
        == "OpenAI answered 429: Slow down; it asks for a pause of 61 s: try again after that")
    let huge = Self.failure(429, "", [WireRequest.Header("retry-after", "1e300")])
    #expect(huge.error(at: ProviderTranscriptTests.place(.openai)).message.contains("very many s"))
  }

  @Test("HTTP dates are read exactly, and written back as ISO 8601")
  func dates() {
    #expect(CalendarDate.seconds(ofHTTPDate: "Thu, 01 Jan 1970 00:00:00 GMT") == 0)
    #expect(CalendarDate.seconds(ofHTTPDate: "Tue, 29 Feb 2028 23:59:59 GMT") == 1_835_481_599)
    #expect(CalendarDate.text(ofSeconds: 1_835_481_599) == "2028-02-29T23:59:59Z")
    #expect(CalendarDate.text(ofSeconds: 951_782_400) == "2000-02-29T00:00:00Z")
    for text in [
      "", "Tue, 29 Feb 2028 24:00:00 GMT", "Tue, 99999999999999999999 Feb 2028 1:1:1 GMT",
    ] {
      #expect(CalendarDate.seconds(ofHTTPDate: text) == nil)
    }
  }
}

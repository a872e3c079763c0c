/// What is known of an answer so far, and how each format's events change it.
struct StreamedAnswer: Sendable {
  /// Why the model stopped.
  enum Stop: Sendable {
    case complete
    case failure(WireFailure)
  }

  /// Why the model stopped, once that is said.
  var stop: Stop?
  /// Whether an event was seen that ends the stream.
  var isEndSeen = false
  /// The tokens so far.
  var usage = ModelUsage()
  /// Whether there is anything in it but blanks.
  private(set) var isVisible = false
  private var textByteCount = 0
  /// What the model says to why it declines.
  var refusal = ""

  /// Counts a piece of text.
  mutating func count(_ text: String) throws(WireFailure) {
    textByteCount += text.utf8.count
    guard textByteCount <= AnswerReader.textByteCount else {
      throw .tooLarge(what: "an answer may have 1 MiB of text")
    }
    isVisible = isVisible || text.utf8.contains { $0 > 0x20 }
  }

  /// Notes a count of tokens, where there is one.
  mutating func note(input: Int?, output: Int?, to events: inout [ModelEvent]) {
    guard input != nil || output != nil else { return }
    usage.inputTokenCount = input ?? usage.inputTokenCount
    usage.outputTokenCount = output ?? usage.outputTokenCount
    events.append(.usage(usage))
  }

  /// The sum of those counts that are there; nil if none is.
  static func sum(_ counts: Int?...) -> Int? {
    let known = counts.compactMap { $0 }
    guard !known.isEmpty else { return nil }
    return known.reduce(0) { sum, count in
      let (total, overflow) = sum.addingReportingOverflow(count)
      return overflow ? .max : total
    }
  }
}

internal import QrrotCore
internal import QrrotParser

/// A command that a tag began, and that may go on over further lines.
struct OpenCommand {
  let claim: AgentStep.Tag
  private let marks: [TagLine.Mark]
  private var text: [UInt8]
  private var token: OpenTokenScanner?
  private var parsedCount = 0

  /// Begins with what stands on the tag's own line.
  init(claim: AgentStep.Tag, marks: [TagLine.Mark], text: [UInt8]) {
    self.claim = claim
    self.marks = marks
    self.text = text
    look()
  }

  /// Whether a quote or a JSON literal of it is open.
  var isOpen: Bool { token != nil }

  /// The command, without the marks around it.
  var command: String {
    String(decoding: TagLine.removing(marks, from: TagLine.trimmed(text)), as: UTF8.self)
  }

  /// Goes on by one line.
  mutating func append(line: [UInt8]) {
    let start = text.count + 1
    text.append(0x0A)
    text += line.last == 0x0D ? line.dropLast() : line[...]
    guard var open = token else { return }
    let end = text.count
    // The line's end, for the scanner alone: a token may be closed in front of it.
    text.append(0x0A)
    _ = open.take(text.span.extracting(start...))
    text.removeSubrange(end...)
    if open.isOver {
      look()
    } else {
      token = open
    }
  }

  /// Looks whether a token is open at the end of the text.
  private mutating func look() {
    token = nil
    // Each time one is closed and another one opened the text is parsed anew: not without end.
    guard parsedCount < Self.parsingLimit else { return }
    parsedCount += 1
    var parser = Parser()
    var command = Command()
    let input = TagLine.removing(marks, from: text) + [0x0A]
    guard let step = try? parser.parse(input.span, isFinal: false, into: &command),
      case .incomplete(let opening) = step.outcome, opening != .line
    else { return }
    var scanner = OpenTokenScanner(opening)
    _ = scanner.take(input.span.extracting(step.openOffset...))
    token = scanner
  }

  private static let parsingLimit = 64
}

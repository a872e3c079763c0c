internal import QrrotCore

/// Parts what a model says into text and tags, while it comes.
///
/// A tag stands alone on its line; one in the middle of a sentence is text. A command whose quote or
/// JSON literal is still open at the end of its line goes on over the next ones, up to an empty line,
/// a border of a code block or another tag. The borders of code blocks that only wrap tags are not
/// text. Text is given out as soon as it can't become a tag, so without waiting for the end of a line;
/// as a whole it neither begins nor ends with a line break, and has at most two empty lines in a row.
///
/// Whatever it gives out is only what was said. What a command is, and whether it may run, is for the
/// gate.
///
/// - Complexity: O(bytes) in all.
struct TagScanner {
  /// A part of what was said.
  enum Event: Equatable {
    /// Text for the person.
    case text(String)
    /// A command.
    case tag(ModelTag)
  }

  /// Whether the line at hand is text already.
  private enum Mode {
    case open, text, held
  }

  /// The border of a code block that is open.
  private enum Fence: Equatable {
    case none
    /// It is not known yet whether it wraps tags only; so many line breaks stand in front of it.
    case pending([UInt8], lineBreakCount: Int)
    /// It was not shown.
    case hidden
    /// It was shown.
    case shown
  }

  /// How many bytes were said so far.
  private(set) var byteCount = 0
  private var tagCount = 0
  /// What is held back of the line at hand.
  private var line: [UInt8] = []
  private var mode = Mode.open
  private var fence = Fence.none
  private var open: OpenCommand?
  private var hasText = false
  /// Line breaks that are given out once text follows them.
  private var lineBreakCount = 0
  private var holdsCarriageReturn = false
  private var output: [UInt8] = []
  private var events: [Event] = []

  /// Takes the next piece of what is said.
  ///
  /// - Throws: `budget` past ``byteLimit`` or ``tagLimit``; there is nothing more to be read then.
  mutating func append(_ piece: String) throws(QrrotError) -> [Event] {
    var piece = piece
    byteCount += piece.utf8.count
    guard byteCount <= Self.byteLimit else {
      throw QrrotError(
        .budget,
        "the model said more than \(ByteSize.text(Self.byteLimit)) in one reply; nothing of it was run"
      )
    }
    let bytes = piece.withUTF8 { Array($0) }
    var rest = bytes[...]
    while let lineFeed = rest.firstIndex(of: 0x0A) {
      try take(rest[..<lineFeed], endsLine: true)
      rest = rest[(lineFeed + 1)...]
    }
    if !rest.isEmpty { try take(rest, endsLine: false) }
    return takeEvents()
  }

  /// Takes the end of what is said.
  ///
  /// - Throws: as ``append(_:)``.
  mutating func finish() throws(QrrotError) -> [Event] {
    if !line.isEmpty || mode != .open { try take([], endsLine: true) }
    if let open { try give(open) }
    return takeEvents()
  }

  private mutating func takeEvents() -> [Event] {
    flush()
    defer { events = [] }
    return events
  }

  private mutating func flush() {
    guard !output.isEmpty else { return }
    events.append(.text(String(decoding: output, as: UTF8.self)))
    output = []
  }

  private mutating func take(_ part: ArraySlice<UInt8>, endsLine: Bool) throws(QrrotError) {
    if mode == .text {
      emit(part, endsLine: endsLine)
    } else {
      line += part
      if mode == .open, open == nil { judge(endsLine: endsLine) }
    }
    guard endsLine else { return }
    let whole = line
    let endedMode = mode
    line = []
    mode = .open
    if let command = open {
      try resume(command, with: whole)
    } else if endedMode == .text {
      lineBreakCount += 1
    } else {
      try end(whole)
    }
  }

  private mutating func judge(endsLine: Bool) {
    switch TagLine.judge(line, isWhole: false) {
    case .open: break
    case .text where isBlank(line):
      // A line may begin with as many blanks as it likes.
      line = []
    case .text:
      mode = .text
      let held = line
      line = []
      showFence()
      emit(held[...], endsLine: endsLine)
    case .fence, .tag: mode = .held
    }
  }

  private func isBlank(_ line: [UInt8]) -> Bool {
    line.allSatisfy { TagLine.isBlank($0) || $0 == 0x0D }
  }

  /// Takes a whole line that is not known to be text.
  private mutating func end(_ line: [UInt8]) throws(QrrotError) {
    if isBlank(line) {
      lineBreakCount += 1
      return
    }
    switch TagLine.judge(line, isWhole: true) {
    case .fence: endFence(line)
    case .tag(let claim, let offset, let marks):
      if case .pending = fence { fence = .hidden }
      let begun = OpenCommand(claim: claim, marks: marks, text: TagLine.trimmed(line[offset...]))
      if begun.isOpen { open = begun } else { try give(begun) }
    case .open, .text:
      showFence()
      emit(line[...], endsLine: true)
      lineBreakCount += 1
    }
  }

  /// Goes on with a command that is open, by one line.
  private mutating func resume(_ command: OpenCommand, with line: [UInt8]) throws(QrrotError) {
    let verdict = TagLine.judge(line, isWhole: true)
    let isBorder =
      switch verdict {
      case .tag, .fence: true
      case .open, .text: isBlank(line)
      }
    if isBorder {
      try give(command)
      return try end(line)
    }
    var command = command
    command.append(line: line)
    if command.isOpen { open = command } else { try give(command) }
  }

  private mutating func give(_ command: OpenCommand) throws(QrrotError) {
    open = nil
    tagCount += 1
    guard tagCount <= Self.tagLimit else {
      throw QrrotError(
        .budget,
        "the model gave more than \(Self.tagLimit) commands in one reply; none of them was run")
    }
    flush()
    events.append(.tag(ModelTag(claim: command.claim, command: command.command)))
  }

  private mutating func endFence(_ line: [UInt8]) {
    switch fence {
    case .none: fence = .pending(line, lineBreakCount: lineBreakCount)
    case .pending, .hidden: fence = .none
    case .shown:
      emit(line[...], endsLine: true)
      lineBreakCount += 1
      fence = .none
    }
  }

  /// Shows the border of a code block that turned out to hold text.
  private mutating func showFence() {
    guard case .pending(let border, let lineBreakCountBefore) = fence else { return }
    fence = .shown
    let lineBreakCountBehind = lineBreakCount - lineBreakCountBefore
    lineBreakCount = lineBreakCountBefore
    emit(border[...], endsLine: true)
    lineBreakCount = lineBreakCountBehind + 1
  }

  private mutating func emit(_ part: ArraySlice<UInt8>, endsLine: Bool) {
    var part = part
    if holdsCarriageReturn, !(part.isEmpty && endsLine) { output.append(0x0D) }
    holdsCarriageReturn = false
    if part.last == 0x0D {
      part = part.dropLast()
      holdsCarriageReturn = !endsLine
    }
    guard !part.isEmpty else { return }
    if hasText {
      output.append(
        contentsOf: repeatElement(0x0A, count: min(lineBreakCount, Self.lineBreakLimit)))
    }
    lineBreakCount = 0
    hasText = true
    output += part
  }

  /// The most bytes of one reply (1 MiB).
  static let byteLimit = 1 << 20
  /// The most commands of one reply.
  static let tagLimit = 100
  private static let lineBreakLimit = 3
}

internal import QrrotCore
internal import QrrotParser

/// Reads commands from a source, one after another, holding only what has not been parsed yet.
///
/// Memory grows with the longest command, never with the length of the file.
final class CommandStream {
  /// What the stream came to next.
  enum Event {
    /// A command, in the caller's hands.
    case command
    /// Text that is no command; reading goes on behind it.
    case failure(QrrotError)
    /// No whole command is there, and reading on would wait: a moment to flush.
    case wouldWait
    /// Nothing follows.
    case end
  }

  /// The line on which the last command or error stands, from 1.
  private(set) var line = 0
  /// How many bytes have been parsed.
  private(set) var doneByteCount = 0
  let source: any ByteSource
  /// Unchecked, like `buffer`: only this class touches them, one call at a time, a million times a
  /// second.
  @exclusivity(unchecked) private var parser = Parser()
  @exclusivity(unchecked) private var buffer: [UInt8] = []
  private var start = 0
  private var nextLine = 1
  private var isAtEnd = false
  /// What the command at `start` waits for, and the size up to which trying again is no use.
  private var awaited: Opening?
  private var retryByteCount = 0
  /// Whether a closing bracket has come since the literal at `start` was looked at.
  private var mayBeWhole = false
  /// Whether the file's first bytes may still become a byte order mark.
  private var isMarkOpen: Bool
  private let commandByteLimit: Int
  /// What is left of a command that is too long to be kept, while it is passed over.
  private var tail: OpeningTail?

  /// Makes a stream; `isFile` says whether a byte order mark at the start is passed.
  init(_ source: any ByteSource, isFile: Bool, commandByteLimit: Int = Limits.commandByteCount) {
    self.source = source
    self.commandByteLimit = commandByteLimit
    isMarkOpen = isFile
  }

  /// Finds the next command.
  ///
  /// - Throws: `io` if the source can't be read.
  func next(into command: inout Command) throws(QrrotError) -> Event {
    while true {
      if let tail {
        if let event = try pass(tail) { return event }
        continue
      }
      if let event = try parseBuffered(into: &command) { return event }
      if isAtEnd { return .end }
      if buffer.count - start > commandByteLimit {
        beginPassing()
        continue
      }
      guard source.isReady else {
        if mayBeWhole {
          retryByteCount = 0
          mayBeWhole = false
          continue
        }
        return .wouldWait
      }
      try fill()
      passByteOrderMark()
    }
  }

  /// Waits for more text, or for a signal.
  func wait() { source.waitUntilReady() }

  /// Parses what is there; nil if it is not enough.
  private func parseBuffered(into command: inout Command) throws(QrrotError) -> Event? {
    if isMarkOpen { return nil }
    while start < buffer.count, isAtEnd || buffer.count - start >= retryByteCount {
      do {
        let step = try parser.parse(
          buffer.span.extracting(start...), isFinal: isAtEnd, into: &command)
        line = nextLine
        advance(step.byteCount, lines: step.lineCount)
        switch step.outcome {
        case .command: return .command
        case .blank: continue
        case .incomplete(let opening):
          awaited = opening
          // Parsing again only after as much more has come keeps the work linear.
          retryByteCount = 2 * (buffer.count - start)
          return nil
        }
      } catch {
        line = nextLine + error.lineOffset
        advance(error.byteCount, lines: error.lineCount)
        return .failure(error.error)
      }
    }
    return nil
  }

  private func advance(_ byteCount: Int, lines: Int) {
    start += byteCount
    doneByteCount += byteCount
    nextLine += lines
    awaited = nil
    mayBeWhole = false
    retryByteCount = 0
  }

  private func fill() throws(QrrotError) {
    if start > 0 {
      buffer.removeSubrange(..<start)
      start = 0
    }
    let before = buffer.count
    let count = try source.read(
      max(Self.chunkByteCount, min(before, Self.largeChunkByteCount)), into: &buffer)
    if count == 0 {
      isAtEnd = true
      isMarkOpen = false
      retryByteCount = 0
    } else if let awaited, buffer[before...].contains(where: { Self.ends(awaited, $0) }) {
      // The command may be whole now. A literal has a closing bracket in almost every part, so it is
      // looked at again only once it has doubled, or once reading on would wait.
      if awaited == .literal { mayBeWhole = true } else { retryByteCount = 0 }
    }
  }

  /// Passes the byte order mark of a file, which may come in parts.
  private func passByteOrderMark() {
    guard isMarkOpen, buffer.count >= Self.byteOrderMark.count || !isMarkBegun else { return }
    isMarkOpen = false
    if isMarkBegun { advance(Self.byteOrderMark.count, lines: 0) }
  }

  /// Whether the file begins like a byte order mark, as far as it has been read.
  private var isMarkBegun: Bool {
    zip(buffer, Self.byteOrderMark).allSatisfy { $0 == $1 }
  }

  private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// Begins to pass a command that is longer than any may be, to the end of its last line, without
  /// keeping it.
  private func beginPassing() {
    line = nextLine
    tail = OpeningTail(awaited ?? .line, buffer[start...])
    doneByteCount += buffer.count - start
    buffer = []
    start = 0
    awaited = nil
    mayBeWhole = false
    retryByteCount = 0
  }

  /// Goes on passing; nil while there is more to pass and it can be read at once.
  private func pass(_ open: OpeningTail) throws(QrrotError) -> Event? {
    var open = open
    guard source.isReady else { return .wouldWait }
    buffer.removeAll(keepingCapacity: true)
    isAtEnd = try source.read(Self.chunkByteCount, into: &buffer) == 0
    start = open.pass(buffer[...])
    doneByteCount += start
    tail = open
    guard open.isOver || isAtEnd else { return nil }
    tail = nil
    nextLine += open.lineCount
    return .failure(
      QrrotError(
        .tooLarge,
        "a command may be \(commandByteLimit) bytes long; this one is longer and was passed over"))
  }

  private static func ends(_ opening: Opening, _ byte: UInt8) -> Bool {
    switch opening {
    case .line: byte == UInt8(ascii: "\n")
    case .doubleQuote: byte == UInt8(ascii: "\"")
    case .singleQuote: byte == UInt8(ascii: "'")
    case .literal: byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]")
    }
  }

  private static let chunkByteCount = 256 << 10
  private static let largeChunkByteCount = 64 << 20
}

/// Finds the end of a command that is not kept: what is open is closed first, then the line ends.
///
/// Inside a literal only its strings are followed; its brackets are not, so the line on which the
/// limit was passed ends it. That is enough to keep a quoted text from being run as commands.
struct OpeningTail {
  private(set) var isOver = false
  private(set) var lineCount = 0
  private var opening: Opening
  private var isEscaped = false

  /// Begins behind `head`, the part of the command that was kept so far, whose lines are counted.
  init(_ opening: Opening, _ head: ArraySlice<UInt8>) {
    self.opening = opening == .literal ? .line : opening
    lineCount = head.count { $0 == UInt8(ascii: "\n") }
    if opening == .doubleQuote {
      isEscaped = head.reversed().prefix { $0 == UInt8(ascii: "\\") }.count % 2 == 1
    }
  }

  /// - Returns: how many of `bytes` belong to the command.
  mutating func pass(_ bytes: ArraySlice<UInt8>) -> Int {
    var count = 0
    for byte in bytes {
      count += 1
      if byte == UInt8(ascii: "\n") {
        lineCount += 1
        if opening == .line {
          isOver = true
          break
        }
      }
      if isEscaped {
        isEscaped = false
      } else if opening == .doubleQuote, byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if (opening == .doubleQuote && byte == UInt8(ascii: "\""))
        || (opening == .singleQuote && byte == UInt8(ascii: "'"))
      {
        opening = .line
      }
    }
    return count
  }
}

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
    /// The command goes on and more of it has been read: a moment to look whether a signal has come,
    /// for there may be no end to it.
    case reading
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
  /// The token of the command at `start` that is open so far; parsing again is of no use until it is
  /// closed.
  private var openToken: OpenTokenScanner?
  /// Whether the file's first bytes may still become a byte order mark.
  private var isMarkOpen: Bool
  private let commandByteLimit: Int
  /// The open token of a command that is too long to be kept, while it is passed over.
  private var tooLongToken: OpenTokenScanner?

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
      if let tooLongToken {
        return try pass(tooLongToken)
      }
      if let event = try parseBuffered(into: &command) { return event }
      if isAtEnd { return .end }
      if buffer.count - start > commandByteLimit {
        beginPassing()
        continue
      }
      guard source.isReady else { return .wouldWait }
      try fill()
      passByteOrderMark()
      if openToken?.isOver == false { return .reading }
    }
  }

  /// Waits for more text, or for a signal.
  func wait() { source.waitUntilReady() }

  /// Parses what is there; nil if it is not enough.
  private func parseBuffered(into command: inout Command) throws(QrrotError) -> Event? {
    if isMarkOpen { return nil }
    while start < buffer.count, isAtEnd || openToken?.isOver != false {
      do {
        let step = try parser.parse(
          buffer.span.extracting(start...), isFinal: isAtEnd, into: &command)
        line = nextLine
        advance(step.byteCount, lines: step.lineCount)
        switch step.outcome {
        case .command: return .command
        case .blank: continue
        case .incomplete(let opening):
          var scanner = OpenTokenScanner(opening)
          _ = scanner.take(buffer.span.extracting((start + step.openOffset)...))
          openToken = scanner
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
    openToken = nil
  }

  private func fill() throws(QrrotError) {
    if start > 0 {
      buffer.removeSubrange(..<start)
      start = 0
    }
    let before = buffer.count
    let count = try source.read(Self.chunkByteCount, into: &buffer)
    if count == 0 {
      isAtEnd = true
      isMarkOpen = false
    } else if var token = openToken {
      _ = token.take(buffer.span.extracting(before...))
      openToken = token
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
    tooLongToken = openToken ?? OpenTokenScanner(.line)
    nextLine += Self.lineFeeds(in: buffer[start...])
    doneByteCount += buffer.count - start
    buffer = []
    start = 0
    openToken = nil
  }

  /// Goes on passing, by one part.
  private func pass(_ token: OpenTokenScanner) throws(QrrotError) -> Event {
    guard source.isReady else { return .wouldWait }
    var token = token
    buffer.removeAll(keepingCapacity: true)
    isAtEnd = try source.read(Self.chunkByteCount, into: &buffer) == 0
    start = token.take(buffer.span)
    doneByteCount += start
    nextLine += Self.lineFeeds(in: buffer[..<start])
    tooLongToken = token.isOver || isAtEnd ? nil : token
    guard tooLongToken == nil else { return .reading }
    return .failure(
      QrrotError(
        .tooLarge,
        "a command may be \(commandByteLimit) bytes long; this one is longer and was passed over"))
  }

  private static func lineFeeds(in bytes: ArraySlice<UInt8>) -> Int {
    bytes.count { $0 == UInt8(ascii: "\n") }
  }

  private static let chunkByteCount = 256 << 10
}

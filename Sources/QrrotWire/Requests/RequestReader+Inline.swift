extension RequestReader {
  /// Reads an inline command: words between blanks, in quotes if they hold blanks.
  mutating func nextInline(_ input: UnsafeMutableRawBufferPointer) throws(ProtocolError) -> Step {
    let bytes = UnsafeRawBufferPointer(input)
    guard let end = try findLineFeed(bytes, limit: limits.inlineByteCount, .inlineTooLong) else {
      return .more
    }
    let hasReturn = end > 0 && bytes[end - 1] == WireBytes.carriageReturn
    let lineEnd = hasReturn ? end - 1 : end
    // Redis looks for the end of the line no further than to a zero byte, and so never finds it.
    guard !bytes[..<lineEnd].contains(0) else { throw .inlineTooLong }
    // A first word that a browser was made to send may be one of Redis' as well.
    guard !ForeignProtocol.isHTTP(bytes[..<lineEnd]) else { throw .http }
    arguments.removeAll(keepingCapacity: true)
    var splitter = InlineSplitter(UnsafeMutableRawBufferPointer(rebasing: input[..<lineEnd]))
    while let argument = try splitter.next() {
      guard arguments.count < limits.argumentCount else {
        throw limits.isBeforeLogin ? .countBeforeLogin : .invalidCount
      }
      arguments.append(argument)
    }
    return finish(arguments.isEmpty ? .nothing : .command, end + 1)
  }
}

/// Splits an inline command into its arguments and takes out quotes and escapes in place: an argument
/// is never longer than what is written for it.
///
/// Source: the rules are those of `sdssplitargs` in Redis. In double quotes `\xHH`, `\n`, `\r`, `\t`,
/// `\b`, `\a`, and a backslash in front of any other byte is that byte; in single quotes `\'` alone.
/// A quote may open inside of a word, and closes it.
struct InlineSplitter {
  private let line: UnsafeMutableRawBufferPointer
  private var index = 0
  private var written = 0

  /// - Parameter line: The line without its end.
  init(_ line: UnsafeMutableRawBufferPointer) { self.line = line }

  /// The next argument; nil at the end.
  mutating func next() throws(ProtocolError) -> RequestReader.Argument? {
    while index < line.count, WireBytes.isSpace(line[index]) { index += 1 }
    guard index < line.count else { return nil }
    let start = index
    written = start
    while index < line.count {
      let byte = line[index]
      switch byte {
      case 0x20, 0x09, 0x0A, 0x0D: return RequestReader.Argument(start, written - start)
      case UInt8(ascii: "\""), UInt8(ascii: "'"):
        index += 1
        try readQuoted(byte)
        return RequestReader.Argument(start, written - start)
      default:
        write(byte)
        index += 1
      }
    }
    return RequestReader.Argument(start, written - start)
  }

  /// Reads up to the quote that closes, behind which only a blank or the end may stand.
  private mutating func readQuoted(_ quote: UInt8) throws(ProtocolError) {
    while index < line.count {
      let byte = line[index]
      if byte == quote {
        index += 1
        guard index == line.count || WireBytes.isSpace(line[index]) else {
          throw .unbalancedQuotes
        }
        return
      }
      if byte == UInt8(ascii: "\\"), index + 1 < line.count {
        if quote == UInt8(ascii: "\"") {
          readEscape()
          continue
        }
        if line[index + 1] == quote {
          write(quote)
          index += 2
          continue
        }
      }
      write(byte)
      index += 1
    }
    throw .unbalancedQuotes
  }

  /// Reads the backslash at `index` and what it says; a byte follows it.
  private mutating func readEscape() {
    let byte = line[index + 1]
    if byte == UInt8(ascii: "x"), index + 3 < line.count,
      let high = Self.hexDigit(line[index + 2]), let low = Self.hexDigit(line[index + 3])
    {
      write(high << 4 | low)
      index += 4
      return
    }
    switch byte {
    case UInt8(ascii: "n"): write(0x0A)
    case UInt8(ascii: "r"): write(0x0D)
    case UInt8(ascii: "t"): write(0x09)
    case UInt8(ascii: "b"): write(0x08)
    case UInt8(ascii: "a"): write(0x07)
    default: write(byte)
    }
    index += 2
  }

  private mutating func write(_ byte: UInt8) {
    line[written] = byte
    written += 1
  }

  private static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}

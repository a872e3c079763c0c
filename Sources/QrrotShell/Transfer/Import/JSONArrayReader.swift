internal import QrrotCore

/// Reads the elements of one JSON array, which may be far larger than memory.
final class JSONArrayReader: RecordReader {
  private enum State { case atStart, atElement(isFirst: Bool), behindElement, atEnd }

  private let buffer: BlockBuffer
  private(set) var line = 1
  private var state = State.atStart
  /// The line that reading has come to.
  private var nextLine = 1
  private var scanner = ElementScanner()

  init(_ buffer: BlockBuffer) { self.buffer = buffer }

  func next(into sink: RecordSink) throws(ImportFault) -> Bool {
    while true {
      let byte = try nextByte()
      line = nextLine
      switch state {
      case .atStart:
        guard byte == UInt8(ascii: "[") else {
          throw wrong("a JSON array, which begins with [", byte)
        }
        buffer.drop(1)
        state = .atElement(isFirst: true)
      case .atElement(let isFirst):
        if isFirst, byte == UInt8(ascii: "]") {
          buffer.drop(1)
          state = .atEnd
          continue
        }
        state = .behindElement
        try takeElement(sink)
        return true
      case .behindElement:
        guard byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]") else {
          throw wrong("a comma or ]", byte)
        }
        buffer.drop(1)
        state = byte == UInt8(ascii: ",") ? .atElement(isFirst: false) : .atEnd
      case .atEnd:
        guard byte == nil else { throw wrong("nothing behind the array", byte) }
        return false
      }
    }
  }

  private func takeElement(_ sink: RecordSink) throws(ImportFault) {
    scanner = ElementScanner()
    while !scanner.scan(buffer.bytes) {
      guard !buffer.isAtEnd else { break }
      try buffer.fill()
    }
    let text = UnsafeRawBufferPointer(rebasing: buffer.bytes[..<scanner.offset])
    defer {
      nextLine += text.count { $0 == UInt8(ascii: "\n") }
      buffer.drop(text.count)
    }
    do throws(ImportFault) {
      try sink.take(text)
    } catch {
      // Without the end of the element nobody knows where the next one begins.
      throw scanner.isDone ? error : .fatal(error.error)
    }
  }

  /// The next byte that is no blank, which stays; nil at the end.
  private func nextByte() throws(ImportFault) -> UInt8? {
    while true {
      let bytes = buffer.bytes
      var count = 0
      for byte in bytes {
        guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { break }
        if byte == 0x0A { nextLine += 1 }
        count += 1
      }
      buffer.drop(count)
      if count < bytes.count { return bytes[count] }
      if buffer.isAtEnd { return nil }
      try buffer.fill()
    }
  }

  private func wrong(_ expected: String, _ byte: UInt8?) -> ImportFault {
    let found = byte.map { Escaping.displayed([$0]) } ?? "the end of the file"
    return .fatal(QrrotError(.json, "expected \(expected), found \(found)"))
  }
}

/// Finds the end of an array's element: a comma or a bracket outside of all others and of strings.
struct ElementScanner {
  /// Up to here there is no end.
  private(set) var offset = 0
  /// Whether the end has been found.
  private(set) var isDone = false
  private var depth = 0
  private var isInString = false

  init() {}

  /// Goes on in `bytes`, which begin with the element.
  ///
  /// - Returns: whether the end is there, at `offset`.
  mutating func scan(_ bytes: UnsafeRawBufferPointer) -> Bool {
    while offset < bytes.count {
      let byte = bytes[offset]
      if isInString {
        if byte == UInt8(ascii: "\\") {
          // The byte behind it may not be there yet.
          guard offset + 1 < bytes.count else { return false }
          offset += 1
        } else if byte == UInt8(ascii: "\"") {
          isInString = false
        }
      } else {
        switch byte {
        case UInt8(ascii: "\""): isInString = true
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
          if depth == 0 {
            isDone = true
            return true
          }
          depth -= 1
        case UInt8(ascii: ",") where depth == 0:
          isDone = true
          return true
        default: break
        }
      }
      offset += 1
    }
    return false
  }
}

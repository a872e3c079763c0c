/// What tells that the other side speaks neither RESP nor our language.
///
/// A web page can make a browser send nearly any text to a port of the same machine; behind the
/// headers, which nobody can keep out, there may be lines that are commands. So one line that is
/// HTTP's ends the connection, inline commands included. In arrays of RESP nobody looks for it: the first
/// byte is the browser's, and no request of HTTP begins with `*`.
enum ForeignProtocol {
  /// The first byte of every TLS connection: a record of type handshake.
  static var tlsHandshake: UInt8 { 0x16 }

  /// Whether a line is one of an HTTP request: it ends in `HTTP/` digit `.` digit, or its first word
  /// is a method that no command is called like, or `Host:`. The words in any case, as Redis
  /// compares them; blanks around the line don't count.
  ///
  /// - Complexity: O(1), but for blanks around the line.
  static func isHTTP(_ line: UnsafeRawBufferPointer.SubSequence) -> Bool {
    var end = line.endIndex
    while end > line.startIndex, WireBytes.isSpace(line[end - 1]) { end -= 1 }
    var start = line.startIndex
    while start < end, WireBytes.isSpace(line[start]) { start += 1 }
    guard start < end, isSuspect(line[start..<end]) else { return false }
    return endsInVersion(line[start..<end]) || beginsWithMethod(line[start..<end])
  }

  /// Whether a line may be one of HTTP: it ends in a point and a digit, or begins with one of the letters
  /// C, D, H, O and P. Most lines do neither.
  @inline(__always)
  private static func isSuspect(_ line: UnsafeRawBufferPointer.SubSequence) -> Bool {
    let letter = (line[line.startIndex] | 0x20) &- UInt8(ascii: "a")
    let firsts: UInt32 = 1 << 2 | 1 << 3 | 1 << 7 | 1 << 14 | 1 << 15
    if letter < 26, firsts >> UInt32(letter) & 1 != 0 { return true }
    return line.count >= 8 && line[line.endIndex - 2] == UInt8(ascii: ".")
  }

  private static func endsInVersion(_ line: UnsafeRawBufferPointer.SubSequence) -> Bool {
    guard line.count >= 8 else { return false }
    let last = line.endIndex
    return isDigit(line[last - 1]) && line[last - 2] == UInt8(ascii: ".")
      && isDigit(line[last - 3]) && line[(last - 8)..<(last - 3)].elementsEqual("HTTP/".utf8)
  }

  private static func beginsWithMethod(_ line: UnsafeRawBufferPointer.SubSequence) -> Bool {
    // The longest word has seven letters: what is longer is none of them.
    var length = 0
    var word: UInt64 = 0
    for byte in line.prefix(8) {
      if WireBytes.isSpace(byte) { break }
      word = word << 8 | UInt64(isLetter(byte) ? byte & ~0x20 : byte)
      length += 1
    }
    return length < 8 && words.contains(word)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") <= 9 }
  private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- UInt8(ascii: "a") < 26 }

  /// The words, each as a number of its bytes.
  private static let words: [UInt64] = [
    "POST", "HEAD", "OPTIONS", "CONNECT", "DELETE", "PATCH", "PRI", "HOST:",
  ].map { (word: String) in word.utf8.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
}

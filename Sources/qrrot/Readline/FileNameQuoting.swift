internal import CReadline

#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// How file names are written in a command: in double quotes where they hold blanks, quotes or
/// backslashes.
///
/// The functions have the shape that readline wants: they return memory from malloc.
enum FileNameQuoting {
  private static let doubleQuote = CChar(UInt8(ascii: "\""))
  private static let singleQuote = CChar(UInt8(ascii: "'"))
  private static let backslash = CChar(UInt8(ascii: "\\"))

  /// `name` with its quotes; only a name that is complete gets a closing one, from readline.
  ///
  /// - Parameters:
  ///   - kind: whether it is the only match.
  ///   - quote: the quote that was opened before it, or NUL; set to the one that is used.
  static func quote(
    _ name: UnsafeMutablePointer<CChar>?, kind: Int32, quote: UnsafeMutablePointer<CChar>?
  ) -> UnsafeMutablePointer<CChar>? {
    guard let name, let copy = malloc(2 * strlen(name) + 2) else { return nil }
    let text = copy.assumingMemoryBound(to: CChar.self)
    var source = name
    var count = 0
    // Nothing is escaped inside single quotes; a name that holds one does not get far there.
    let isSingle = quote?.pointee == singleQuote
    let opening = isSingle ? singleQuote : doubleQuote
    text[count] = opening
    count += 1
    while source.pointee != 0 {
      if !isSingle, source.pointee == doubleQuote || source.pointee == backslash {
        text[count] = backslash
        count += 1
      }
      text[count] = source.pointee
      count += 1
      source += 1
    }
    text[count] = 0
    quote?.pointee = opening
    return text
  }

  /// The file name that `name`, typed after `quote`, stands for.
  static func unquote(
    _ name: UnsafeMutablePointer<CChar>?, quote: Int32
  ) -> UnsafeMutablePointer<CChar>? {
    guard let name, let copy = strdup(name) else { return nil }
    guard quote == Int32(doubleQuote) else { return copy }
    var source = name
    var count = 0
    while source.pointee != 0 {
      if source.pointee == backslash, source[1] != 0 { source += 1 }
      copy[count] = source.pointee
      count += 1
      source += 1
    }
    copy[count] = 0
    return copy
  }
}

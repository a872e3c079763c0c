import QrrotCore

/// Reads, in one pass, the lines that nearly all lines are: a name and at most two arguments, each a
/// key, a pattern, a plain path or a value, bare or in double quotes with common escapes at most.
///
/// It decides nothing. Whatever is unusual, wrong or not all there yet it leaves to ``Lexer`` and
/// ``ArgumentBinder`` by answering nil, and what it does read they would read just so; a test
/// compares the two. So errors have one place where they are made, and this has no need to tell
/// them apart.
///
/// Each eight bytes are loaded once, stored at once where they belong in the command, and then
/// tested for the token's end: what was stored too much is overwritten by what follows.
struct PlainLine {
  /// What a line gave.
  struct Reading {
    /// Its name.
    var name: CommandName
    /// How many bytes of the room its arguments take.
    var storedByteCount: Int
    /// How many bytes it has, its line feed included.
    var byteCount: Int
    /// How many line feeds: 1, or 0 at the end of the input.
    var lineCount: Int
  }

  private let input: UnsafePointer<UInt8>
  /// Where reading stops: the end of the input, or of what there is surely room for.
  let end: Int
  private let output: UnsafeMutablePointer<UInt8>

  /// Prepares to read the line that `input` begins with into `room`; nil if there is neither.
  @inline(__always)
  init?(_ input: UnsafeBufferPointer<UInt8>, room: UnsafeMutableBufferPointer<UInt8>) {
    guard let start = input.baseAddress, let output = room.baseAddress else { return nil }
    self.input = start
    self.output = output
    // No argument is longer than its token, and the name is not stored: so a store begins in front
    // of the place that reading has reached, and this is the only bound that it needs.
    end = min(input.count, room.count &- ByteWord.byteCount)
    guard end > 0 else { return nil }
  }

  /// Reads the line; nil if it is not plain, or too long for the room.
  ///
  /// - Parameter isWhole: whether `end` is the end of a line.
  /// - Complexity: O(bytes of the line).
  @inline(__always)
  func read(
    isWhole: @autoclosure () -> Bool, _ names: NameTable, into arguments: inout Command.Arguments
  ) -> Reading? {
    let word = word(at: 0)
    let marks = ByteWord.below(word, Self.leastPlain)
    guard let form = names.find(word & ByteWord.bytesBelow(marks))?.plainForm else { return nil }
    var gap = gap(behind: ByteWord.firstIndex(of: marks))
    var stored = 0
    var count: UInt8 = 0
    if gap.isToken {
      guard form.hasFirst, let token = token(gap, to: 0),
        token.byteCount > 0, token.byteCount <= Limits.keyByteCount
      else { return nil }
      arguments.append(
        Command.Argument(
          kind: form.firstIsPattern ? .pattern : .key, offset: 0, byteCount: token.byteCount,
          integer: 0))
      stored = token.byteCount
      count = 1
      gap = self.gap(behind: token.end)
      if gap.isToken {
        guard form.hasSecond,
          let (argument, tokenEnd) = form.secondIsValue
            ? value(gap, to: stored)
            : form.secondIsPath ? path(gap, to: stored) : secondKey(gap, to: stored)
        else { return nil }
        arguments.append(argument)
        stored &+= argument.byteCount
        count = 2
        gap = self.gap(behind: tokenEnd)
      }
    }
    guard gap.byte == Self.lineFeed, count >= form.minimumCount else { return nil }
    if gap.position < end {
      return Reading(
        name: form.name, storedByteCount: stored, byteCount: gap.position &+ 1, lineCount: 1)
    }
    guard isWhole() else { return nil }
    return Reading(name: form.name, storedByteCount: stored, byteCount: end, lineCount: 0)
  }

  /// What stands behind a token and the blanks that follow it.
  private struct Gap {
    /// Where the next token or the line feed stands, or the end.
    var position: Int
    /// The byte there; a line feed at the end; a single quote, which is never plain, if the token
    /// before is not followed by a blank.
    var byte: UInt8

    @inline(__always)
    var isToken: Bool { byte != PlainLine.lineFeed }
  }

  /// Passes the blanks behind a token that ends at `position`.
  @inline(__always)
  private func gap(behind position: Int) -> Gap {
    var position = position
    var byte = byte(at: position)
    guard Lexer.isBlank(byte) else {
      return Gap(position: position, byte: byte == Self.lineFeed ? byte : Self.singleQuote)
    }
    repeat {
      position &+= 1
      byte = self.byte(at: position)
    } while Lexer.isBlank(byte)
    return Gap(position: position, byte: byte)
  }

  /// The byte at `position`; a line feed if that is the end.
  @inline(__always)
  private func byte(at position: Int) -> UInt8 {
    position < end ? input[position] : Self.lineFeed
  }

  /// Stores the token behind a gap without what quotes it.
  @inline(__always)
  private func token(_ gap: Gap, to offset: Int) -> (end: Int, byteCount: Int)? {
    switch gap.byte {
    case Self.singleQuote: return nil
    case Self.doubleQuote: return quoted(at: gap.position, to: offset)
    default:
      let byteCount = bare(at: gap.position, to: offset)
      return (gap.position &+ byteCount, byteCount)
    }
  }

  /// A key as second argument, where `$` may begin a path.
  private func secondKey(_ gap: Gap, to offset: Int) -> (Command.Argument, end: Int)? {
    guard let token = token(gap, to: offset), token.byteCount > 0,
      token.byteCount <= Limits.keyByteCount, output[offset] != UInt8(ascii: "$")
    else { return nil }
    return (
      Command.Argument(kind: .key, offset: offset, byteCount: token.byteCount, integer: 0),
      token.end
    )
  }

  /// A path of plain names and indices; others are for who compiles them.
  private func path(_ gap: Gap, to offset: Int) -> (Command.Argument, end: Int)? {
    guard gap.byte == UInt8(ascii: "$") else { return nil }
    let byteCount = bare(at: gap.position, to: offset)
    let text = UnsafeRawBufferPointer(start: output + offset, count: byteCount)
    guard JSONPath.isPlain(text) else { return nil }
    return (
      Command.Argument(kind: .path, offset: offset, byteCount: byteCount, integer: 0),
      gap.position &+ byteCount
    )
  }

  @inline(__always)
  private func value(_ gap: Gap, to offset: Int) -> (Command.Argument, end: Int)? {
    guard let token = token(gap, to: offset) else { return nil }
    switch gap.byte {
    case Self.doubleQuote: break
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      let text = UnsafeBufferPointer(start: input + gap.position, count: token.byteCount)
      switch IntegerText(text) {
      case .overflow: return nil
      case .other: break
      case .integer(let integer):
        return (
          Command.Argument(kind: .value(.int), offset: offset, byteCount: 0, integer: integer),
          token.end
        )
      }
    // A literal, a path, and what may be the word `as`.
    case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "$"): return nil
    case UInt8(ascii: "a") where token.byteCount == 2: return nil
    // Such as a carriage return.
    default: if token.byteCount == 0 { return nil }
    }
    return (
      Command.Argument(
        kind: .value(.string), offset: offset, byteCount: token.byteCount, integer: 0),
      token.end
    )
  }

  /// Stores the bytes from `start` up to a blank, a quote, or a control character that could end
  /// the line.
  ///
  /// - Returns: how many there are.
  @inline(__always)
  private func bare(at start: Int, to offset: Int) -> Int {
    var position = start
    let shift = offset &- start
    while position < end {
      let word = word(at: position)
      store(word, at: position &+ shift)
      // Everything that ends a word is below this, with little else; zeros behind the end are too.
      let marks = ByteWord.below(word, Self.leastPlain)
      // A branch, not the index: so the next load need not wait for this one.
      guard marks != 0 else {
        position &+= ByteWord.byteCount
        continue
      }
      position &+= ByteWord.firstIndex(of: marks)
      switch byte(at: position) {
      // These are no end, and stored already.
      case UInt8(ascii: "!"), UInt8(ascii: "#")...UInt8(ascii: "&"): position &+= 1
      default: return position &- start
      }
    }
    return position &- start
  }

  /// Stores the content of the double-quoted token that begins at `start`; nil if it is not plain,
  /// or not closed.
  private func quoted(at start: Int, to offset: Int) -> (end: Int, byteCount: Int)? {
    var position = start &+ 1
    var stored = offset
    while position < end {
      let word = word(at: position)
      store(word, at: stored)
      let marks =
        ByteWord.equal(word, UInt8(ascii: "\"")) | ByteWord.equal(word, UInt8(ascii: "\\"))
        | ByteWord.equal(word, UInt8(ascii: "\n"))
      guard marks != 0 else {
        position &+= ByteWord.byteCount
        stored &+= ByteWord.byteCount
        continue
      }
      let count = ByteWord.firstIndex(of: marks)
      position &+= count
      stored &+= count
      switch input[position] {
      case UInt8(ascii: "\""): return (position &+ 1, stored &- offset)
      case UInt8(ascii: "\\"):
        guard position &+ 1 < end, let byte = Unescaper.plainEscape(input[position &+ 1]) else {
          return nil
        }
        output[stored] = byte
        position &+= 2
        stored &+= 1
      default: return nil
      }
    }
    return nil
  }

  /// The eight bytes at `position`, with zeros for those beyond the end.
  @inline(__always)
  private func word(at position: Int) -> UInt64 {
    let rest = end &- position
    return rest >= ByteWord.byteCount
      ? ByteWord.load(input + position) : ByteWord.load(input + position, count: rest)
  }

  @inline(__always)
  private func store(_ word: UInt64, at offset: Int) {
    UnsafeMutableRawPointer(output + offset).storeBytes(of: word.littleEndian, as: UInt64.self)
  }

  /// The least byte that is surely part of a bare token: one more than the single quote.
  private static var lineFeed: UInt8 { UInt8(ascii: "\n") }
  private static var singleQuote: UInt8 { UInt8(ascii: "'") }
  private static var doubleQuote: UInt8 { UInt8(ascii: "\"") }
  @inline(__always)
  private static var leastPlain: UInt8 { UInt8(ascii: "'") + 1 }
}

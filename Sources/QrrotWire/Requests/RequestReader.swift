/// Reads the requests of one connection out of the bytes that have come, where they lie.
///
/// The first line of a connection decides what is spoken on it, for good (``Kind``); its first byte is
/// enough unless it begins a word. On a connection that speaks RESP a request is an array of bulk strings,
/// or an inline command, as in Redis.
///
/// The reader keeps no bytes. Its caller hands over all bytes that are not done with, from the first
/// one on, and drops as many as each step says:
///
///     while true {
///       let step = try reader.next(bytes[done...])
///       if step.outcome == .more { break }        // until more bytes have come
///       done += step.byteCount                    // .command, .line or .nothing
///     }
///
/// Bytes may lie elsewhere at the next call, but must be the same. The reader remembers how far it
/// has looked, so that bytes which come one by one cost no more than all at once.
///
/// It keeps eight bytes for each argument that has come, which has six bytes or more itself; what is
/// declared and has not come costs nothing. Once warm, it allocates nothing for a command.
public struct RequestReader: Sendable {
  /// What is spoken on a connection.
  public enum Kind: Sendable {
    /// RESP and inline commands.
    case resp
    /// Lines of the command language.
    case lines
  }

  /// Where an argument lies in the bytes that were handed over.
  public struct Argument: Equatable, Sendable {
    let start: UInt32
    let length: UInt32

    init(_ start: Int, _ length: Int) {
      // Both are within a request, which has at most 4 GiB.
      self.start = UInt32(truncatingIfNeeded: start)
      self.length = UInt32(truncatingIfNeeded: length)
    }

    /// The offset of its first byte.
    public var offset: Int { Int(start) }
    /// How many bytes it has.
    public var byteCount: Int { Int(length) }
    /// Its place in the bytes.
    public var range: Range<Int> { offset..<(offset + byteCount) }
  }

  /// What one call found.
  public enum Outcome: Equatable, Sendable {
    /// The request is not complete: call again when there are more bytes.
    case more
    /// Something that asks for nothing and has no reply: `*0`, `*-1`, a blank inline command.
    case nothing
    /// A command with at least one argument, in ``RequestReader/arguments``.
    case command
    /// A plain line, without its end; it may be empty.
    case line(Range<Int>)
  }

  /// What one call found, and how many bytes are done with.
  public struct Step: Equatable, Sendable {
    /// What was found.
    public var outcome: Outcome
    /// How many bytes to drop: 0 if more are needed.
    public var byteCount: Int

    static let more = Step(outcome: .more, byteCount: 0)
  }

  /// What a request may be; another value holds for what has not been looked at yet.
  public var limits: RequestLimits
  /// What is spoken here; nil as long as that is open.
  public private(set) var kind: Kind?
  /// The arguments of the command that the last call found, its name first; good until the next call.
  public internal(set) var arguments: [Argument] = []

  /// Hands the arguments out, for as long as they are needed while this is changed; ``giveBack(_:)`` keeps
  /// their memory for the next command.
  public mutating func takeArguments() -> [Argument] {
    defer { arguments = [] }
    return arguments
  }

  /// Takes back what ``takeArguments()`` has handed out.
  public mutating func giveBack(_ arguments: consuming [Argument]) { self.arguments = arguments }

  /// How many bytes of the request have been understood.
  var position = 0
  /// How far the end of a line has been looked for; 0 where that has not begun.
  var scannedCount = 0
  /// How many arguments of the array are still to come; 0 outside of an array.
  var missingCount = 0
  /// The length of the argument that is being read; negative until it is known.
  var argumentByteCount = -1
  private var failure: ProtocolError?

  /// Whether a first line that begins with this word is an inline command.
  private let isInlineWord: (@Sendable (UnsafeRawBufferPointer) -> Bool)?

  /// Makes a reader for a new connection.
  ///
  /// - Parameter isInlineWord: whether a connection whose first line begins with this word speaks RESP;
  ///   without it every first line is one of the command language.
  public init(
    limits: RequestLimits = .standard,
    isInlineWord: (@Sendable (UnsafeRawBufferPointer) -> Bool)? = nil
  ) {
    self.limits = limits
    self.isInlineWord = isInlineWord
  }

  /// Looks for the next request at the beginning of `input`.
  ///
  /// - Parameter input: All bytes that have come and are not done with. The quotes of an inline
  ///   command are taken out in place, in the bytes that the step says are done with.
  /// - Throws: A ``ProtocolError``, and the same one at each further call.
  /// - Complexity: O(n) for all calls of a request of n bytes together.
  public mutating func next(
    _ input: UnsafeMutableRawBufferPointer
  ) throws(ProtocolError) -> Step {
    if let failure { throw failure }
    if position == 0, arguments.capacity > Self.keptArgumentCount { arguments = [] }
    guard let first = input.first else { return .more }
    do throws(ProtocolError) {
      let spoken: Kind
      if let kind {
        spoken = kind
      } else if let found = try findKind(first, UnsafeRawBufferPointer(input)) {
        spoken = found
        kind = found
      } else {
        return try skipBlankLine(UnsafeRawBufferPointer(input))
      }
      guard spoken == .resp else { return try nextLine(UnsafeRawBufferPointer(input)) }
      return first == UInt8(ascii: "*")
        ? try nextArray(UnsafeRawBufferPointer(input)) : try nextInline(input)
    } catch {
      failure = error
      arguments = []
      throw error
    }
  }

  /// Whether nothing of the next request has been looked at, and nothing of the last one is to be given back.
  @inline(__always)
  var isAtBeginning: Bool {
    position == 0 && scannedCount == 0 && failure == nil
      && arguments.capacity <= Self.keptArgumentCount
  }

  /// Room for more arguments than this is given back after the command.
  private static let keptArgumentCount = 1_024

  /// What a connection speaks whose first bytes these are; nil as long as it is open: a blank line says
  /// nothing, and the first word of a line is needed whole.
  ///
  /// A control, but for those of a blank line, and `$` begin no line of the language: they are read
  /// as Redis would, which has an error for what follows.
  private func findKind(
    _ first: UInt8, _ input: UnsafeRawBufferPointer
  ) throws(ProtocolError) -> Kind? {
    switch first {
    case ForeignProtocol.tlsHandshake: throw .tls
    case UInt8(ascii: "*"), UInt8(ascii: "$"): return .resp
    case WireBytes.lineFeed, WireBytes.carriageReturn: return nil
    case 0x09: return .lines
    case 0..<0x20, 0x7F: return .resp
    default: break
    }
    guard let isInlineWord else { return .lines }
    let word = input.prefix(Self.firstWordByteCount).prefix { !WireBytes.isSpace($0) }
    // What is longer than every name is none.
    if word.count == input.count, word.count < Self.firstWordByteCount { return nil }
    return isInlineWord(UnsafeRawBufferPointer(rebasing: word)) ? .resp : .lines
  }

  private static var firstWordByteCount: Int { 32 }

  /// Passes a blank line in front of the first request.
  private func skipBlankLine(_ input: UnsafeRawBufferPointer) throws(ProtocolError) -> Step {
    if input[0] == WireBytes.lineFeed { return Step(outcome: .nothing, byteCount: 1) }
    guard input[0] == WireBytes.carriageReturn, input.count > 1 else { return .more }
    return Step(outcome: .nothing, byteCount: input[1] == WireBytes.lineFeed ? 2 : 1)
  }

  /// Ends a request that takes the first `byteCount` bytes.
  mutating func finish(_ outcome: Outcome, _ byteCount: Int) -> Step {
    position = 0
    scannedCount = 0
    return Step(outcome: outcome, byteCount: byteCount)
  }

  /// Looks for the line feed that ends the line at the front of `input`.
  ///
  /// - Returns: Its offset; nil if it has not come.
  mutating func findLineFeed(
    _ input: UnsafeRawBufferPointer, limit: Int, _ error: ProtocolError
  ) throws(ProtocolError) -> Int? {
    // A carriage return in front of it is not of the line's bytes.
    let end = min(input.count, limit + 2)
    let index = WireBytes.firstLineFeed(in: input, from: scannedCount, to: end)
    if index < end {
      let hasReturn = index > 0 && input[index - 1] == WireBytes.carriageReturn
      guard index - (hasReturn ? 1 : 0) <= limit else { throw error }
      return index
    }
    scannedCount = index
    // With one byte over the limit it can still be the carriage return.
    let isOver = input.count > limit && input[limit] != WireBytes.carriageReturn
    guard !isOver, input.count < limit + 2 else { throw error }
    return nil
  }

  private mutating func nextLine(_ input: UnsafeRawBufferPointer) throws(ProtocolError) -> Step {
    let limit = limits.lineByteCount
    guard let end = try findLineFeed(input, limit: limit, .lineTooLong(limit: limit)) else {
      return .more
    }
    let hasReturn = end > 0 && input[end - 1] == WireBytes.carriageReturn
    let line = 0..<(hasReturn ? end - 1 : end)
    guard !ForeignProtocol.isHTTP(input[line]) else { throw .http }
    return finish(.line(line), end + 1)
  }
}

/// Why a command failed: a stable code and a sentence that says what is wrong, where, and what to do.
///
/// A command that throws one has changed nothing, unless the code is ``Code/unknownOutcome``.
public struct QrrotError: Error, Equatable, Sendable {
  /// The stable part of an error: scripts and clients branch on it.
  public enum Code: String, CaseIterable, Sendable {
    /// The text is not a command of the language.
    case syntax
    /// No command has this name.
    case unknownCommand = "unknown-command"
    /// Too few or too many arguments.
    case arity
    /// A value or an argument has another type than the command needs.
    case type
    /// A number outside its bounds.
    case range
    /// A text that is not JSON.
    case json
    /// A path that does not parse, or leads nowhere.
    case path
    /// A filter that does not parse.
    case filter
    /// Somebody else changed what a transaction or an undo relies on.
    case conflict
    /// A write where writes are not allowed.
    case readOnly = "read-only"
    /// Beyond a limit of size or memory.
    case tooLarge = "too-large"
    /// The database is held by another process.
    case busy
    /// The operating system refused to read or write.
    case io
    /// Stored data is damaged.
    case corrupt
    /// Understood, and not allowed here.
    case refused
    /// Wrong or missing password.
    case auth
    /// No complete answer came over the network.
    case network
    /// A model's provider answered with an error.
    case provider
    /// A limit of steps, tokens or time was reached.
    case budget
    /// Stopped by Ctrl-C.
    case interrupted
    /// It may or may not have happened.
    case unknownOutcome = "unknown-outcome"
  }

  /// What a caller can act on beyond the code.
  public enum Detail: Equatable, Sendable {
    /// The write would replace or remove this many bytes, more than `undo` keeps; it was not done.
    /// It goes through when the session's ``Session/allowsWritesBeyondUndo`` is set.
    case exceedsUndo(byteCount: Int)
    /// The file that was to be written is there. It is replaced when that is asked for.
    case fileExists
    /// The data that is there would be replaced; it was not done. It is when that is asked for.
    case replacesData(keyCount: Int, newKeyCount: Int)
  }

  /// The stable code.
  public var code: Code
  /// What is wrong and what to do, in one or two sentences, without a line break of its own.
  public var message: String
  /// Where in the command's text, in bytes from its start, where that is known.
  public var range: Range<Int>?
  /// More for programs, where there is more.
  public var detail: Detail?

  /// Makes an error; `message` may hold bytes from outside: they are escaped when shown.
  public init(_ code: Code, _ message: String, at range: Range<Int>? = nil, detail: Detail? = nil) {
    self.code = code
    self.message = message
    self.range = range
    self.detail = detail
  }
}

extension QrrotError: CustomStringConvertible {
  /// The text form: `error[type]: user:1 holds json; incr needs int`, safe to show on a terminal.
  public var description: String {
    "error[\(code.rawValue)]: \(Escaping.displayed(message))"
  }
}

extension QrrotError {
  /// Bytes from outside as an error message names them: a literal, cut when long.
  ///
  /// - Complexity: O(1), whatever the length of `bytes`.
  public static func excerpt(_ bytes: some Collection<UInt8>) -> String {
    var head = Array(bytes.prefix(excerptByteCount))
    let isCut = bytes.count > head.count
    if isCut, bytes[bytes.index(bytes.startIndex, offsetBy: head.count)] & 0xC0 == 0x80 {
      // The cut would fall inside a character: it goes whole, at most three bytes of it.
      let tail = head.suffix(3).lastIndex { $0 & 0xC0 != 0x80 }
      if let tail, head[tail] >= 0xC0 { head.removeSubrange(tail...) }
    }
    var text: [UInt8] = []
    Escaping.appendKey(head.span, to: &text)
    return String(decoding: text, as: UTF8.self) + (isCut ? "… (\(bytes.count) bytes)" : "")
  }

  private static let excerptByteCount = 80
}

/// Reads how a command is written into its arguments.
///
/// The notation is that of Redis' help, with names for what help leaves unnamed:
///
///     key value [condition(NX|XX)] [GET] [expiration(EX seconds|KEEPTTL)]
///
/// - `name` is an argument, `name=integer` one whose kind is not the usual one of its name;
/// - `NX`, in capital letters, is a word to be given as it stands, and `EX seconds` one in front of an argument;
/// - `name(a|b)` is one of several, `name(a b)` several together;
/// - `[…]` may be left out, and what `...` follows may be repeated.
struct RedisSyntaxReader {
  /// The text is not in the notation.
  struct Malformed: Error, Equatable {
    /// What is left from where it goes wrong.
    let rest: String
  }

  private var rest: Substring
  private let keySpecCount: Int
  private var keyCount = 0

  /// Reads a text.
  ///
  /// - Parameter keySpecCount: how many groups of keys the command has; further keys are of the last one.
  static func read(
    _ text: String, keySpecCount: Int
  ) throws(Malformed) -> [RedisArgument] {
    guard !text.isEmpty else { return [] }
    var reader = RedisSyntaxReader(rest: text[...], keySpecCount: keySpecCount)
    let (arguments, isChoice) = try reader.readList()
    guard reader.rest.isEmpty, !isChoice else { throw reader.malformed }
    return arguments
  }

  private var malformed: Malformed { Malformed(rest: String(rest)) }

  /// Takes `text` if it comes next.
  private mutating func take(_ text: String) -> Bool {
    guard rest.hasPrefix(text) else { return false }
    rest.removeFirst(text.count)
    return true
  }

  /// Arguments with blanks between them, or alternatives with bars.
  private mutating func readList() throws(Malformed) -> (parts: [RedisArgument], isChoice: Bool) {
    var parts = [try readArgument()]
    let isChoice = rest.first == "|"
    while take(isChoice ? "|" : " ") { parts.append(try readArgument()) }
    return (parts, isChoice)
  }

  private mutating func readArgument() throws(Malformed) -> RedisArgument {
    let isOptional = take("[")
    var argument = try readTerm()
    argument.isMultiple = take("...")
    argument.isOptional = isOptional
    guard !isOptional || take("]") else { throw malformed }
    return argument
  }

  private mutating func readTerm() throws(Malformed) -> RedisArgument {
    let word = try readWord()
    guard word == word.uppercased() else { return try readNamed(word) }
    guard rest.first == " ", rest.dropFirst().first?.isLowercase == true else {
      return RedisArgument(word.lowercased(), .pureToken, token: word)
    }
    rest.removeFirst()
    var argument = try readNamed(try readWord())
    argument.token = word
    return argument
  }

  private mutating func readWord() throws(Malformed) -> String {
    let word = rest.prefix { !" |()[]=.".contains($0) }
    guard !word.isEmpty else { throw malformed }
    rest = rest[word.endIndex...]
    return String(word)
  }

  /// What follows a name.
  private mutating func readNamed(_ name: String) throws(Malformed) -> RedisArgument {
    var argument = RedisArgument(name, RedisArgument.usualKind(of: name))
    if take("(") {
      let (parts, isChoice) = try readList()
      guard take(")") else { throw malformed }
      argument.kind = isChoice ? .oneof : .block
      argument.parts = parts
    } else if take("=") {
      guard let kind = RedisArgument.Kind(rawValue: try readWord()) else { throw malformed }
      argument.kind = kind
    }
    if argument.kind == .key {
      argument.keySpecIndex = min(keyCount, max(keySpecCount - 1, 0))
      keyCount += 1
    }
    return argument
  }
}

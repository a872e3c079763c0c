internal import QrrotCore

/// What could stand at the end of a line that is still being typed.
public struct CompletionContext: Equatable, Sendable {
  /// The kind of token.
  public enum Expected: Equatable, Sendable {
    /// One of these words.
    case words([String])
    /// A key of the database.
    case key
    /// A key of the database, or one of these words.
    case keyOrWords([String])
    /// A member of the values at a path inside the value of this key.
    case memberOfKey([UInt8], PathContext)
    /// A member of the values at a path, of the keys that match this pattern, or of all.
    case memberOfAny(pattern: [UInt8]?, PathContext)
    /// The name of a file.
    case file
    /// Nothing that could be listed.
    case nothing
  }

  /// What may stand there.
  public internal(set) var expected: Expected = .nothing
  /// Where the token at the end begins, its opening quote included.
  public private(set) var tokenOffset: Int
  /// The quote that the token begins with, if it has one.
  public private(set) var quote: UInt8?
  /// What the token stands for so far, unescaped.
  public private(set) var content: [UInt8] = []

  /// Looks at `text`, a command so far, up to the cursor.
  ///
  /// - Complexity: O(length).
  public init(_ text: some Sequence<UInt8>) {
    let line = Array(text)
    tokenOffset = line.count
    line.withUnsafeBufferPointer { read($0) }
  }

  private mutating func read(_ input: UnsafeBufferPointer<UInt8>) {
    var lexer = Lexer(input, from: 0)
    var tokenCount = 0
    var name: CommandName?
    var options = OptionWords()
    var key: [UInt8] = []
    while true {
      lexer.skipBlanks()
      if lexer.position >= input.count { break }
      let start = lexer.position
      if tokenCount == 2, let name, name.spec.pathForm != .never, input[start] == UInt8(ascii: "$"),
        let path = PathContext(input, from: start, isFilter: false)
      {
        setToken(path)
        expected = .memberOfKey(key, path)
        return
      }
      guard
        let token = try? lexer.token(
          allowsLiteral: name == .put && tokenCount >= 2,
          allowsPath: tokenCount == 2 && name.map { $0.spec.pathForm != .never } ?? false)
      else {
        // A quote or a literal is open, or the token is wrong: it is the one being typed.
        guard input[start] == UInt8(ascii: "\"") || input[start] == UInt8(ascii: "'") else {
          return
        }
        setToken(input, start, (start + 1)..<input.count)
        break
      }
      if lexer.position >= input.count {
        setToken(input, start, token.range)
        break
      }
      // The line goes on behind a line feed only inside a quote or a literal.
      guard Lexer.isBlank(input[lexer.position]) else { return }
      if tokenCount == 0 {
        name = NameTable.shared.find(UnsafeBufferPointer(rebasing: input[token.range]))?.name
        if let name, !name.spec.clauses.isEmpty {
          return readQuery(input, from: lexer.position, name.spec)
        }
        if let name, name.spec.takesText {
          return readText(input, from: lexer.position, name.spec)
        }
        options = OptionWords(name)
      } else if options.take(token, of: input) {
        continue
      }
      if tokenCount == 1 { key = Self.content(of: token, input) }
      tokenCount += 1
    }
    if tokenCount == 0 {
      expected = quote == nil ? .words(CommandName.allCases.map(\.text)) : .nothing
    } else if let words = options.words(for: content, isQuoted: quote != nil) {
      expected = .words(words)
    } else if !options.isValueOpen, let name {
      expect(name.spec.parameter(at: tokenCount - 1))
    }
  }

  mutating func setToken(
    _ input: UnsafeBufferPointer<UInt8>, _ start: Int, _ range: Range<Int>
  ) {
    tokenOffset = start
    let first = input[start]
    if first == UInt8(ascii: "\"") || first == UInt8(ascii: "'") { quote = first }
    guard quote == UInt8(ascii: "\"") else {
      content = Array(input[range])
      return
    }
    do throws(QrrotError) {
      try Unescaper.append(range, of: input, to: &content)
    } catch {
      content = Array(input[range])
    }
  }

  mutating func setToken(_ path: PathContext) {
    tokenOffset = path.segmentOffset
    content = path.name
  }

  /// What a whole token stands for.
  static func content(of token: Token, _ input: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    var content: [UInt8] = []
    guard token.hasEscape else { return Array(input[token.range]) }
    do throws(QrrotError) {
      try Unescaper.append(token.range, of: input, to: &content)
    } catch {
      return Array(input[token.range])
    }
    return content
  }

  mutating func expect(_ parameter: CommandSpec.Parameter?) {
    switch parameter?.kind {
    case .key, .pattern: expected = .key
    case .word(let choices): expected = choices.isEmpty ? .nothing : .words(choices)
    case .commandName: expected = .words(CommandName.allCases.map(\.text))
    case .file: expected = .file
    case .value, .path, .number, .text, nil: expected = .nothing
    }
  }
}

import QrrotTesting
import Testing

@testable import QrrotService

@Suite("What COMMAND tells of how commands are written")
struct CommandDocsTests {
  /// What is written of each command and subcommand, what was read from it, and its facts.
  private struct Entry {
    let name: String
    let syntax: String
    let arguments: [RedisArgument]
    let arity: Int
    /// How many words its name has.
    let wordCount: Int
  }

  private var entries: [Entry] {
    RedisCommand.allCases.map {
      Entry(
        name: $0.text, syntax: $0.syntax, arguments: $0.arguments, arity: $0.spec.arity,
        wordCount: 1)
    }
      + RedisSubcommandSpec.all.map {
        Entry(
          name: $0.fullName, syntax: RedisSubcommandSpec.argumentSyntax[$0.fullName] ?? "",
          arguments: $0.arguments, arity: $0.arity, wordCount: 2)
      }
  }

  /// How many words an argument has at least.
  private func leastWordCount(_ argument: RedisArgument) -> Int {
    if argument.isOptional { return 0 }
    let parts = argument.parts.map(leastWordCount)
    let token = argument.token != nil && argument.kind != .pureToken ? 1 : 0
    switch argument.kind {
    case .oneof: return token + (parts.min() ?? 0)
    case .block: return token + parts.reduce(0, +)
    default: return token + 1
    }
  }

  @Test("every syntax is read, and written back as it was")
  func roundTrip() {
    for entry in entries {
      #expect(
        entry.arguments.map(\.text).joined(separator: " ") == entry.syntax, "\(entry.name)")
    }
    let names = Set(RedisSubcommandSpec.all.map(\.fullName))
    #expect(names.isSuperset(of: RedisSubcommandSpec.argumentSyntax.keys))
  }

  @Test("a syntax needs as many words as the command does")
  func arity() {
    let containers = Set(RedisSubcommandSpec.all.map(\.command.text))
    // Redis writes each of its options in brackets, though one is needed.
    let loose: Set = ["client|kill"]
    for entry in entries where !containers.contains(entry.name) && !loose.contains(entry.name) {
      let least = entry.wordCount + entry.arguments.reduce(0) { $0 + leastWordCount($1) }
      #expect(least == abs(entry.arity), "\(entry.name)")
      let isFixed = entry.arguments.allSatisfy { !$0.isOptional && !$0.isMultiple }
      #expect(isFixed || entry.arity < 0, "\(entry.name)")
    }
  }

  @Test("a syntax has a key exactly for each group of keys")
  func keys() {
    for command in RedisCommand.allCases {
      #expect(command.keySpecs.isEmpty == (command.spec.keys.first == 0), "\(command)")
      let places = command.arguments.flatMap { [$0] + $0.parts }.compactMap(\.keySpecIndex)
      #expect(Set(places) == Set(command.keySpecs.indices), "\(command)")
    }
  }

  @Test("what is no syntax is refused where it goes wrong")
  func malformed() {
    for (text, rest) in [
      ("key [NX", ""), ("[NX|XX]", "|XX]"), ("a|b", ""), ("a()", ")"), ("a(b|c d)", " d)"),
      ("a(b", ""), ("a=text", ""), ("a=", ""), (" a", " a"), ("a ", ""), ("a..", ".."), ("a]", "]"),
    ] {
      #expect(throws: RedisSyntaxReader.Malformed(rest: rest), "\(text)") {
        try RedisSyntaxReader.read(text, keySpecCount: 0)
      }
    }
  }

  @Test("DOCS hands out the tree, in both versions of the protocol")
  func tree() throws {
    let talk = try #require(Talk())
    let copy = """
      $9
      arguments
      *4
      *6
      $4
      name
      $6
      source
      $4
      type
      $3
      key
      $14
      key_spec_index
      :0
      *6
      $4
      name
      $11
      destination
      $4
      type
      $3
      key
      $14
      key_spec_index
      :1
      *8
      $4
      name
      $14
      destination-db
      $4
      type
      $7
      integer
      $5
      token
      $2
      DB
      $5
      flags
      *1
      +optional
      *8
      $4
      name
      $7
      replace
      $4
      type
      $10
      pure-token
      $5
      token
      $7
      REPLACE
      $5
      flags
      *1
      +optional
      """
    #expect(talk("COMMAND", "DOCS", "copy").hasSuffix(copy))
    _ = talk("HELLO", "3")
    let reply = talk("COMMAND", "DOCS", "mset")
    #expect(
      reply.hasSuffix(
        """
        *1
        %4
        $4
        name
        $9
        key_value
        $4
        type
        $5
        block
        $5
        flags
        ~1
        +multiple
        $9
        arguments
        *2
        %3
        $4
        name
        $3
        key
        $4
        type
        $3
        key
        $14
        key_spec_index
        :0
        %2
        $4
        name
        $5
        value
        $4
        type
        $6
        string
        """))
  }

  @Test("INFO tells what a command does with its keys, and tips")
  func keySpecs() throws {
    let talk = try #require(Talk())
    _ = talk("HELLO", "3")
    #expect(
      talk("COMMAND", "INFO", "set").contains("~4\n+RW\n+access\n+update\n+variable_flags\n"))
    #expect(talk("COMMAND", "INFO", "mset").contains("~2\n+OW\n+update\n"))
    #expect(
      talk("COMMAND", "INFO", "rename").contains("~2\n%3\n$5\nflags\n~3\n+RW\n+access\n+delete\n"))
    #expect(talk("COMMAND", "INFO", "ttl").contains("~1\n$23\nnondeterministic_output\n"))
  }

  @Test("GETKEYSANDFLAGS")
  func keysAndFlags() throws {
    let talk = try #require(Talk())
    talk.replay(
      """
      > COMMAND GETKEYSANDFLAGS set a b
      *1
      *2
      $1
      a
      *2
      +OW
      +update
      > COMMAND GETKEYSANDFLAGS set a b ex 5 GET
      *1
      *2
      $1
      a
      *3
      +RW
      +access
      +update
      > COMMAND GETKEYSANDFLAGS set a get
      *1
      *2
      $1
      a
      *2
      +OW
      +update
      > COMMAND GETKEYSANDFLAGS rename a b
      *2
      *2
      $1
      a
      *3
      +RW
      +access
      +delete
      *2
      $1
      b
      *2
      +OW
      +update
      > COMMAND GETKEYSANDFLAGS mset a 1 b 2
      *2
      *2
      $1
      a
      *2
      +OW
      +update
      *2
      $1
      b
      *2
      +OW
      +update
      > COMMAND GETKEYSANDFLAGS ping
      -ERR wrong number of arguments for 'command|getkeysandflags' command
      > COMMAND GETKEYSANDFLAGS ping x
      -ERR The command has no key arguments
      > COMMAND GETKEYSANDFLAGS nope x
      -ERR Invalid command specified
      > COMMAND GETKEYSANDFLAGS get x y
      -ERR Invalid number of arguments specified for command
      """)
  }
}

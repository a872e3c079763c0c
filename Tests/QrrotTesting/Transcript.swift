/// A golden conversation with the shell: commands and what they have to answer, as a text file that
/// a person can read and a diff can show.
///
///     ## a counter counts --output json
///     # What comes before the first command is a comment.
///     qrrot> incr visits
///     1
///     qrrot> put note "two
///     ...> lines"
///     OK
///
/// A line of the form `## NAME [--read-only] [--output MODE]` begins a block, which has a database of
/// its own. Errors and remarks stand among the replies, in order, without the place in front. One
/// empty line before a heading parts the blocks and is no output. Lines are bytes: they need not be
/// UTF-8. Output that begins as a heading or a prompt does can't be written down.
public struct Transcript: Equatable, Sendable {
  /// One command with its answer.
  public struct Step: Equatable, Sendable {
    /// The command's lines.
    public var command: [[UInt8]]
    /// The lines of what it prints.
    public var output: [[UInt8]]

    /// The command as a shell reads it, with its last line feed.
    public var input: [UInt8] { Transcript.joined(command) }

    /// Makes a step.
    public init(command: [[UInt8]], output: [[UInt8]] = []) {
      self.command = command
      self.output = output
    }
  }

  /// Steps in one database.
  public struct Block: Equatable, Sendable {
    /// What the block is about.
    public var name: String
    /// The flags behind the name, as the program takes them.
    public var options: [String]
    /// Comments in front of the first command.
    public var comments: [[UInt8]] = []
    /// The commands, in order.
    public var steps: [Step] = []

    /// All commands, as one command file.
    public var input: [UInt8] { steps.flatMap(\.input) }
    /// All that has to be printed.
    public var output: [UInt8] { steps.flatMap { Transcript.joined($0.output) } }
  }

  /// Lines above the first block.
  public var preamble: [[UInt8]] = []
  /// The blocks, in order.
  public var blocks: [Block] = []

  /// Reads a file's text.
  ///
  /// - Throws: ``Mistake`` naming the first line that does not fit.
  public init(_ text: [UInt8]) throws(Mistake) {
    var lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(
      Array.init)
    if lines.last == [] { lines.removeLast() }
    for (index, line) in lines.enumerated() {
      if let rest = Self.rest(of: line, after: Self.heading) {
        trimLastBlock()
        blocks.append(Self.block(rest))
      } else if blocks.isEmpty {
        preamble.append(line)
      } else if !add(line, toBlock: blocks.count - 1) {
        throw Mistake(line: index + 1)
      }
    }
  }

  /// A line that has no meaning where it stands.
  public struct Mistake: Error, Equatable {
    /// Its number, from 1.
    public var line: Int
  }

  private mutating func add(_ line: [UInt8], toBlock block: Int) -> Bool {
    let last = blocks[block].steps.count - 1
    if let command = Self.rest(of: line, after: Self.prompt) {
      blocks[block].steps.append(Step(command: [command]))
    } else if let more = Self.rest(of: line, after: Self.continuation) {
      guard last >= 0, blocks[block].steps[last].output.isEmpty else { return false }
      blocks[block].steps[last].command.append(more)
    } else if last >= 0 {
      blocks[block].steps[last].output.append(line)
    } else {
      guard line.isEmpty || line.starts(with: "# ".utf8) else { return false }
      blocks[block].comments.append(line)
    }
    return true
  }

  /// Drops the empty line that parts a block from the next heading.
  private mutating func trimLastBlock() {
    guard let block = blocks.indices.last, let step = blocks[block].steps.indices.last else {
      return
    }
    if blocks[block].steps[step].output.last == [] { blocks[block].steps[step].output.removeLast() }
  }

  /// The file's text.
  public var text: [UInt8] {
    var lines = preamble
    for (index, block) in blocks.enumerated() {
      if index > 0 { lines.append([]) }
      let words = [Self.heading, block.name] + block.options
      lines.append(Array(words.joined(separator: " ").utf8))
      lines += block.comments
      for step in block.steps {
        for (number, line) in step.command.enumerated() {
          let mark = number == 0 ? Self.prompt : Self.continuation
          lines.append(Array((line.isEmpty ? mark : mark + " ").utf8) + line)
        }
        lines += step.output
      }
    }
    return Self.joined(lines)
  }

  private static let heading = "##"
  private static let prompt = "qrrot>"
  private static let continuation = "...>"

  private static func block(_ heading: [UInt8]) -> Block {
    let words = String(decoding: heading, as: UTF8.self).split(separator: " ").map(String.init)
    let name = words.prefix { !$0.hasPrefix("--") }
    return Block(name: name.joined(separator: " "), options: Array(words.dropFirst(name.count)))
  }

  private static func rest(of line: [UInt8], after mark: String) -> [UInt8]? {
    if line.elementsEqual(mark.utf8) { return [] }
    return line.starts(with: (mark + " ").utf8) ? Array(line.dropFirst(mark.utf8.count + 1)) : nil
  }

  private static func joined(_ lines: [[UInt8]]) -> [UInt8] {
    lines.flatMap { $0 + [UInt8(ascii: "\n")] }
  }
}

import QrrotCore
import QrrotParser

/// What a parser made of a text, in a form that can be compared and read.
struct Reading: Equatable, CustomStringConvertible {
  /// One command or error.
  struct Item: Equatable, CustomStringConvertible {
    /// The line on which it stands, from 1.
    var line: Int
    /// The command as ``Reading/text(of:)`` writes it, or `error[code]`.
    var text: String

    var description: String { "\(line): \(text)" }
  }

  var items: [Item] = []
  /// How many line feeds were passed.
  var lineCount = 0

  var texts: [String] { items.map(\.text) }
  var description: String { items.map(\.description).joined(separator: "\n") }

  /// Reads a whole text.
  init(_ text: some Sequence<UInt8>) {
    let bytes = Array(text)
    var parser = Parser()
    var start = 0
    while start < bytes.count {
      start += take(bytes[start...], isFinal: true, &parser) ?? 0
    }
  }

  init(_ text: String) { self.init(text.utf8) }

  /// Reads a text that arrives in parts, keeping what is not complete for the next part.
  init(parts: [ArraySlice<UInt8>]) {
    var parser = Parser()
    var waiting: [UInt8] = []
    for (index, part) in parts.enumerated() {
      waiting += part
      var start = 0
      while start < waiting.count {
        let isFinal = index == parts.count - 1
        guard let count = take(waiting[start...], isFinal: isFinal, &parser) else { break }
        start += count
      }
      waiting.removeSubrange(..<start)
    }
  }

  /// Parses what stands at the front of `input`.
  ///
  /// - Returns: how many bytes are done with; nil if more is needed.
  private mutating func take(
    _ input: ArraySlice<UInt8>, isFinal: Bool, _ parser: inout Parser
  ) -> Int? {
    var command = Command()
    do throws(ParseFailure) {
      let step = try parser.parse(input.span, isFinal: isFinal, into: &command)
      switch step.outcome {
      case .command: items.append(Item(line: lineCount + 1, text: Self.text(of: command)))
      case .blank: break
      case .incomplete: return nil
      }
      lineCount += step.lineCount
      return step.byteCount
    } catch {
      let line = lineCount + error.lineOffset + 1
      items.append(Item(line: line, text: "error[\(error.error.code.rawValue)]"))
      lineCount += error.lineCount
      return error.byteCount
    }
  }

  /// `put key"a" int 5`: the name, then each argument with its kind.
  static func text(of command: Command) -> String {
    var words = [command.name.text]
    for (index, argument) in command.arguments.enumerated() {
      var content: [UInt8] = []
      Escaping.appendQuoted(command.content(index).span, to: &content)
      let quoted = String(decoding: content, as: UTF8.self)
      switch argument.kind {
      case .key: words.append("key\(quoted)")
      case .pattern: words.append("pattern\(quoted)")
      case .path: words.append("path\(quoted)")
      case .clause(.limit): words.append("limit \(argument.integer)")
      case .clause(let part): words.append("\(part)\(quoted)")
      case .word: words.append("word\(quoted)")
      case .text: words.append("text\(quoted)")
      case .option(let number): words.append("option \(number)\(quoted)")
      case .number: words.append("number \(argument.integer)")
      case .value(.int): words.append("int \(argument.integer)")
      case .value(let type): words.append("\(type.name)\(quoted)")
      }
    }
    return words.joined(separator: " ")
  }
}

import QrrotCore
import QrrotTesting

@testable import QrrotParser

/// Reads a text command by command and looks at each step.
///
/// - Every step goes on, and all of the text is read.
/// - The reader of plain lines reads nothing otherwise than the one that reads all.
/// - The end of an open token is seen neither too late by what waits for it, nor too early.
/// - An error's place is in the text that was passed because of it.
/// - A command keeps to the limits, and printed and read again it is the same.
struct CommandsCheck {
  private let text: [UInt8]
  private var parser = Parser()
  private var reader = Parser()
  private var command = Command()
  private var slow = Command()
  private var tally = CommandsFuzzing.Tally()

  init(_ text: [UInt8]) { self.text = text }

  /// What came of one call of the parser.
  enum Finding: Equatable {
    case step(Parser.Step)
    case failure(ParseFailure)

    var byteCount: Int {
      switch self {
      case .step(let step): step.byteCount
      case .failure(let failure): failure.byteCount
      }
    }

    var lineCount: Int {
      switch self {
      case .step(let step): step.lineCount
      case .failure(let failure): failure.lineCount
      }
    }
  }

  consuming func run() throws -> CommandsFuzzing.Tally {
    var start = 0
    while start < text.count { start += try take(text[start...]) }
    try FuzzFailure.unless(start == text.count, "read to \(start) of \(text.count)")
    return tally
  }

  /// Looks at what `input` begins with.
  private mutating func take(_ input: ArraySlice<UInt8>) throws -> Int {
    try checkWaiting(input)
    let finding = try parse(input, isFinal: true)
    let byteCount = finding.byteCount
    try FuzzFailure.unless(
      (1...input.count).contains(byteCount), "\(byteCount) of \(input.count) bytes are done")
    try FuzzFailure.unless(
      finding.lineCount == input.prefix(byteCount).count { $0 == UInt8(ascii: "\n") },
      "\(finding.lineCount) lines in \(Escaping.displayed(Array(input.prefix(byteCount))))")
    switch finding {
    case .failure(let failure):
      tally.errorCount += 1
      try check(failure)
    case .step(let step):
      guard step.outcome != .blank else { break }
      try FuzzFailure.unless(step.outcome == .command, "\(step) at the end of the input")
      tally.commandCount += 1
      try checkLimits()
      try checkPrinted()
    }
    return byteCount
  }

  /// Parses with both readers, which must agree; `command` is then the command.
  private mutating func parse(_ input: ArraySlice<UInt8>, isFinal: Bool) throws -> Finding {
    command.reset(to: .size, lineByteCount: min(input.count, 4_096))
    slow.reset(to: .size)
    let quick: Finding
    do throws(ParseFailure) {
      quick = .step(try parser.parse(input.span, isFinal: isFinal, into: &command))
    } catch {
      quick = .failure(error)
    }
    let full: Finding
    do throws(ParseFailure) {
      full = .step(
        try input.withUnsafeBufferPointer { buffer throws(ParseFailure) in
          try reader.read(buffer, isFinal: isFinal, into: &slow)
        })
    } catch {
      full = .failure(error)
    }
    try FuzzFailure.unless(quick == full, "\(quick) and, token by token, \(full)")
    if case .step(let step) = quick, step.outcome == .command {
      try FuzzFailure.unless(
        Reading.text(of: command) == Reading.text(of: slow)
          && Array(command.arguments) == Array(slow.arguments),
        "\(Reading.text(of: command)) and, token by token, \(Reading.text(of: slow))")
    }
    return quick
  }

  /// A part of a command is incomplete for as long as what follows its open token says that it is.
  private mutating func checkWaiting(_ input: ArraySlice<UInt8>) throws {
    let part = input.prefix(input.count / 2)
    guard case .step(let step) = try parse(part, isFinal: false),
      case .incomplete(let opening) = step.outcome
    else { return }
    try FuzzFailure.unless(
      step.byteCount == 0 && step.lineCount == 0 && (0...part.count).contains(step.openOffset),
      "\(step) of \(part.count) bytes")
    var scanner = OpenTokenScanner(opening)
    let open = input.dropFirst(step.openOffset)
    let taken = step.openOffset + scanner.take(open.span)
    if scanner.isOver {
      try FuzzFailure.unless(
        input.prefix(taken).last == UInt8(ascii: "\n"), "over in the middle of a line")
    } else {
      try FuzzFailure.unless(taken == input.count, "waiting at \(taken) of \(input.count)")
    }
    // All but the last byte of what was taken is not enough.
    let waiting = input.prefix(scanner.isOver ? taken - 1 : taken)
    guard case .step(let again) = try parse(waiting, isFinal: false),
      case .incomplete = again.outcome
    else { throw FuzzFailure("complete at \(waiting.count) of \(input.count), unnoticed") }
  }

  private func check(_ failure: ParseFailure) throws {
    let error = failure.error
    try FuzzFailure.unless(
      (0...failure.lineCount).contains(failure.lineOffset), "placed \(failure.lineOffset) lines on")
    try FuzzFailure.unless(
      !error.message.isEmpty && error.message.utf8.count < 2_000,
      "a message of \(error.message.utf8.count) bytes")
    guard let range = error.range else { return }
    try FuzzFailure.unless(
      range.upperBound <= failure.byteCount, "\(range) of \(failure.byteCount) bytes")
  }

  private func checkLimits() throws {
    let spec = command.name.spec
    try FuzzFailure.unless(
      (spec.minimumArgumentCount...spec.maximumArgumentCount).contains(command.arguments.count),
      "\(command.arguments.count) arguments of \(spec.usage)")
    for (index, argument) in command.arguments.enumerated() {
      try FuzzFailure.unless(
        argument.offset >= 0 && argument.byteCount >= 0
          && argument.range.upperBound <= command.bytes.count,
        "\(argument) of \(command.bytes.count) bytes")
      switch (argument.kind, spec.parameter(at: index)?.kind) {
      case (.key, .key):
        try FuzzFailure.unless(
          (1...Limits.keyByteCount).contains(argument.byteCount), "\(argument)")
      case (.number, .number(let bounds)):
        try FuzzFailure.unless(bounds.contains(argument.integer), "\(argument)")
      case (.word, .word(let choices)):
        try FuzzFailure.unless(choices.contains(command.text(index)), command.text(index))
      case (.value(let type), .value):
        try FuzzFailure.unless(type != .int || argument.byteCount == 0, "\(argument)")
        if type == .json { try checkJSON(command.content(index)) }
      case (.pattern, .pattern), (.path, .path), (.word, .file), (.word, .commandName): break
      case (.path, _), (.pattern, _), (.clause, _): try checkQuery(argument, spec)
      default: throw FuzzFailure("\(argument) at \(index) of \(spec.usage)")
      }
    }
  }

  private func checkQuery(_ argument: Command.Argument, _ spec: CommandSpec) throws {
    try FuzzFailure.unless(!spec.clauses.isEmpty, "\(argument) of \(spec.usage)")
    if argument.kind == .clause(.limit) {
      try FuzzFailure.unless(argument.integer >= 0 && argument.byteCount == 0, "\(argument)")
    }
  }

  /// A json value is compact: made compact again it is the same.
  private func checkJSON(_ text: [UInt8]) throws {
    var compact: [UInt8] = []
    do {
      try JSONText.appendCompact(text.span, to: &compact)
    } catch {
      throw FuzzFailure("a value that is no JSON: \(error)")
    }
    try FuzzFailure.unless(compact == text, "a JSON value that is not compact")
  }

  /// Printed and read again, the command is the same, but for hidden characters of a json value,
  /// which come back escaped.
  private mutating func checkPrinted() throws {
    let printed = Self.printed(command)
    let expected = Self.words(command)
    guard case .step(let step) = try parse(printed[...], isFinal: true), step.outcome == .command
    else { throw FuzzFailure("\(Escaping.displayed(printed)) can't be read again") }
    try FuzzFailure.unless(
      step.byteCount == printed.count && Self.words(command) == expected
        && Self.printed(command) == printed,
      "\(Escaping.displayed(printed)) is read as \(Reading.text(of: command))")
  }

  /// The part of a query that argument `index` says.
  private static func append(
    _ part: QueryPart, of command: Command, _ index: Int, to line: inout [UInt8]
  ) {
    let content = command.content(index)
    let isFurther =
      switch index > 0 ? command.arguments[index - 1].kind : .key {
      case .clause(.column), .clause(.columnName): true
      default: false
      }
    switch part {
    case .filter: line += Array("where ".utf8) + content
    case .column:
      line += (isFurther ? ", " : "select ").utf8
      Escaping.appendQuoted(content.span, to: &line)
    case .columnName:
      line += "as ".utf8
      Escaping.appendQuoted(content.span, to: &line)
    case .group:
      line += "by ".utf8
      Escaping.appendQuoted(content.span, to: &line)
    case .ascending, .descending:
      line += "order by ".utf8
      Escaping.appendQuoted(content.span, to: &line)
      if part == .descending { line += " desc".utf8 }
    case .limit: line += "limit \(command.arguments[index].integer)".utf8
    }
  }

  private static func words(_ command: Command) -> [String] {
    [command.name.text]
      + command.arguments.indices.map { index in
        let argument = command.arguments[index]
        guard argument.kind == .value(.json) else {
          return "\(argument.kind) \(command.content(index)) \(argument.integer)"
        }
        var shown: [UInt8] = []
        Escaping.appendJSONText(command.content(index).span, to: &shown)
        return "json \(shown)"
      }
  }

  /// The command as a line of the language.
  private static func printed(_ command: Command) -> [UInt8] {
    var line = Array(command.name.text.utf8)
    for (index, argument) in command.arguments.enumerated() {
      line.append(UInt8(ascii: " "))
      let content = command.content(index)
      switch argument.kind {
      case .word where content.starts(with: "--".utf8):
        // Without quotes it would be an option.
        Escaping.appendQuoted(content.span, to: &line)
      // Quoted, or it could be the word of a clause.
      case .path, .pattern: Escaping.appendQuoted(content.span, to: &line)
      case .key, .word: Escaping.appendKey(content.span, to: &line)
      case .clause(let part): append(part, of: command, index, to: &line)
      case .option(let number):
        let option = command.name.spec.options[number]
        line += "--\(option.name)".utf8
        if option.kind == .flag { continue }
        line.append(UInt8(ascii: " "))
        Escaping.appendQuoted(content.span, to: &line)
      case .text:
        if !command.name.spec.subcommands.isEmpty { line += "-- ".utf8 }
        line += content
      case .number, .value(.int): TextForm.append(argument.integer, to: &line)
      case .value(.string): TextForm.append(.string(content), to: &line)
      case .value(.json): TextForm.append(.json(content), to: &line)
      }
    }
    return line
  }
}

internal import QrrotCore
internal import SystemPackage

/// The words that only the shell knows.
extension Shell {
  func executeWord(_ command: Command, at place: Place?) async throws(ShellStop) -> Outcome {
    switch command.name {
    case .help: try help(command)
    case .output:
      if let mode = OutputMode(rawValue: command.text(0)) { console.mode = mode }
    case .timing: printsTiming = command.text(0) == "on"
    case .history: try printHistory()
    case .source: return try await source(command, at: place)
    case .save: return try await save(command, at: place)
    case .load: return try await load(command, at: place)
    case .import: return try await importWord(command, at: place)
    case .export: return try await exportWord(command, at: place)
    case .ask, .ai: return try await agentWord(command, at: place)
    case .exit, .quit: throw .exit
    default:
      return try fail(
        QrrotError(.refused, "\(command.name.text) is not a word of the shell"), at: place)
    }
    if isInteractive { try console.flush() }
    return .succeeded
  }

  private func help(_ command: Command) throws(ShellStop) {
    let topic = command.text(0).lowercased()
    let spec = CommandSpec.all.first { $0.name.text == topic }
    try console.print(lines: spec.map(Help.lines(about:)) ?? Help.overview())
  }

  private func printHistory() throws(ShellStop) {
    let entries = reader?.history ?? []
    let width = String(entries.count).count
    let lines = entries.enumerated().map { index, entry in
      let number = String(index + 1)
      let padding = String(repeating: " ", count: width - number.count)
      return "\(padding)\(number)  \(Escaping.displayed(entry))"
    }
    try console.print(lines: lines)
  }

  /// The file that a command names.
  func file(of command: Command, at index: Int = 0) throws(QrrotError) -> FilePath {
    let name = command.content(index)
    guard !name.isEmpty, !name.contains(0) else {
      throw QrrotError(.io, "\(command.name.text) needs the name of a file")
    }
    let path = FilePath(platformString: name.map { CInterop.PlatformChar(bitPattern: $0) } + [0])
    guard let home = options.homeFolder, name.starts(with: "~/".utf8) else { return path }
    return FilePath(home).appending(String(path.string.dropFirst(2)))
  }

  /// `source FILE`: relative to the file that holds the command, at the prompt to the current folder.
  private func source(_ command: Command, at place: Place?) async throws(ShellStop) -> Outcome {
    var path: FilePath
    do throws(QrrotError) { path = try file(of: command) } catch {
      return try fail(error, at: place)
    }
    if let folder = openFiles.last?.folder, path.isRelative {
      path = folder.appending(path.components)
    }
    guard openFiles.count(where: { $0.isSourced }) < Limits.sourceDepth else {
      return try fail(
        QrrotError(.refused, "command files nest at most \(Limits.sourceDepth) deep"), at: place)
    }
    let source: DescriptorSource
    do throws(QrrotError) {
      source = try DescriptorSource.open(path, signals: signals)
    } catch {
      return try fail(error, at: place)
    }
    if let identity = source.identity, openFiles.contains(where: { $0.identity == identity }) {
      return try fail(
        QrrotError(.refused, "\(path.string) includes itself; a command file can't do that"),
        at: place)
    }
    let file = OpenFile(
      name: path.string, folder: path.removingLastComponent(), identity: source.identity,
      isSourced: true)
    return try await run(CommandStream(source, isFile: true), as: file, stopsAtFirstError: true)
  }
}

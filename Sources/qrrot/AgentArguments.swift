import ArgumentParser
import QrrotAgent
import QrrotShell

/// What the command line says about `ask` and `ai`.
struct AgentArguments: ParsableArguments {
  @Option(
    name: .customLong("ai"),
    help: ArgumentHelp(
      "Whose model ask and ai talk to: auto, gemini, openai, anthropic or local (default: auto, the first key in the environment, else a server on this machine).",
      valueName: "provider"),
    transform: { try AgentArguments.checked("ai", $0) })
  var provider: String?

  @Option(
    name: .customLong("ai-model"),
    help: ArgumentHelp("The model (default: the provider's).", valueName: "name"),
    transform: { try AgentArguments.checked("ai-model", $0) })
  var modelName: String?

  @Option(
    name: .customLong("ai-url"),
    help: ArgumentHelp("The base of the provider's addresses.", valueName: "url"),
    transform: { try AgentArguments.checked("ai-url", $0) })
  var baseURL: String?

  @Option(
    name: .customLong("ai-key-file"),
    help: ArgumentHelp(
      "Read the key from this file of mode 0600 (default: the environment).", valueName: "file"),
    transform: { try AgentArguments.checked("ai-key-file", $0) })
  var keyFile: String?

  @Option(
    name: .customLong("ai-steps"),
    help: ArgumentHelp(
      "After so many steps the model has to answer (default: 5).", valueName: "number"),
    transform: { try AgentArguments.checked("ai-steps", $0) })
  var stepLimit: String?

  @Option(
    name: .customLong("ai-max-tokens"),
    help: ArgumentHelp("The most tokens of one request (default: no limit).", valueName: "number"),
    transform: { try AgentArguments.checked("ai-max-tokens", $0) })
  var tokenLimit: String?

  @Option(
    name: .customLong("ai-confirm"),
    help: ArgumentHelp(
      "Which plans of ai need a yes: destructive or always (default: destructive).",
      valueName: "plans"),
    transform: { try AgentArguments.checked("ai-confirm", $0) })
  var confirmation: String?

  @Option(
    name: .customLong("ai-temperature"),
    help: ArgumentHelp(
      "The sampling temperature (default: none is sent).", valueName: "number"),
    transform: { try AgentArguments.checked("ai-temperature", $0) })
  var temperature: String?

  @Option(
    name: .customLong("ai-record"),
    help: ArgumentHelp("Keep the HTTP exchanges in this file.", valueName: "file"),
    transform: { try AgentArguments.checked("ai-record", $0) })
  var recordFile: String?

  @Option(
    name: .customLong("ai-replay"),
    help: ArgumentHelp(
      "Answer from such a file, without a network and a key.", valueName: "file"),
    transform: { try AgentArguments.checked("ai-replay", $0) })
  var replayFile: String?

  /// The same as settings.
  var settings: AgentSettings {
    var settings = AgentSettings()
    let values = [
      provider, modelName, baseURL, keyFile, stepLimit, tokenLimit, confirmation, temperature,
      recordFile, replayFile,
    ]
    for (name, value) in zip(AgentSettings.names, values) {
      if let value { _ = settings.set(name, to: value) }
    }
    return settings
  }

  /// The value of a flag, if it is one of the setting of that name.
  private static func checked(_ name: String, _ value: String) throws -> String {
    var settings = AgentSettings()
    guard let fault = settings.set(name, to: value) else { return value }
    throw ValidationError("it \(fault)")
  }
}

extension Arguments {
  /// The words of the command line, with `-ai` as `--ai`: to the argument parser that would be two
  /// options of one letter. What follows `-c` or `-f` is theirs, whatever it looks like.
  static var words: [String] { words(Array(CommandLine.arguments.dropFirst())) }

  static func words(_ words: [String]) -> [String] {
    var words = words
    var index = words.startIndex
    while index < words.endIndex, words[index] != "--" {
      switch words[index] {
      case "-c", "-f": index += 1
      case "-ai": words[index] = "--ai"
      case let word where word.hasPrefix("-ai="): words[index] = "-" + word
      default: break
      }
      index += 1
    }
    return words
  }
}

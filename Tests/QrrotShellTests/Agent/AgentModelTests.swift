import QrrotAgent
import QrrotCore
import Testing

@testable import QrrotShell

/// Whom `ask` and `ai` talk to, how a key gets in, and that it gets nowhere else.
@Suite("Choosing a model")
struct AgentModelTests {
  private static let key = "sk-test-0123456789abcdef"

  @Test("without a key one screen says how to get going, and the error is provider")
  func guide() async throws {
    let shell = try await AgentShell(
      ScriptedDirectory { (_: ModelConfiguration) throws(QrrotError) in .none })
    #expect(try await shell.run("ask hello") == false)
    for text in [
      "GEMINI_API_KEY", "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "--ai local", "ollama", "--ai-url",
      "--ai-key-file", "-c:1: error[provider]: ",
    ] {
      #expect(shell.errorText.contains(text), "\(text)")
    }
    let lines = shell.errorText.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count <= 24 && lines.allSatisfy { $0.count <= 80 || $0.hasPrefix("-c:1: ") })
    #expect(shell.outputText == "")
  }

  @Test("a key that is typed is used, and is neither shown nor kept")
  func typedKey() async throws {
    let model = ModelScript("Your key is \(Self.key).", "Hello again.")
    let directory = ScriptedDirectory { (configuration: ModelConfiguration) throws(QrrotError) in
      guard let typed = configuration.typedKey else { return .none }
      #expect(typed.key == Secret(Self.key) && typed.provider == .openai)
      #expect(configuration.provider == .openai)
      return .ready(model)
    }
    let shell = try await AgentShell(directory, isTerminal: true)
    let reader = try await shell.type([
      "ask hello", "o", " \(Self.key) ", "ask again", "put k \(Self.key)",
    ])
    #expect(
      reader.questions.count == 2 && reader.questions[1].hasPrefix("hidden: The key for openai,"))
    #expect(reader.discardCount == 2)
    let shown = String(decoding: shell.both.bytes, as: UTF8.self)
    #expect(shown.contains("Your key is [key].") && shown.contains("Hello again."))
    #expect(!shown.contains(Self.key))
    #expect(
      reader.history.map { String(decoding: $0, as: UTF8.self) } == ["ask hello", "ask again"])
  }

  @Test(
    "no answer, a wrong one and an empty key are errors",
    arguments: [["", ""], ["x"], ["g", ""], ["^D"]])
  func noKey(typed: [String]) async throws {
    let shell = try await AgentShell(
      ScriptedDirectory { (_: ModelConfiguration) throws(QrrotError) in .none }, isTerminal: true)
    _ = try await shell.type(["ask hello"] + typed + ["size"])
    #expect(shell.errorText.contains("error[provider]: nobody to ask"))
    #expect(shell.outputText.hasSuffix("1\n"))
  }

  @Test("a server that was found is named and agreed to once; without a terminal it is refused")
  func found() async throws {
    let model = ModelScript(
      [ModelScript.reply("One."), ModelScript.reply("Two.")],
      providerName: "Ollama at 127.0.0.1:11434",
      modelName: "qwen3")
    let directory = ScriptedDirectory { (_: ModelConfiguration) throws(QrrotError) in .found(model)
    }
    let plain = try await AgentShell(directory)
    #expect(try await plain.run("ask hello") == false)
    #expect(plain.errorText.contains("error[refused]") && plain.errorText.contains("--ai local"))
    #expect(plain.errorText.contains("Ollama at 127.0.0.1:11434") && model.requests.isEmpty)

    var options = Shell.Options()
    options.assumesYes = true
    let yes = try await AgentShell(directory, options: options)
    #expect(try await yes.run("ask hello") == false, "--yes is not for that")

    for answer in ["n", "", "^D"] {
      let shell = try await AgentShell(directory, isTerminal: true)
      let reader = try await shell.type(["ask hello", answer])
      #expect(
        reader.questions == [
          "No key is set. Use Ollama at 127.0.0.1:11434 with the model qwen3? [y]es [n]o "
        ])
      #expect(shell.errorText.contains("error[refused]") && model.requests.isEmpty)
    }
    let shell = try await AgentShell(directory, isTerminal: true)
    let reader = try await shell.type(["ask hello", "y", "ask again"])
    #expect(reader.questions.count == 1 && reader.discardCount == 1)
    #expect(shell.outputText.contains("One.") && shell.outputText.contains("Two."))
  }

  @Test("ai model shows the provider and the model, and chooses another one")
  func model() async throws {
    let directory = ScriptedDirectory { (configuration: ModelConfiguration) throws(QrrotError) in
      .ready(ModelScript([], modelName: configuration.modelName ?? "default-1"))
    }
    let shell = try await AgentShell(directory)
    #expect(try await shell.run("ai model\nai model x/y:2\nai model"))
    #expect(shell.outputText == "Script: default-1\nScript: x/y:2\nScript: x/y:2\n")
  }

  @Test("ai cost adds up what the provider counted, and says unknown where it gave nothing")
  func cost() async throws {
    let model = ModelScript([
      ModelScript.reply("One."), ModelScript.reply("Two."), [.text("Three."), .finished],
    ])
    let shell = try await AgentShell(ScriptedDirectory(model))
    #expect(try await shell.run("ai cost\nask a\nask b\nai cost"))
    #expect(shell.outputText == "input 0\noutput 0\nOne.\nTwo.\ninput 200\noutput 20\n")
    #expect(try await shell.run("ask c\nai cost"))
    #expect(shell.outputText.hasSuffix("Three.\ninput unknown\noutput unknown\n"))
  }

  @Test("ai reset forgets the conversation")
  func reset() async throws {
    let model = ModelScript("One.", "Two.", "Three.")
    let shell = try await AgentShell(ScriptedDirectory(model))
    #expect(try await shell.run("ask first\nask second\nai reset\nask third"))
    let sent = model.requests.map { $0.messages.map(\.text).joined() }
    #expect(sent[1].contains("first") && !sent[2].contains("first"))
    #expect(shell.outputText == "One.\nTwo.\nOK\nThree.\n")
  }

  @Test("ai save writes the last applied request as a command file of mode 0600, once asked")
  func save() async throws {
    let folder = try Folder()
    let model = ModelScript("QUERY WRITE: put a 1", "Done.")
    let shell = try await AgentShell(ScriptedDirectory(model))
    let path = folder.path + "/last.qrrot"
    #expect(try await shell.run("ai save \"\(path)\"") == false)
    #expect(shell.errorText.contains("error[refused]: no request has been applied"))
    #expect(try await shell.run("ai put a\nai save \"\(path)\""))
    let saved = try folder.read("last.qrrot")
    #expect(saved.hasPrefix("#") && saved.contains("put a") && saved.hasSuffix("put a 1\n"))
    #expect(try await shell.run("ai save \"\(path)\"") == false)
    #expect(shell.errorText.contains("is there already") && shell.errorText.contains("--yes"))
    let reader = try await shell.type(["ai save \"\(path)\"", "y"])
    #expect(reader.questions.count == 1)
    #expect(try await AgentShell(ScriptedDirectory(model)).run(saved), "it needs no model")
  }

  @Test("a recording that is there is replaced after a question")
  func record() async throws {
    let model = ModelScript("Hello.")
    let directory = ScriptedDirectory { (configuration: ModelConfiguration) throws(QrrotError) in
      guard configuration.replacesRecordFile else {
        throw QrrotError(.refused, "it is there", detail: .fileExists)
      }
      return .ready(model)
    }
    var options = Shell.Options()
    options.agent.recordFile = "r.jsonl"
    let plain = try await AgentShell(directory, options: options)
    #expect(try await plain.run("ask hello") == false)
    #expect(
      plain.errorText.contains("r.jsonl is there already; without a terminal that needs --yes"))
    let asked = try await AgentShell(directory, isTerminal: true, options: options)
    let reader = try await asked.type(["ask hello", "y"])
    #expect(reader.questions.count == 1 && asked.outputText.contains("Hello."))
  }

  @Test("a text that holds a key is refused before anything is sent; errors don't show it either")
  func secrets() async throws {
    let model = ModelScript([[.failed(QrrotError(.provider, "401: \(Self.key) is wrong"))]])
    let shell = try await AgentShell(ScriptedDirectory(model, keys: [Self.key]), isTerminal: true)
    let reader = try await shell.type(["ask is \(Self.key) good?", "ask hello"])
    #expect(shell.errorText.contains("error[refused]: the text holds a key"))
    #expect(shell.errorText.contains("error[provider]: 401: [key] is wrong"))
    #expect(!String(decoding: shell.both.bytes, as: UTF8.self).contains(Self.key))
    #expect(model.requests.count == 1 && reader.history.count == 1)
  }
}

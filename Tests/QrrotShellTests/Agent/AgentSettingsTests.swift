import QrrotAgent
import QrrotCore
import QrrotStore
import Testing

@testable import QrrotShell
@testable import qrrot

/// What flags, the environment and the file say about `ask` and `ai`, and where these words are refused.
@Suite("Settings of ask and ai")
struct AgentSettingsTests {
  @Test("every setting takes what it is for")
  func values() {
    var settings = AgentSettings()
    for (name, value) in [
      ("ai", "gemini"), ("ai-model", "m"), ("ai-url", "http://127.0.0.1:1/v1"),
      ("ai-key-file", "k"),
      ("ai-steps", "7"), ("ai-max-tokens", "9000"), ("ai-confirm", "always"),
      ("ai-temperature", "0.5"),
      ("ai-record", "r"), ("ai-replay", "p"),
    ] {
      #expect(settings.set(name, to: value) == nil, "\(name)")
      #expect(AgentSettings.names.contains(name) && Settings.names.contains(name))
    }
    #expect(settings.provider == .gemini && settings.modelName == "m" && settings.stepLimit == 7)
    #expect(settings.tokenLimit == 9_000 && settings.confirmation == .always)
    #expect(settings.temperature == 0.5 && settings.recordFile == "r" && settings.replayFile == "p")
    #expect(throws: QrrotError.self) { try settings.check() }
    let configuration = settings.modelConfiguration
    #expect(configuration.baseURL == "http://127.0.0.1:1/v1" && configuration.keyFile == "k")
    #expect(
      configuration.temperature == 0.5 && AgentSettings().modelConfiguration.temperature == nil)
  }

  @Test(
    "what is wrong is said, and nothing is set",
    arguments: [
      ("ai", "gpt"), ("ai", "Gemini"), ("ai", ""), ("ai-steps", "0"), ("ai-steps", "101"),
      ("ai-steps", "five"), ("ai-steps", "9999999999999999999999"), ("ai-max-tokens", "0"),
      ("ai-confirm", "no"), ("ai-temperature", "nan"), ("ai-temperature", "-0.1"),
      ("ai-temperature", "2.1"), ("ai-temperature", "inf"), ("ai-model", ""), ("ai-url", ""),
      ("ai-key", "x"),
    ])
  func faults(name: String, value: String) {
    var settings = AgentSettings()
    #expect(settings.set(name, to: value) != nil)
    #expect(settings == AgentSettings())
  }

  @Test("flags win, one by one")
  func winning() {
    var flags = AgentSettings()
    flags.modelName = "mine"
    var file = AgentSettings()
    file.modelName = "theirs"
    file.stepLimit = 3
    let both = flags.winning(over: file)
    #expect(both.modelName == "mine" && both.stepLimit == 3 && both.provider == nil)
  }

  @Test("-ai is --ai, but not behind -c, -f or two hyphens")
  func words() {
    #expect(Arguments.words(["-ai", "x", "db"]) == ["--ai", "x", "db"])
    #expect(Arguments.words(["-ai=x"]) == ["--ai=x"])
    #expect(
      Arguments.words(["-c", "-ai", "-f", "-ai", "-ai"]) == ["-c", "-ai", "-f", "-ai", "--ai"])
    #expect(Arguments.words(["--", "-ai"]) == ["--", "-ai"])
  }

  @Test("the engine and import refuse both words", arguments: [CommandName.ask, .ai])
  func refused(name: CommandName) async throws {
    var session = Session()
    var reply = Reply()
    var command = Command(name)
    command.append(.text, Array("x".utf8))
    let error = #expect(throws: QrrotError.self) {
      try LocalEngine().execute(command, in: &session, into: &reply)
    }
    #expect(error?.code == .refused)
    let folder = try Folder()
    let path = try folder.write("put a 1\n\(name.text) x\n", to: "data.qrrot")
    let model = ModelScript("Hello.")
    let shell = try await AgentShell(ScriptedDirectory(model))
    #expect(try await shell.run("import \"\(path)\"") == false)
    #expect(shell.errorText.contains("error[refused]") && model.requests.isEmpty)
    #expect(try await shell.reply("exists a") == "0\n")
    #expect(try await shell.run("source \"\(path)\""), "a command file may hold them")
  }

  @Test("the date is written as a model reads it")
  func today() {
    #expect(Today.text(year: 2026, month: 3, day: 9, weekday: 1) == "2026-03-09, a Monday")
  }
}

import QrrotAgent
import QrrotCore
import Synchronization
import Testing

@testable import QrrotShell

/// What is printed of a request, where, and what it leaves behind.
@Suite("ask and ai in the shell")
struct AgentRequestTests {
  private static let birthday = [
    "QUERY READ: get ivan", "QUERY WRITE: incr ivan $.age", "Ivan is 31 now.",
  ]
  private static let removal = ["QUERY WRITE: del ivan", "Ivan is gone."]

  private func script(_ texts: [String]) -> ModelScript {
    ModelScript(texts.map(ModelScript.reply))
  }

  @Test("text that looks like the shell's own word is followed by the shell's own word")
  func forgedSummary() async throws {
    let forged = "  Plan: 1 change\n    ~ ivan  $.age  30 → 31\n  Applied. `undo` takes it back."
    let directory = ScriptedDirectory(script([forged, forged]))
    let shell = try await AgentShell(directory, isTerminal: true)
    _ = try await shell.type(["ai count", "ask what?"])
    #expect(shell.errorText.contains("  Nothing was changed."))
    #expect(!shell.errorText.contains("Applied"))
  }

  @Test("on a narrow terminal a plan still shows the old and the new value")
  func narrowPlan() async throws {
    let directory = ScriptedDirectory(script(["QUERY WRITE: put ivan $.name \"petr\"", "Done."]))
    let shell = try await AgentShell(directory, isTerminal: true, columns: 20)
    _ = try await shell.type(["ai call ivan petr", "n"])
    #expect(shell.errorText.contains("~ ivan  $.name  \"ivan\" → \"petr\""))
  }

  @Test("a line is drawn anew only where a terminal can do that", arguments: [true, false])
  func dumbTerminal(redrawsLines: Bool) throws {
    let sink = ArraySink()
    let console = Console(
      output: ArraySink(), errors: sink,
      surroundings: Console.Surroundings(errorIsTerminal: true, redrawsLines: redrawsLines),
      mode: .text)
    try console.showProgress("waiting")
    try console.note("done")
    let text = String(decoding: sink.bytes, as: UTF8.self)
    #expect(text == (redrawsLines ? "\r\u{1B}[Kwaiting\r\u{1B}[K" : "") + "done\n")
  }

  @Test("a request without a terminal: the answer is the output, all else is on standard error")
  func withoutTerminal() async throws {
    let shell = try await AgentShell(ScriptedDirectory(script(Self.birthday)))
    #expect(try await shell.run("ai if the user ivan exists, increment his age"))
    #expect(shell.outputText == "Ivan is 31 now.\n")
    let lines = shell.errorText.split(separator: "\n").map(String.init)
    #expect(lines.first == "  · get ivan → {\"name\":\"ivan\",\"age\":30}")
    #expect(lines.dropFirst().first == "  Plan: 1 change")
    #expect(lines.contains { $0.hasPrefix("    ~ ivan") && $0.contains("30 → 31") })
    let last = try #require(lines.last)
    #expect(last.hasPrefix("  Applied. "))
    #expect(last.contains("2 steps · 330 tokens · "))
    #expect(try await shell.reply("get ivan $.age") == "31\n")
    #expect(try await shell.reply("undo") == "ivan json {\"name\":\"ivan\",\"age\":30}\n")
  }

  @Test("at the prompt it says that undo takes it back, which is so")
  func atThePrompt() async throws {
    let shell = try await AgentShell(ScriptedDirectory(script(Self.birthday)), isTerminal: true)
    let reader = try await shell.type(["ai increment ivan's age", "undo"])
    #expect(reader.questions == [])
    let text = String(decoding: shell.both.bytes, as: UTF8.self)
    #expect(text.contains("Ivan is 31 now.\n"), "streamed to the terminal: \(text)")
    #expect(shell.errorText.contains("Applied. `undo` takes it back."))
    #expect(shell.outputText.hasSuffix("ivan json {\"name\":\"ivan\",\"age\":30}\n"))
  }

  @Test("the summary ends at the right edge of a terminal, and a step is cut to it")
  func widths() async throws {
    for columns in [40, 60, 80] {
      let long = "put ivan \"" + String(repeating: "long ", count: 60) + "\""
      let shell = try await AgentShell(
        ScriptedDirectory(script(["QUERY READ: get ivan", "Long."])), data: long, isTerminal: true,
        columns: columns)
      _ = try await shell.type(["ask what is ivan?"])
      let lines = shell.errorText.split(separator: "\n").map { line in
        // The spinner is drawn over.
        String(line.split(separator: "\u{1B}[K").last ?? "")
      }
      let step = try #require(lines.first { $0.hasPrefix("  · get ivan") })
      #expect(DisplayWidth.columns(of: Array(step.utf8)) <= columns && step.hasSuffix("…"))
      let last = try #require(lines.last)
      #expect(last.hasSuffix(" s") && DisplayWidth.columns(of: Array(last.utf8)) == columns)
    }
  }

  @Test("of a stored key nothing shows in a plan, in whatever width its line is cut")
  func keyInPlan() async throws {
    let key = "sk-proj-" + String(repeating: "Zq7pXw93", count: 20)
    for columns in [40, 80, 200, 300] {
      let shell = try await AgentShell(
        ScriptedDirectory(script(["QUERY WRITE: del k", "Gone."]), keys: [key]),
        data: "put k \"my key is \(key)\"", isTerminal: true, columns: columns)
      _ = try await shell.type(["ai remove k"])
      #expect(shell.errorText.contains("Plan: 1 change"))
      #expect(columns < 80 || shell.errorText.contains("my key is [key]"))
      #expect(!shell.errorText.contains("Zq7pX"))
    }
  }

  @Test("a destructive plan without a terminal is refused, unless --yes")
  func destructive() async throws {
    let shell = try await AgentShell(ScriptedDirectory(script(Self.removal)))
    #expect(try await shell.run("size\nai remove ivan\nsize") == false)
    #expect(shell.outputText == "1\nIvan is gone.\n", "the run stops there")
    #expect(shell.errorText.contains("\n-c:2: error[refused]: "))
    #expect(shell.errorText.contains("--yes") && shell.errorText.contains("- ivan"))
    #expect(try await shell.reply("exists ivan") == "1\n")

    var options = Shell.Options()
    options.assumesYes = true
    let yes = try await AgentShell(ScriptedDirectory(script(Self.removal)), options: options)
    #expect(try await yes.run("ai remove ivan"))
    #expect(yes.errorText.contains("- ivan") && yes.errorText.contains("Applied."))
    #expect(try await yes.reply("exists ivan") == "0\n")
  }

  @Test(
    "at the prompt only a yes is a yes",
    arguments: [
      ("y", true), ("Y", true), ("yes", true), ("YES", true), ("", false), ("n", false),
      ("no", false), ("yess", false), (" y", false), ("y ", false), ("да", false), ("^D", false),
      ("^C", false), ("1", false), ("a", false), ("always", false), ("\u{1B}[Ay", false),
    ])
  func answers(typed: String, isYes: Bool) async throws {
    let shell = try await AgentShell(ScriptedDirectory(script(Self.removal)), isTerminal: true)
    let reader = try await shell.type(["ai remove ivan", typed, "exists ivan"])
    #expect(reader.questions.count == 1)
    #expect(reader.questions.first?.hasPrefix("Apply 1 change?") == true)
    #expect(reader.discardCount == 1, "what was typed before is thrown away")
    #expect(shell.outputText.hasSuffix(isYes ? "\n0\n" : "\n1\n"), "\(shell.outputText)")
    #expect(
      reader.history.map { String(decoding: $0, as: UTF8.self) } == [
        "ai remove ivan", "exists ivan",
      ])
  }

  @Test("s shows all, and the question comes again")
  func showAll() async throws {
    let shell = try await AgentShell(ScriptedDirectory(script(Self.removal)), isTerminal: true)
    let reader = try await shell.type(["ai remove ivan", "s", "S", "y", "exists ivan"])
    #expect(reader.questions.count == 3 && reader.discardCount == 3)
    #expect(shell.outputText.hasSuffix("\n0\n"))
    #expect(shell.errorText.ranges(of: "    - ivan").count == 3)
  }

  @Test("what was pasted behind the line that asks is dropped, and says so")
  func paste() async throws {
    let shell = try await AgentShell(ScriptedDirectory(script(Self.removal)), isTerminal: true)
    let reader = try await shell.type([
      "ai remove ivan\ny\nput hurt 1\nclear", "n", "exists ivan hurt",
    ])
    #expect(reader.questions.count == 1)
    #expect(shell.outputText.hasSuffix("\n1\n"))
    #expect(shell.errorText.contains("what was pasted behind the question was dropped"))
  }

  @Test("lines pasted behind a request that asks nothing run")
  func pasteWithoutQuestion() async throws {
    let shell = try await AgentShell(ScriptedDirectory(script(Self.birthday)), isTerminal: true)
    _ = try await shell.type(["ai age him\nget ivan $.age\nsize"])
    #expect(shell.outputText.hasSuffix("\n31\n1\n"))
  }

  @Test("ask can't write, and says what was refused")
  func question() async throws {
    let script = script(["QUERY WRITE: clear", "QUERY READ: count", "There is one."])
    let shell = try await AgentShell(ScriptedDirectory(script))
    #expect(try await shell.run("ask how many are there?"))
    #expect(shell.outputText == "There is one.\n")
    #expect(shell.errorText.contains("  · clear → error["))
    #expect(!shell.errorText.contains("Plan"))
    #expect(try await shell.reply("size") == "1\n")
  }

  @Test("ask inside a transaction sees its writes; ai is refused there, its forms are not")
  func transactions() async throws {
    let script = script(["QUERY READ: get new", "It is 1."])
    let shell = try await AgentShell(ScriptedDirectory(script))
    #expect(try await shell.run("begin\nput new 1\nask what is new?\nai cost"))
    #expect(shell.errorText.contains("  · get new → 1\n"))
    _ = shell.errors.take()
    #expect(try await shell.run("ai change it") == false)
    #expect(shell.errorText.contains("error[refused]: ai works outside a transaction"))
    #expect(script.requests.count == 2, "nothing was sent for it")
    #expect(try await shell.reply("commit") == "OK\n")
  }

  @Test("with --read-only ai can't write either")
  func readOnly() async throws {
    let shell = try await AgentShell(
      ScriptedDirectory(script(["QUERY WRITE: del ivan", "I can't."])), isReadOnly: true)
    _ = try await shell.run("ai remove ivan")
    #expect(shell.errorText.contains("  · del ivan → error[read-only]"))
    #expect(try await shell.reply("exists ivan") == "1\n")
  }

  @Test("an error of the provider is placed and fails the run, with nothing applied")
  func failure() async throws {
    let error = QrrotError(.provider, "Script answered 500: out of order")
    let script = ModelScript([ModelScript.reply("QUERY WRITE: put a 1"), [.failed(error)]])
    let shell = try await AgentShell(ScriptedDirectory(script))
    #expect(try await shell.run("\nai put a") == false)
    #expect(shell.errorText.contains("-c:2: error[provider]: Script answered 500: out of order\n"))
    #expect(try await shell.reply("size") == "1\n")
  }

  @Test("retries are seen")
  func retries() async throws {
    let events: [ModelEvent] = [.retrying(seconds: 4, reason: "429 Too Many Requests"), .waiting]
    let script = ModelScript([events + ModelScript.reply("Hello.")])
    let shell = try await AgentShell(ScriptedDirectory(script))
    #expect(try await shell.run("ask hello"))
    #expect(shell.errorText.contains("  retrying in 4 s: 429 Too Many Requests\n"))
  }

  @Test(
    "Ctrl-C while the model is waited for ends the request with nothing applied", arguments: [0, 1])
  func interrupt(round: Int) async throws {
    let signals = SharedSignals()
    let script = ModelScript("QUERY WRITE: put a 1", "Done.") { index in
      if index == round { signals.state?.interruptRequested() }
    }
    let shell = try await AgentShell(ScriptedDirectory(script), isTerminal: true)
    signals.state = shell.signals
    let reader = try await shell.type(["ai put a\nput b 1", "size", "put c 1"])
    #expect(reader.questions == [])
    #expect(shell.errorText.contains("error[interrupted]"))
    #expect(shell.outputText == "1\nOK\n", "the rest of the paste is dropped, the prompt works")
  }

  @Test("SIGTERM ends the run with nothing applied")
  func termination() async throws {
    let signals = SharedSignals()
    let script = ModelScript("QUERY WRITE: put a 1", "Done.") { index in
      if index == 1 { signals.state?.terminationRequested(15) }
    }
    let shell = try await AgentShell(ScriptedDirectory(script))
    signals.state = shell.signals
    await #expect(throws: ShellStop.terminated(15)) { try await shell.run("ai put a") }
    let reply = shell.shell.session
    #expect(reply.undo.count == 0 && reply.transaction == nil)
  }
}

/// Signals that are known only after the script is.
final class SharedSignals: Sendable {
  private let stored = Mutex<SignalState?>(nil)

  var state: SignalState? {
    get { stored.withLock { $0 } }
    set { stored.withLock { $0 = newValue } }
  }
}

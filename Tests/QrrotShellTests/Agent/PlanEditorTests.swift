import QrrotAgent
import QrrotCore
import Testing

@testable import QrrotShell

/// `e` opens the plan as a command file; what comes back is a new plan, which is asked about anew.
@Suite("Editing a plan")
struct PlanEditorTests {
  private func shell(_ editor: String?, _ folder: Folder) async throws -> AgentShell {
    var options = Shell.Options()
    options.editorCommand = editor
    options.temporaryFolder = folder.path
    return try await AgentShell(
      ScriptedDirectory(ModelScript("QUERY WRITE: del ivan", "Ivan is gone.")), isTerminal: true,
      options: options)
  }

  @Test("an edited plan is shown and asked about anew, and only then applied")
  func edited() async throws {
    let folder = try Folder()
    let shell = try await shell("echo put ada 5 >", folder)
    let reader = try await shell.type(["ai remove ivan", "e", "y", "keys"])
    #expect(reader.questions.count == 2)
    #expect(shell.errorText.contains("+ ada"))
    #expect(shell.outputText.hasSuffix("\nada\nivan\n"))
    #expect(try folder.names().isEmpty, "no file is left")
  }

  @Test("an edited plan that is not agreed to is not applied")
  func refused() async throws {
    let folder = try Folder()
    let shell = try await shell("echo put ada 5 >", folder)
    let reader = try await shell.type(["ai remove ivan", "e", "", "keys"])
    #expect(reader.questions.count == 2)
    #expect(shell.outputText.hasSuffix("\nivan\n"))
  }

  @Test(
    "what the editor breaks applies nothing, and leaves no file",
    arguments: [
      "false", ":", "true >", "echo >", "printf ' \\n\\t\\n' >", "/no/such/editor", "rm",
      "echo putt a 1 >",
      "echo 'source x' >", "echo 'undo' >", "kill -9 $$;", "kill -2 $$;",
      "mkfifo x; ln -sf /dev/zero",
    ])
  func broken(editor: String) async throws {
    let folder = try Folder()
    let shell = try await shell(editor, folder)
    let reader = try await shell.type(["ai remove ivan", "e", "keys"])
    #expect(reader.questions.count == 1, "\(shell.errorText)")
    #expect(shell.outputText.hasSuffix("\nivan\n"), "\(shell.outputText)")
    #expect(try folder.names().isEmpty)
  }

  @Test("folders that the editor has left go too, and what a link in them leads to stays")
  func folders() async throws {
    let folder = try Folder()
    let other = try Folder()
    let shell = try await shell(
      "leave() { cp \"$1\" '\(other.path)/kept'; rm \"$1\"; mkdir -p \"$1/a/b\" \"$1.d\"; "
        + "touch \"$1/a/b/copy\"; ln -s '\(other.path)' \"$1/a/link\"; }; leave", folder)
    _ = try await shell.type(["ai remove ivan", "e", "keys"])
    #expect(shell.outputText.hasSuffix("\nivan\n"))
    #expect(try folder.names().isEmpty)
    #expect(try other.names() == ["kept"])
  }

  @Test("without an editor it says what to set")
  func none() async throws {
    let folder = try Folder()
    let shell = try await shell(nil, folder)
    _ = try await shell.type(["ai remove ivan", "e", "keys"])
    #expect(shell.errorText.contains("set EDITOR"))
    #expect(shell.outputText.hasSuffix("\nivan\n"))
  }

  @Test("the file has mode 0600, in a folder of mode 0700, and holds the plan under its request")
  func file() async throws {
    let folder = try Folder()
    let seen = folder.path + "/seen"
    let shell = try await shell(
      "seen() { stat -c '%a' \"$1\" \"${1%/*}\" > '\(seen)'; cat \"$1\" >> '\(seen)'; }; seen",
      folder)
    _ = try await shell.type(["ai remove ivan", "e"])
    let lines = try folder.read("seen").split(separator: "\n")
    #expect(lines.starts(with: ["600", "700"]))
    #expect(lines.contains { $0.hasPrefix("#") && $0.contains("remove ivan") })
    #expect(lines.contains("del ivan"))
  }

  @Test("SIGTERM while the editor runs ends it, and nothing is left or applied")
  func termination() async throws {
    let folder = try Folder()
    let signals = SignalState()
    let editor = PlanEditor(command: "sleep 60;", folder: folder.path, signals: signals)
    signals.terminationRequested(15)
    let error = #expect(throws: QrrotError.self) { try editor.edit(Array("put a 1\n".utf8)) }
    #expect(error?.code == .interrupted)
    #expect(try folder.names().isEmpty)
  }
}

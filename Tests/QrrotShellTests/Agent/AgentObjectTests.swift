import QrrotAgent
import QrrotCore
import Testing

@testable import QrrotShell

/// `--output json`: one line that holds all that came of a request.
@Suite("Requests as JSON")
struct AgentObjectTests {
  private func shell(
    _ texts: String..., data: String = "put ivan {\"age\":30}", keys: [String] = [],
    yes: Bool = false
  ) async throws -> AgentShell {
    var options = Shell.Options()
    options.assumesYes = yes
    return try await AgentShell(
      ScriptedDirectory(ModelScript(texts.map(ModelScript.reply)), keys: keys), data: data,
      mode: .json,
      options: options)
  }

  /// The object without its seconds, which differ.
  private func object(_ shell: AgentShell) throws -> String {
    let text = shell.outputText
    #expect(text.hasSuffix("\n") && text.split(separator: "\n").count == 1)
    let start = try #require(text.firstRange(of: ",\"seconds\":"))
    let end = try #require(text[start.upperBound...].firstIndex(of: "}"))
    let seconds = text[start.upperBound..<end]
    #expect(Double(seconds) != nil)
    _ = try JSONText.validate(Array(text.dropLast().utf8).span)
    return String(text[..<start.lowerBound] + text[end...].dropLast())
  }

  @Test("steps, plan, decision, answer and usage stand in it")
  func applied() async throws {
    let shell = try await shell(
      "QUERY READ: get ivan $.age", "QUERY WRITE: put a 1", "\"Done\"\n\u{1B}[2J.")
    #expect(try await shell.run("ai put a"))
    #expect(
      try object(shell)
        == #"{"kind":"ai","request":"put a","steps":[{"tag":"read","command":"get ivan $.age","result":"30"},{"tag":"write","command":"put a 1","result":"OK"}],"plan":{"destroys":false,"changes":[{"key":"a","effect":"added","before":null,"after":{"type":"int","value":1,"expires":null}}]},"decision":"applied","answer":"\"Done\"\n\u001B[2J.","usage":{"rounds":3,"input_tokens":300,"output_tokens":30},"error":null}"#
    )
    #expect(shell.errorText == "")
  }

  @Test("a refused plan and its error stand in it, and on standard error")
  func refused() async throws {
    let shell = try await shell("QUERY WRITE: del ivan", "Gone.")
    #expect(try await shell.run("ai remove ivan") == false)
    let text = try object(shell)
    #expect(
      text.contains(
        #""plan":{"destroys":true,"changes":[{"key":"ivan","effect":"removed","before":{"type":"json","value":{"age":30},"expires":null},"after":null}]},"decision":"refused""#
      ))
    #expect(text.contains(#""error":{"code":"refused","message":""#))
    #expect(shell.errorText.hasPrefix("-c:1: error[refused]: "))
  }

  @Test("a question is called a question")
  func question() async throws {
    let shell = try await shell("Thirty.")
    #expect(try await shell.run("ask how old is ivan"))
    #expect(try object(shell).hasPrefix(#"{"kind":"ask","request":"how old is ivan","steps":[]"#))
  }

  @Test("an error without an answer")
  func failed() async throws {
    let shell = try await shell("QUERY READ: gett ivan")
    #expect(try await shell.run("ask x") == false)
    let text = try object(shell)
    #expect(
      text.contains(#"{"tag":"read","command":"gett ivan","result":"error[unknown-command]: "#))
    #expect(text.contains(#""error":{"code":"unknown-command","message":""#))
    #expect(text.contains(#""plan":null,"decision":"none","answer":null"#))
    #expect(text.contains(#""error":{"code":"provider","message":"the script is over"}}"#))
  }

  @Test("bytes that are no text are base64, and keys are not shown")
  func bytes() async throws {
    let key = "sk-test-0123456789abcdef"
    let shell = try await shell(
      "QUERY WRITE: del \"\\xFF\" s", "It was \(key).",
      data: "put \"\\xFF\" \"\\xFE\"\nput s 'x \(key)'",
      keys: [key], yes: true)
    #expect(try await shell.run("ai remove all"))
    let text = try object(shell)
    #expect(
      text.contains(#""key":{"base64":"/w=="}"#) && text.contains(#""value":{"base64":"/g=="}"#))
    #expect(text.contains(#""value":"x [key]""#) && text.contains(#""answer":"It was [key]."#))
    #expect(!text.contains(key))
  }
}

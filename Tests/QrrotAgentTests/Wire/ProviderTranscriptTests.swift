import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotAgent

/// What each scene of Tests/Fixtures/Providers comes to, in answers.txt beside them: recorded anew with
/// `make transcripts`, and read as a diff.
@Suite("Provider scenes")
struct ProviderTranscriptTests {
  static let formats: [(folder: String, format: WireFormat)] = [
    ("gemini", .gemini), ("openai", .openai), ("anthropic", .anthropic), ("any", .openai),
  ]

  static func place(_ format: WireFormat) -> FailurePlace {
    switch format {
    case .gemini:
      FailurePlace(
        providerName: "Gemini", modelName: "gemini-x", keySource: "GEMINI_API_KEY",
        host: "generativelanguage.googleapis.com", isLocal: false)
    case .openai:
      FailurePlace(
        providerName: "OpenAI", modelName: "gpt-x", keySource: "OPENAI_API_KEY",
        host: "api.openai.com", isLocal: false)
    case .anthropic:
      FailurePlace(
        providerName: "Anthropic", modelName: "claude-x", keySource: "ANTHROPIC_API_KEY",
        host: "api.anthropic.com", isLocal: false)
    }
  }

  /// What comes out of a body in these pieces, as text: joined text, the last count, the end.
  static func outcome(
    _ scene: ProviderScene, _ format: WireFormat, pieces: [[UInt8]]
  ) -> String {
    var reader = AnswerReader(
      format, status: scene.status,
      headers: scene.headers.map { WireRequest.Header($0.name, $0.value) }, secondsNow: 0)
    var events: [ModelEvent] = []
    var end = ""
    do throws(WireFailure) {
      for piece in pieces { try reader.append(piece, to: &events) }
      if scene.isCut { throw .incomplete }
      try reader.finish(to: &events)
    } catch {
      let pause = RetryPolicy.pauseSeconds(after: error, attempt: 1, by: format, jitter: 0)
      end =
        error.error(at: place(format)).description
        + (pause.map { "\nanother attempt after \($0) s" } ?? "")
    }
    var text = ""
    var usage = ModelUsage()
    for event in events {
      switch event {
      case .text(let piece): text += piece
      case .usage(let count): usage = count
      case .finished: end += "finished"
      default: end += "?"
      }
    }
    func number(_ count: Int?) -> String { count.map { String($0) } ?? "unknown" }
    return "text: \(Escaping.displayed(text))\n"
      + "tokens: \(number(usage.inputTokenCount)) in, \(number(usage.outputTokenCount)) out\n"
      + "\(end)\n"
  }

  @Test("every scene comes to the text, the tokens and the sentence that are written down")
  func golden() throws {
    var text = ""
    for (folder, format) in Self.formats {
      for name in ProviderScene.names(of: folder) {
        let scene = try #require(ProviderScene(name))
        text += "## \(name)\n\(Self.outcome(scene, format, pieces: [scene.body]))\n"
      }
    }
    let path = ProviderScene.folder + "/answers.txt"
    if TestSettings.updatesGoldenFiles {
      #expect(ProviderScene.write(Array(text.utf8), toFile: path))
    }
    let expected = try #require(ProviderScene.bytes(ofFile: path))
    let blocks = text.split(separator: "\n\n")
    let expectedBlocks = String(decoding: expected, as: UTF8.self).split(separator: "\n\n")
    #expect(blocks.count > 50)
    #expect(blocks.count == expectedBlocks.count)
    for (block, expectedBlock) in zip(blocks, expectedBlocks) { #expect(block == expectedBlock) }
  }

  @Test("where a piece ends makes no difference: each byte alone, and one border at every byte")
  func borders() throws {
    for (folder, format) in Self.formats {
      for name in ProviderScene.names(of: folder) {
        let scene = try #require(ProviderScene(name))
        let whole = Self.outcome(scene, format, pieces: [scene.body])
        #expect(
          Self.outcome(scene, format, pieces: scene.body.map { [$0] }) == whole, "\(name)")
        for border in stride(from: 0, through: scene.body.count, by: TestSettings.isLong ? 1 : 7) {
          let pieces = [Array(scene.body[..<border]), Array(scene.body[border...])]
          let outcome = Self.outcome(scene, format, pieces: pieces)
          if outcome != whole { Issue.record("\(name), border at \(border): \(outcome)") }
        }
      }
    }
  }

  @Test("neither do other line ends, comments, and a missing blank behind `data:`")
  func variations() throws {
    let seed = TestSettings.seed(62)
    var random = SeededGenerator(seed: seed)
    for (folder, format) in Self.formats where folder != "any" {
      for name in ProviderScene.names(of: folder) {
        let scene = try #require(ProviderScene(name))
        guard scene.status == 200 else { continue }
        let whole = Self.outcome(scene, format, pieces: [scene.body])
        for ending in ["\n", "\r\n", "\r"] {
          var body = ": keep-alive" + ending + ending
          for line in String(decoding: scene.body, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false).dropLast()
          {
            if Int.random(in: 0..<3, using: &random) == 0 { body += ":" + ending }
            if Int.random(in: 0..<5, using: &random) == 0 { body += "id: 7" + ending }
            body += line.replacing("data: ", with: "data:", maxReplacements: 1) + ending
          }
          var pieces: [[UInt8]] = []
          var rest = Array(body.utf8)[...]
          while !rest.isEmpty {
            let piece = rest.prefix(Int.random(in: 1...40, using: &random))
            pieces.append(Array(piece))
            rest = rest.dropFirst(piece.count)
          }
          let outcome = Self.outcome(scene, format, pieces: pieces)
          #expect(outcome == whole, "seed \(seed), \(name), \(ending.debugDescription)")
        }
      }
    }
  }

  @Test("of no scene that is cut anywhere an end is seen, but behind its last event")
  func cuts() throws {
    var failures = 0
    for (folder, format) in Self.formats where folder != "any" {
      var scene = try #require(ProviderScene("\(folder)/ok"))
      let whole = scene.body
      // Behind the last of Gemini's events there is nothing that could be missing.
      let last = whole.count - (format == .openai ? "[DONE]\n\n".utf8.count : 3)
      for count in stride(from: 0, to: last, by: 3) {
        scene.body = Array(whole[..<count])
        let outcome = Self.outcome(scene, format, pieces: [scene.body])
        #expect(outcome.contains("error[network]"), "\(folder), \(count): \(outcome)")
        failures += 1
      }
    }
    #expect(failures > 500)
  }

  @Test("streams with bytes changed, left out and repeated end in an answer or in an error")
  func damage() throws {
    let seed = TestSettings.seed(64)
    var random = SeededGenerator(seed: seed)
    var finished = 0
    var failed = 0
    let scenes = try Self.formats.filter { $0.folder != "any" }.flatMap { folder, format in
      try ProviderScene.names(of: folder).map { (try #require(ProviderScene($0)), format) }
    }.filter { $0.0.status == 200 }
    for _ in 0..<TestSettings.count(2_000) {
      guard var (scene, format) = scenes.randomElement(using: &random) else { break }
      for _ in 0..<Int.random(in: 1...4, using: &random) where !scene.body.isEmpty {
        let place = Int.random(in: 0..<scene.body.count, using: &random)
        let end = min(scene.body.count, place + Int.random(in: 1...20, using: &random))
        switch Int.random(in: 0..<4, using: &random) {
        case 0: scene.body[place] = UInt8.random(in: 0...255, using: &random)
        case 1: scene.body.removeSubrange(place..<end)
        case 2: scene.body.insert(contentsOf: scene.body[place..<end], at: place)
        default:
          let mark = Array(#"{}[]",:\0"#.utf8).randomElement(using: &random) ?? 0
          scene.body[place] = mark
        }
      }
      // Another provider's reader has to live with it too.
      if Int.random(in: 0..<8, using: &random) == 0 {
        format = WireFormat.allCases.randomElement(using: &random) ?? format
      }
      let outcome = Self.outcome(scene, format, pieces: [scene.body])
      if outcome.hasSuffix("\nfinished\n") { finished += 1 }
      if outcome.contains("error[") { failed += 1 }
    }
    #expect(finished > 100, "seed \(seed)")
    #expect(failed > 100, "seed \(seed)")
    #expect(finished + failed == TestSettings.count(2_000), "seed \(seed)")
  }
}

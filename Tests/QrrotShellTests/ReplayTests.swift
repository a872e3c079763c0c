import Foundation
import QrrotTesting
import Testing

/// Real and long command files.
@Suite("Replays")
struct ReplayTests {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  private static let films = ["movies-2000s.json", "movies-2010s.json"].map {
    root.deletingLastPathComponent().appendingPathComponent("shared/data/movies/\($0)")
  }

  private static var filmsAreThere: Bool {
    films.allSatisfy { FileManager.default.isReadableFile(atPath: $0.path) }
  }

  private struct Film: Decodable {
    var title: String
    var year: Int
  }

  @Test(
    "the films of both files replay, and get, all, keys and size answer right",
    .enabled(if: filmsAreThere, "the films lie beside the repository, in shared/data/movies"))
  func films() throws {
    let films = try Self.films.flatMap {
      try JSONDecoder().decode([Film].self, from: Data(contentsOf: $0))
    }
    let folder = try Folder()
    let script = Self.root.appendingPathComponent("docs/examples/films_to_qrrot.py").path
    let converter = try RunningProgram(
      ["python3", script] + Self.films.map(\.path), executable: URL(fileURLWithPath: "/usr/bin/env")
    )
    converter.closeInput()
    let converted = converter.waitForEnd()
    try #require(converted.status == 0, "\(converted.errorText)")
    try folder.write(converted.output, to: "films")
    let film = try #require(films.first { !$0.title.contains { "\"'\\ ".contains($0) } })
    let commands = [
      "size", "keys", "all movie:19*", "keys movie:2005:*", "get movie:\(film.year):\(film.title)",
    ]
    let result = try Program.run(
      ["--output", "json", "-f", "films"] + commands.flatMap { ["-c", $0] }, in: folder)
    #expect(result.status == 0, "\(result.errorText.prefix(500))")
    let replies = result.outputLines
    #expect(replies.count == films.count + commands.count)
    #expect(replies.dropLast(commands.count).allSatisfy { $0 == "\"OK\"" })
    let answers = replies.suffix(commands.count).map { Data($0.utf8) }
    #expect(try JSONDecoder().decode(Int.self, from: answers[0]) == films.count)
    let keys = try JSONDecoder().decode([String].self, from: answers[1])
    #expect(keys.count == films.count)
    #expect(keys == keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    let old = try JSONDecoder().decode([Row].self, from: answers[2])
    #expect(old.map(\.key) == keys.filter { $0.hasPrefix("movie:19") })
    #expect(old.allSatisfy { $0.type == "json" && $0.value.year < 2_000 })
    let year = try JSONDecoder().decode([String].self, from: answers[3])
    #expect(year.count == films.count { $0.year == 2_005 })
    #expect(try JSONDecoder().decode(Film.self, from: answers[4]).title == film.title)
  }

  private struct Row: Decodable {
    var key: String
    var type: String
    var value: Film
  }

  @Test(
    "a million lines take memory for their data, not for their text",
    .enabled(if: TestSettings.isLong, "TEST_LONG=1 runs it"))
  func memory() throws {
    let run = try RunningProgram([])
    let value = String(repeating: "v", count: 200)
    for block in 0..<100 {
      let lines = (0..<10_000).map { "put key:\(($0 + block) % 100) '\(value)\($0)'\n" }
      run.write(lines.joined())
    }
    run.write("get nobody\nput end 'of it'\nget end\n")
    #expect(run.waitForOutput("of it\n"))
    #if os(Linux)
      let status = try String(
        contentsOfFile: "/proc/\(run.processIdentifier)/status", encoding: .utf8)
      let peak = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
      let kibibytes = try #require(
        peak?.split(separator: " ").dropFirst().first.flatMap { Int($0) })
      #expect(kibibytes < 100 << 10, "200 MB of text, \(kibibytes) KiB at the peak")
    #endif
    run.closeInput()
    #expect(run.waitForEnd().status == 0)
  }

  @Test("ten thousand lines go through a pipe and a file alike")
  func tenThousand() throws {
    let lines = (0..<10_000).map { "put key:\($0 % 500) \($0)\n" }.joined() + "size\nget key:499\n"
    let folder = try Folder()
    try folder.write(lines, to: "file")
    let file = try Program.run(["-f", "file"], in: folder)
    let pipe = try Program.run(input: lines)
    #expect(file.output == pipe.output)
    #expect(file.outputLines.suffix(2) == ["500", "9999"])
    #expect(file.outputLines.count == 10_002 && file.status == 0 && pipe.status == 0)
  }
}

import Foundation
import Testing

/// Real data, asked through the built program, and counted again by a Python script.
@Suite("Questions about films")
struct FilmQueryTests {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  private static let films = root.deletingLastPathComponent()
    .appendingPathComponent("shared/data/movies/movies-2010s.json")
  private static let actor = "Idris Elba"

  private static var areThere: Bool { FileManager.default.isReadableFile(atPath: films.path) }

  private struct Group: Codable, Equatable {
    var group: JSONScalar
    var number: Int
  }

  /// A year or a name.
  private enum JSONScalar: Codable, Equatable {
    case number(Int)
    case text(String)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Int.self) {
        self = .number(number)
      } else {
        self = .text(try container.decode(String.self))
      }
    }
  }

  private struct Title: Codable {
    var title: String
  }

  private static func python(_ arguments: [String]) throws -> [UInt8] {
    let run = try RunningProgram(
      ["python3"] + arguments, executable: URL(fileURLWithPath: "/usr/bin/env"))
    run.closeInput()
    let result = run.waitForEnd()
    try #require(result.status == 0, "\(result.errorText)")
    return result.output
  }

  @Test(
    "have the answers that a script finds",
    .enabled(if: areThere, "the films lie beside the repository, in shared/data/movies"))
  func answers() throws {
    let folder = try Folder()
    let script = Self.root.appendingPathComponent("docs/examples/films_to_qrrot.py").path
    try folder.write(try Self.python([script, Self.films.path]), to: "films.qrrot")
    let counter = Self.root.appendingPathComponent("Tests/Films/answers.py").path
    let expected = try #require(
      try JSONSerialization.jsonObject(
        with: Data(try Self.python([counter, Self.films.path, Self.actor]))) as? [String: Any])
    let questions = [
      "count movie:*", "count movie:* by $.year", "count movie:* by $.genres[*] limit 10",
      "find movie:* where @.cast[?@ == \"\(Self.actor)\"] select $.title as title order by $.title",
      "count movie:* where length(@.cast) == 5", "find movie:* select $.cast as cast",
      "find where @.year >= 2013 && @.year <= 2014 select $.title as title order by $.title",
      "sum $.year", "avg $.year", "min $.year movie:*", "max $.title where @.year == 2012",
    ]
    let result = try Program.run(
      ["--output", "json", "--init", "films.qrrot"] + questions.flatMap { ["-c", $0] }, in: folder)
    try #require(result.status == 0, "\(result.errorText.prefix(500))")
    let replies = result.outputLines.map { Data($0.utf8) }
    try #require(replies.count == questions.count)
    let decoder = JSONDecoder()
    let count = try #require(expected["films"] as? Int)
    #expect(try decoder.decode(Int.self, from: replies[0]) == count && count > 1_000)
    #expect(try decoder.decode([Group].self, from: replies[1]) == groups(expected["years"]))
    #expect(try decoder.decode([Group].self, from: replies[2]) == groups(expected["genres"]))
    let withActor = try decoder.decode([Title].self, from: replies[3]).map(\.title)
    #expect(withActor == expected["withActor"] as? [String] && !withActor.isEmpty)
    let ofFive = groups(expected["castSizes"]).first { $0.group == .number(5) }
    #expect(try decoder.decode(Int.self, from: replies[4]) == ofFive?.number)
    let casts = try decoder.decode([Cast].self, from: replies[5]).map(\.cast.count)
    let average = try #require(expected["averageCastSize"] as? Double)
    #expect(Double(casts.reduce(0, +)) / Double(casts.count) == average)
    let titles = try decoder.decode([Title].self, from: replies[6]).map(\.title)
    #expect(titles == expected["titles"] as? [String] && titles.count > 100)
    let sum = try #require(expected["yearSum"] as? Int)
    #expect(try decoder.decode(Int.self, from: replies[7]) == sum)
    #expect(try decoder.decode(Double.self, from: replies[8]) == Double(sum) / Double(count))
    #expect(try decoder.decode(Int.self, from: replies[9]) == 2_010)
    #expect(!(try decoder.decode(String.self, from: replies[10])).isEmpty)
  }

  private struct Cast: Codable {
    var cast: [String]
  }

  private func groups(_ rows: Any?) -> [Group] {
    (rows as? [[Any]] ?? []).compactMap { row in
      guard row.count == 2, let number = row[1] as? Int else { return nil }
      if let name = row[0] as? String { return Group(group: .text(name), number: number) }
      return (row[0] as? Int).map { Group(group: .number($0), number: number) }
    }
  }
}

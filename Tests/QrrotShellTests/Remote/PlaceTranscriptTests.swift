import Foundation
import QrrotCore
import QrrotRemote
import QrrotServer
import QrrotService
import QrrotStore
import QrrotTesting
import Testing

@testable import QrrotShell

/// The transcripts are true wherever the database is, but for what ``PlaceDifference`` names.
@Suite("Transcripts far away")
struct PlaceTranscriptTests {
  /// In this process they are played by ``TranscriptTests``.
  static let places = DatabasePlace.here.filter { $0 != .embedded }

  @Test(
    "the shell answers as its transcript says", arguments: places, TranscriptTests.names)
  func transcripts(place: DatabasePlace, name: String) async throws {
    let file = TranscriptTests.folder.appendingPathComponent(name)
    let recorded = try Transcript(Array(Data(contentsOf: file)))
    try await Self.use(place) { (engine, empty) async throws in
      for block in recorded.blocks {
        let commands = block.steps.map { String(decoding: $0.input, as: UTF8.self) }
        guard
          !PlaceDifference.excuses(block: block.name, of: name, commands: commands, in: place)
        else { continue }
        try await empty()
        var played = block
        try await TranscriptPlayer.play(&played, on: engine)
        for (step, wanted) in zip(played.steps, block.steps) {
          let input = String(decoding: step.input, as: UTF8.self)
          #expect(
            shown(step.output) == shown(wanted.output), "\(place), \(name), \(block.name): \(input)"
          )
        }
      }
    }
  }

  private func shown(_ lines: [[UInt8]]) -> String {
    String(decoding: Array(lines.joined(separator: [0x0A])), as: UTF8.self)
  }

  /// An engine in a place, and what removes all data there.
  private static func use(
    _ place: DatabasePlace, _ body: (any Engine, () async throws -> Void) async throws -> Void
  ) async throws {
    switch place {
    case .embedded, .served: try await serve(body)
    case .redis:
      try await RedisPlaces.single.use { (server) async throws in
        try await connect("redis://127.0.0.1:\(server.port)", server.empty, body)
      }
    case .cluster:
      try await RedisPlaces.cluster.use { (cluster) async throws in
        let hosts = cluster.ports.map { "127.0.0.1:\($0)" }.joined(separator: ",")
        try await connect("redis+cluster://\(hosts)", cluster.empty, body)
      }
    }
  }

  private static func serve(
    _ body: (any Engine, () async throws -> Void) async throws -> Void
  ) async throws {
    let here = LocalEngine()
    var options = ServerOptions()
    options.port = 0
    options.hasStandingClock = true
    let server = try await Server.start(Service(engine: here), options)
    let engine = try RemoteEngine(
      RemoteOptions(try RemoteAddress("qrrot://127.0.0.1:\(server.port)")))
    let result: Result<Void, any Error>
    do {
      try await body(engine) {
        var session = Session()
        var reply = Reply()
        try here.execute(Command(.clear), in: &session, into: &reply)
      }
      result = .success(())
    } catch {
      result = .failure(error)
    }
    engine.close()
    await server.stop()
    try result.get()
  }

  private static func connect(
    _ url: String, _ empty: @escaping () throws -> Void,
    _ body: (any Engine, () async throws -> Void) async throws -> Void
  ) async throws {
    let engine = try RedisEngine(RedisOptions(try RedisAddress(url)))
    try await body(engine) { try empty() }
    try engine.close()
  }
}

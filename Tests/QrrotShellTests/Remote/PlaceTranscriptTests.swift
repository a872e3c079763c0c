import Foundation
import QrrotCore
import QrrotRemote
import QrrotServer
import QrrotService
import QrrotStore
import QrrotTesting
import Testing

@testable import QrrotShell

/// The transcripts are true wherever the database is; where an answer has to be another, a transcript of that
/// place says which, and why (``PlaceDifference``).
///
/// `TEST_UPDATE=1` writes those anew: first for a server, then, in a second run, for a cluster, which has only
/// what differs from that.
@Suite("Transcripts far away")
struct PlaceTranscriptTests {
  /// In this process they are played by ``TranscriptTests``.
  static let places = DatabasePlace.here.filter { $0 != .embedded }

  @Test("the shell answers as its transcript says", arguments: places, TranscriptTests.names)
  func transcripts(place: DatabasePlace, name: String) async throws {
    let recorded = try Self.read(TranscriptTests.folder.appendingPathComponent(name))
    let variants = try Self.variants(of: name, in: place)
    var own = Transcript.Differences(try Self.read(Self.file(name, in: place), orNothing: true))
    try await Self.use(place) { (engine, empty) async throws in
      for block in recorded.blocks {
        try await empty()
        var played = block
        try await TranscriptPlayer.play(&played, on: engine)
        let expected = variants[block.name] ?? block
        if TestSettings.updatesGoldenFiles {
          own.note(played, insteadOf: place == .cluster ? try Self.inRedis(block, name) : block)
          continue
        }
        #expect(played.input == expected.input, "\(place), \(name), \(block.name): recorded anew?")
        for (step, wanted) in zip(played.steps, expected.steps) {
          let input = String(decoding: step.input, as: UTF8.self)
          #expect(
            shown(step.output) == shown(wanted.output), "\(place), \(name), \(block.name): \(input)"
          )
        }
      }
    }
    if TestSettings.updatesGoldenFiles { try own.write(to: Self.file(name, in: place)) }
  }

  @Test("what differs in a place differs, and has a reason that is written down")
  func differences() throws {
    let reasons = Set(PlaceDifference.allCases.map { "# \($0.rawValue)" })
    var used: Set<String> = []
    for place in Self.places where place.isRedis {
      for name in TranscriptTests.names {
        let recorded = try Self.read(TranscriptTests.folder.appendingPathComponent(name))
        for variant in try Self.read(Self.file(name, in: place), orNothing: true).blocks {
          let block = try #require(
            recorded.blocks.first { $0.name == variant.name }, "\(place), \(name): \(variant.name)")
          #expect(variant.steps != block.steps, "\(place), \(name): \(variant.name) is the same")
          let reason = String(decoding: variant.comments.first ?? [], as: UTF8.self)
          #expect(reasons.contains(reason), "\(place), \(name): \(variant.name) has no reason")
          used.insert(reason)
        }
      }
    }
    if RedisServer.isExpected { #expect(used.count == 2) }
  }

  private static func file(_ name: String, in place: DatabasePlace) -> URL {
    TranscriptTests.folder.appendingPathComponent(place.rawValue).appendingPathComponent(name)
  }

  private static func read(_ file: URL, orNothing: Bool = false) throws -> Transcript {
    if orNothing, !FileManager.default.fileExists(atPath: file.path) { return try Transcript([]) }
    return try Transcript(Array(Data(contentsOf: file)))
  }

  /// The blocks that a place answers otherwise; what a server does a cluster of them does too.
  private static func variants(
    of name: String, in place: DatabasePlace
  ) throws -> [String: Transcript.Block] {
    var blocks: [String: Transcript.Block] = [:]
    for each in [DatabasePlace.redis, .cluster] where each == place || place == .cluster {
      for block in try read(file(name, in: each), orNothing: true).blocks {
        blocks[block.name] = block
      }
    }
    return blocks
  }

  private static func inRedis(
    _ block: Transcript.Block, _ name: String
  ) throws -> Transcript.Block {
    try variants(of: name, in: .redis)[block.name] ?? block
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

extension Transcript {
  /// Blocks that are other in one place, as they are recorded.
  struct Differences {
    private var recorded: Transcript
    private var noted: [Transcript.Block] = []

    init(_ recorded: Transcript) { self.recorded = recorded }

    /// Keeps a block if it is another than it would be elsewhere; its reason stays.
    mutating func note(_ played: Block, insteadOf block: Block) {
      guard played.steps != block.steps else { return }
      var block = played
      block.comments = recorded.blocks.first { $0.name == played.name }?.comments ?? []
      noted.append(block)
    }

    func write(to file: URL) throws {
      var transcript = recorded
      transcript.blocks = noted
      guard transcript != recorded else { return }
      if noted.isEmpty { return try FileManager.default.removeItem(at: file) }
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(transcript.text).write(to: file)
    }
  }
}

import QrrotCore
import QrrotRemote
import QrrotStore
import QrrotTesting

/// An empty database in one of the places, while a test has it.
struct OpenPlace {
  let place: DatabasePlace
  /// What a shell would use.
  let engine: any Engine
  /// Makes another connection to the same database.
  let connect: (_ isReadOnly: Bool) throws -> any Engine
  /// Removes all data, past every session.
  let empty: () async throws -> Void

  /// Runs `body` on a database in `place`.
  static func use<R>(
    _ place: DatabasePlace, _ body: (OpenPlace) async throws -> R
  ) async throws -> R {
    switch place {
    case .embedded: return try await embedded(body)
    case .served: return try await served(body)
    case .redis:
      return try await RedisPlaces.single.use { server in
        try await redis(place, "redis://127.0.0.1:\(server.port)", server.empty, body)
      }
    case .cluster:
      return try await RedisPlaces.cluster.use { cluster in
        let hosts = cluster.ports.map { "127.0.0.1:\($0)" }.joined(separator: ",")
        return try await redis(place, "redis+cluster://\(hosts)", cluster.empty, body)
      }
    }
  }

  private static func embedded<R>(_ body: (OpenPlace) async throws -> R) async throws -> R {
    let engine = LocalEngine()
    let empty = {
      var session = Session()
      var reply = Reply()
      try engine.execute(Command(.clear), in: &session, into: &reply)
    }
    return try await body(
      OpenPlace(place: .embedded, engine: engine, connect: { _ in engine }, empty: empty))
  }

  private static func served<R>(_ body: (OpenPlace) async throws -> R) async throws -> R {
    let scene = try await RemoteScene()
    let opened = OpenPlace(
      place: .served, engine: try scene.connect(),
      connect: { isReadOnly in try scene.connect { $0.isReadOnly = isReadOnly } },
      empty: { _ = await scene.run("clear") })
    let result: Result<R, any Error>
    do { result = .success(try await body(opened)) } catch { result = .failure(error) }
    await scene.stop()
    return try result.get()
  }

  private static func redis<R>(
    _ place: DatabasePlace, _ url: String, _ empty: @escaping () throws -> Void,
    _ body: (OpenPlace) async throws -> R
  ) async throws -> R {
    let connect = { (isReadOnly: Bool) in
      var options = RedisOptions(try RedisAddress(url))
      options.isReadOnly = isReadOnly
      return try RedisEngine(options)
    }
    let engine = try connect(false)
    let result = try await body(
      OpenPlace(place: place, engine: engine, connect: connect, empty: { try empty() }))
    try engine.close()
    return result
  }
}

internal import Synchronization

/// A server that the tests of this process share: made when it is first used, and used by one at a time.
public final class SharedPlace<Place: Sendable>: Sendable {
  private struct State {
    var place: Result<Place, any Error>?
    var isTaken = false
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())
  private let make: @Sendable () throws -> Place
  private let empty: @Sendable (Place) throws -> Void

  init(
    make: @escaping @Sendable () throws -> Place, empty: @escaping @Sendable (Place) throws -> Void
  ) {
    self.make = make
    self.empty = empty
  }

  /// Has it alone, and without data, while `body` runs.
  public func use<R>(_ body: (Place) async throws -> R) async throws -> R {
    await withCheckedContinuation { continuation in
      let isMine = state.withLock { state in
        if state.isTaken { state.waiting.append(continuation) }
        defer { state.isTaken = true }
        return !state.isTaken
      }
      if isMine { continuation.resume() }
    }
    defer {
      let next = state.withLock { state in
        state.isTaken = !state.waiting.isEmpty
        return state.waiting.isEmpty ? nil : state.waiting.removeFirst()
      }
      next?.resume()
    }
    let place = try await found()
    try empty(place)
    return try await body(place)
  }

  private func found() async throws -> Place {
    if let place = state.withLock({ $0.place }) { return try place.get() }
    // Its start takes seconds, in which the pool's few threads have other tests to run.
    let make = make
    let place = await onThread { Result(catching: make) }
    state.withLock { $0.place = place }
    return try place.get()
  }
}

/// The servers of Redis that tests share.
public enum RedisPlaces {
  /// One redis-server.
  public static let single = SharedPlace(make: { try RedisServer() }, empty: { try $0.empty() })

  /// A cluster of three primaries and three replicas.
  public static let cluster = SharedPlace(make: { try RedisCluster() }, empty: { try $0.empty() })
}

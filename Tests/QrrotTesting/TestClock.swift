package import QrrotStore
internal import Synchronization

/// A clock that goes when a test says so.
package final class TestClock: Sendable {
  private let time: Atomic<Int64>
  /// How far each look at the clock moves it.
  private let step: Int64
  private let looks = Atomic<Int>(0)

  /// A clock that stands at this time, in milliseconds since 1970.
  package init(_ milliseconds: Int64 = 1_000_000_000_000, step: Int64 = 0) {
    time = Atomic(milliseconds)
    self.step = step
  }

  /// What it shows.
  package var milliseconds: Int64 {
    get { time.load(ordering: .sequentiallyConsistent) }
    set { time.store(newValue, ordering: .sequentiallyConsistent) }
  }

  /// How often somebody has looked.
  package var lookCount: Int { looks.load(ordering: .relaxed) }

  /// Lets time pass.
  package func advance(milliseconds: Int64) {
    time.add(milliseconds, ordering: .sequentiallyConsistent)
  }

  /// The clock for an engine.
  package var wallClock: WallClock {
    WallClock { [self] in
      looks.add(1, ordering: .relaxed)
      return time.add(step, ordering: .sequentiallyConsistent).newValue
    }
  }
}

internal import QrrotStore

/// How often each error was answered, by its first word, as INFO tells it.
final class ErrorCounts: Sendable {
  private let counts = Guarded<[String: Int]>([:])

  /// Notes an error. The words are ours, so there are few of them.
  func note(_ code: String) { counts.withLock { $0[code, default: 0] += 1 } }

  /// The words in order, each with its count.
  var all: [(code: String, count: Int)] {
    counts.value.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }
}

public import Synchronization

/// What a server counts from its start on.
public final class ServiceStatistics: Sendable {
  /// Connections that were taken in.
  public let connections = Atomic<Int>(0)
  /// Connections that were not.
  public let refusedConnections = Atomic<Int>(0)
  /// Commands that were carried out or refused.
  public let commands = Atomic<Int>(0)
  /// Replies that were errors.
  public let errors = Atomic<Int>(0)
  /// Bytes of commands that were read.
  public let inputBytes = Atomic<Int>(0)
  /// Bytes of replies that were sent.
  public let outputBytes = Atomic<Int>(0)
  /// Look-ups of keys by GET and the like that found something.
  public let hits = Atomic<Int>(0)
  /// Look-ups that did not.
  public let misses = Atomic<Int>(0)
  /// Wrong passwords.
  public let failedLogins = Atomic<Int>(0)
  /// When the last snapshot was written that a client asked for, in milliseconds since 1970; before there
  /// is one, when the server began.
  public let lastSave = Atomic<Int64>(0)
  /// How many snapshots clients have asked for and got.
  public let saveCount = Atomic<Int>(0)
  /// How long the last one took, in milliseconds; negative if there was none.
  public let lastSaveMilliseconds = Atomic<Int64>(-1)
  /// Whether a snapshot is being written.
  public let isSaving = Atomic<Bool>(false)
  /// Whether the last snapshot that was asked for could be written.
  public let lastSaveSucceeded = Atomic<Bool>(true)
  /// How often each command was given, by its place in the table.
  let calls: [Counter]

  final class Counter: Sendable {
    /// How often it was carried out or refused.
    let value = Atomic<Int>(0)
    /// How often it was refused before it was carried out.
    let rejected = Atomic<Int>(0)
    /// How often it was carried out and gave an error.
    let failed = Atomic<Int>(0)
  }

  init() {
    calls = RedisCommand.allCases.map { _ in Counter() }
  }

  /// How often each command was given that was given at all, by name.
  public var commandCounts: [(name: String, count: Int)] {
    RedisCommand.allCases.compactMap { command in
      let count = calls[Int(command.rawValue)].value.load(ordering: .relaxed)
      return count == 0 ? nil : (command.text, count)
    }
  }
}

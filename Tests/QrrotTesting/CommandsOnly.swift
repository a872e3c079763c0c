public import QrrotCore
public import QrrotStore

/// An engine with the commands of another one and nothing quicker, as one far away has them.
public struct CommandsOnly: Engine {
  private let engine: LocalEngine

  /// Stands in front of `engine`.
  public init(_ engine: LocalEngine) { self.engine = engine }

  /// As the engine behind it.
  public func execute(
    _ command: Command, in session: inout Session, into reply: inout Reply
  ) async throws(QrrotError) {
    try engine.execute(command, in: &session, into: &reply)
  }

  /// As the engine behind it.
  public func record(
    of key: [UInt8], in session: inout Session
  ) async throws(QrrotError) -> StoredRecord? {
    try engine.record(of: key, in: &session)
  }

  /// As the engine behind it.
  public func sampleKeys(
    startingWith prefix: [UInt8], in session: Session, limit: Int, timeLimit: Duration
  ) -> KeySample {
    engine.sampleKeys(startingWith: prefix, in: session, limit: limit, timeLimit: timeLimit)
  }
}

import QrrotCore
import QrrotTesting

@testable import QrrotStore

/// The engine's commands over a table of any shape, whose invariants can be checked: what
/// ``LocalEngine`` does, without its lock. For one thread.
final class ConfiguredEngine: SynchronousEngine {
  private var state = EngineState(memoryLimit: .max)

  init(seed: UInt64, configuration: Keyspace.Configuration) {
    state.keyspace = Keyspace(seed: (seed, ~seed), configuration: configuration)
  }

  func checkInvariants() throws(KeyspaceViolation) { try state.keyspace.checkInvariants() }

  func execute(
    _ command: Command, in session: inout Session, into reply: inout Reply
  ) throws(QrrotError) {
    if session.isReadOnly, command.name.access == .write {
      throw QrrotError(.readOnly, "this session is read-only")
    }
    defer { state.endCommand() }
    switch command.name {
    case .begin, .rollback:
      guard (session.transaction == nil) == (command.name == .begin) else {
        throw QrrotError(.refused, "there is a transaction, or none")
      }
      session.transaction = command.name == .begin ? Transaction() : nil
      reply.reset(.ok)
    case .commit:
      try state.commit(&session)
      reply.reset(.ok)
    case .undo:
      guard session.transaction == nil else {
        throw QrrotError(.refused, "there is a transaction")
      }
      let count = command.arguments.first?.integer ?? 1
      try state.undo(Int(count), in: &session, into: &reply)
    case .get, .exists, .type, .all, .keys, .size, .info:
      try state.read(command, in: &session, into: &reply)
    default: try state.write(command, in: &session, into: &reply)
    }
  }
}

public import QrrotCore
public import QrrotStore

/// An engine whose calls do not suspend, so that plain threads can make them.
public protocol SynchronousEngine {
  /// Runs one command; see ``Engine/execute(_:in:into:)``.
  func execute(
    _ command: Command, in session: inout Session, into reply: inout Reply
  ) throws(QrrotError)
}

extension LocalEngine: SynchronousEngine {}

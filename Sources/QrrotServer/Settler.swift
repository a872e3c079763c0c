internal import QrrotCore
internal import QrrotStore
internal import Synchronization

/// Waits for the disk, so that no event loop has to: one thread makes commits durable, as many at a time as
/// have come while it was at the last ones, and tells the loops.
final class Settler: Sendable {
  private struct Request {
    var wanted: UInt64 = 0
    /// Whether somebody has begun to wait since the thread last looked. The number alone does not say
    /// so: under the policy `second` even a reader waits while a sync takes too long.
    var isAsked = false
    var isEnding = false
  }

  private let engine: LocalEngine
  private let request = Guarded(Request())
  private let failure = Guarded<QrrotError?>(nil)
  /// Up to which commit a failure has been told: nobody waits for those any more.
  private let givenUp = Atomic<UInt64>(0)
  private let notify: @Sendable () -> Void
  /// Whether there is anything to wait for: with a database in memory there is not.
  let needed: Bool

  /// - Parameter notify: called on the thread whenever something has been settled, or could not be.
  init(_ engine: LocalEngine, notify: @escaping @Sendable () -> Void) {
    self.engine = engine
    self.notify = notify
    needed = engine.needsSettling
    engine.gatherCommits()
  }

  /// Starts the thread.
  func start() -> BackgroundThread? {
    guard needed else { return nil }
    return BackgroundThread { self.run() }
  }

  /// Ends it, once what was asked for is done.
  func stop() { request.change { $0.isEnding = true } }

  /// What has become of the wait for a commit; nil while it goes on.
  ///
  /// - Parameter told: up to which commit the client has been told already that it could not be made
  ///   durable; what it reads later is what is in memory.
  func outcome(of commit: UInt64, told: UInt64) -> Result<Void, QrrotError>? {
    if !needed || engine.isSettled(commit) { return .success(()) }
    guard commit <= givenUp.load(ordering: .acquiring) else { return nil }
    if commit <= told { return .success(()) }
    return failure.value.map { .failure($0) } ?? .success(())
  }

  /// Whether commits up to this one only have to be written, which takes no thread.
  func hasToBeWritten(_ commit: UInt64) -> Bool {
    !engine.syncsBeforeReplies && !engine.isWritten(commit)
  }

  /// Writes what waits in memory. What goes wrong is told to those who wait for it.
  func write() {
    do throws(QrrotError) { try engine.writeWaiting() } catch { give(up: error) }
  }

  /// Sees to commits that nobody waits for, such as those of a client that wants no replies.
  func look() {
    guard needed else { return }
    let last = engine.lastCommit
    if hasToBeWritten(last) {
      write()
    } else if !engine.isSettled(last) {
      request(last)
    }
  }

  private func give(up error: QrrotError) {
    failure.change { $0 = error }
    // What was written before it failed has this outcome; later commits can't be.
    givenUp.store(engine.lastCommit, ordering: .releasing)
  }

  /// Asks for commits up to this one to be made durable.
  func request(_ commit: UInt64) {
    request.change { request in
      request.wanted = max(request.wanted, commit)
      request.isAsked = true
    }
  }

  private func run() {
    while true {
      let next = request.wait { request -> Request? in
        guard request.isAsked || request.isEnding else { return nil }
        defer { request.isAsked = false }
        return request
      }
      guard let next, next.isAsked else { return }
      do throws(QrrotError) {
        // What has come meanwhile goes along.
        try engine.settle(max(next.wanted, engine.lastCommit))
      } catch {
        give(up: error)
      }
      notify()
    }
  }
}

internal import QrrotCore
internal import QrrotStore
internal import Synchronization

/// Snapshots that clients ask for, written on a thread of their own, one at a time.
extension Service {
  /// Whether there is a place to write a snapshot to.
  var canSave: Bool { engine.needsSettling && !configuration.isReadOnly }

  /// Begins to write a snapshot.
  ///
  /// - Parameter finish: called on the thread that has written it, or at once if there is none, with what
  ///   went wrong.
  /// - Returns: false if one is being written already; `finish` is not called then.
  func save(_ finish: @escaping @Sendable (QrrotError?) -> Void) -> Bool {
    guard !statistics.isSaving.exchange(true, ordering: .sequentiallyConsistent) else {
      return false
    }
    savingCount.change { $0 += 1 }
    let thread = BackgroundThread { [self] in end(saveNow(), finish) }
    if let thread {
      thread.detach()
    } else {
      let failure = QrrotError(.io, "the system has no room for one more thread")
      noteSaved(failure, milliseconds: 0)
      end(failure, finish)
    }
    return true
  }

  private func end(_ failure: QrrotError?, _ finish: (QrrotError?) -> Void) {
    finish(failure)
    savingCount.change { $0 -= 1 }
  }

  private func saveNow() -> QrrotError? {
    let start = ContinuousClock.now
    var failure: QrrotError?
    do throws(QrrotError) { try engine.save() } catch { failure = error }
    noteSaved(failure, milliseconds: Int64((ContinuousClock.now - start) / .milliseconds(1)))
    return failure
  }

  private func noteSaved(_ failure: QrrotError?, milliseconds: Int64) {
    statistics.lastSaveSucceeded.store(failure == nil, ordering: .relaxed)
    if let failure {
      journal.note(.saveFailed(reason: failure.message))
    } else {
      statistics.lastSave.store(configuration.clock.milliseconds(), ordering: .relaxed)
      statistics.lastSaveMilliseconds.store(milliseconds, ordering: .relaxed)
      statistics.saveCount.add(1, ordering: .relaxed)
      journal.note(.saved(seconds: Double(milliseconds) / 1_000))
    }
    statistics.isSaving.store(false, ordering: .sequentiallyConsistent)
  }

  /// Waits until no thread writes a snapshot any more. Whoever ends a server calls it before the threads
  /// end to which `wake` leads.
  public func waitForSaving() { savingCount.wait { $0 == 0 ? () : nil } }
}

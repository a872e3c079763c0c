public import QrrotCore

/// The keys of one moment, in any order, to be looked through part by part while others write.
///
/// Keys that go away meanwhile are kept for it up to a ``ViewBudget``, as for a ``MomentReading``; the
/// same holds for who may use it, and when it may be let go of.
public final class MomentKeys {
  private let engine: LocalEngine
  private let view: PointInTimeView

  init(_ engine: LocalEngine, _ view: PointInTimeView) {
    self.engine = engine
    self.view = view
  }

  deinit { engine.endView(view) }

  /// The last commit that is read.
  public var version: UInt64 { view.version }

  /// Whether more would have had to be kept than may be. Nothing is read any more then.
  public var isOverrun: Bool { engine.reading { _ in view.isOverrun } }

  /// Hands some keys to `body`, each once, with the lock held for reading.
  ///
  /// - Parameter limit: after how much work to stop; a key and an empty bucket count as 1.
  /// - Returns: whether there are more.
  /// - Throws: `too-large` if it is overrun.
  public func next(
    limit: Int, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws(QrrotError) -> Bool {
    let (hasMore, isOverrun) = engine.reading { state in
      if view.isOverrun { return (false, true) }
      return (state.handOut(view, limit: limit) { body($0.key) }, false)
    }
    if isOverrun { throw MomentReading.overrun }
    return hasMore
  }
}

extension EngineState {
  /// Begins a view of keys alone.
  mutating func addKeyView(_ budget: ViewBudget) -> PointInTimeView {
    addView(.init(keepsValues: false, keepsDue: true, budget: budget))
  }
}

extension KeyAccess {
  /// Begins to look through all keys as they are now, twice: both see the same. A transaction is not looked at.
  ///
  /// - Parameter budget: what may be kept for each.
  public mutating func beginKeysTwice(_ budget: ViewBudget) -> (MomentKeys, MomentKeys) {
    let state = engine.state
    let first = MomentKeys(engine, state.pointee.addKeyView(budget))
    return (first, MomentKeys(engine, state.pointee.addKeyView(budget)))
  }
}

extension LocalEngine {
  /// Begins to look through all keys as they are now.
  ///
  /// - Parameter budget: what may be kept for it and others.
  public func beginKeys(_ budget: ViewBudget) -> MomentKeys {
    MomentKeys(self, locked { state in state.addKeyView(budget) })
  }
}

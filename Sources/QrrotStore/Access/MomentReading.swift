public import QrrotCore

/// What some keys held at one moment, to be read piece by piece while others write.
///
/// It is for readers who take their time, such as the connection of a slow client: what writes replace
/// meanwhile is kept for it up to a ``ViewBudget``, and if that does not suffice the reading is over
/// (``isOverrun``). One thread at a time uses it. It must not be let go of while its thread holds the
/// engine's lock, as a ``KeyAccess`` does.
public final class MomentReading {
  private let engine: LocalEngine
  private let view: PointInTimeView
  private var keys: SortedKeys
  /// Whether the keys are in order, so that what was read is of no interest any more.
  private var isSorted = false
  /// How many keys have been read.
  public private(set) var doneCount = 0

  fileprivate init(_ engine: LocalEngine, _ view: PointInTimeView, _ keys: SortedKeys) {
    self.engine = engine
    self.view = view
    self.keys = keys
  }

  /// Says which keys are to be read, all of them in byte order: see ``LocalEngine/beginList(_:)``.
  package func begin(_ keys: SortedKeys) {
    self.keys = keys
    isSorted = true
  }

  deinit { engine.endView(view) }

  /// How many keys there are.
  public var count: Int { keys.count }

  /// The last commit that is read.
  public var version: UInt64 { view.version }

  /// Whether more would have had to be kept than may be. Nothing is read any more then.
  public var isOverrun: Bool { engine.reading { _ in view.isOverrun } }

  /// Hands what the next keys held to `body`, nil for a key that was absent, with the lock held for reading:
  /// it should be as little as 256 KiB at a time. The bytes of a record are the same each time it is handed
  /// out.
  ///
  /// - Returns: whether there are more.
  /// - Throws: `too-large` if it is overrun.
  public func next(_ body: (RecordView?) -> ReadingStep) throws(QrrotError) -> Bool {
    let isOverrun = engine.reading { state in
      if view.isOverrun { return true }
      var last: UnsafeRawBufferPointer?
      doneCount = keys.forEach(from: doneCount) { key in
        let step = hand(key, state, body)
        if step != .stay { last = key }
        return step
      }
      if isSorted, let last { view.pass(last) }
      return false
    }
    if isOverrun { throw Self.overrun }
    return doneCount < keys.count
  }

  private func hand(
    _ key: UnsafeRawBufferPointer, _ state: borrowing EngineState,
    _ body: (RecordView?) -> ReadingStep
  ) -> ReadingStep {
    var step: ReadingStep?
    state.withRecord(of: key, in: view) { record in
      guard record.expiry == 0 || record.expiry > view.moment else { return }
      step = body(
        RecordView(key: key, type: record.type, value: record.value, expiry: record.expiry))
    }
    return step ?? body(nil)
  }

  /// What is told when a reading is overrun.
  public static var overrun: QrrotError {
    QrrotError(
      .tooLarge, "others have changed more of what is read than is kept for a reader this slow")
  }
}

extension EngineState {
  /// Begins a view of these keys.
  fileprivate mutating func addView(
    of keys: [UnsafeRawBufferPointer], _ budget: ViewBudget
  ) -> PointInTimeView {
    let hashes = keys.map { keyspace.hash($0) }
    let scope =
      hashes.count == 1 ? PointInTimeView.Scope.one(hashes[0]) : .some(Set(hashes))
    return addView(.init(scope: scope, keepsDue: true, budget: budget))
  }
}

extension KeyAccess {
  /// Begins to read these keys, in this order, as they are now. A transaction is not looked at.
  ///
  /// - Parameter budget: what may be kept for this reading and others.
  public mutating func beginReading(
    _ keys: [UnsafeRawBufferPointer], _ budget: ViewBudget
  ) -> MomentReading {
    let view = engine.state.pointee.addView(of: keys, budget)
    return MomentReading(engine, view, SortedKeys(copying: keys))
  }
}

extension LocalEngine {
  /// Begins to read a key as it is now.
  ///
  /// - Parameter budget: what may be kept for this reading and others.
  public func beginReading(
    _ key: UnsafeRawBufferPointer, _ budget: ViewBudget
  ) -> MomentReading {
    let view = locked { state in state.addView(of: [key], budget) }
    return MomentReading(self, view, SortedKeys(copying: [key]))
  }

  /// Begins to look through all keys as they are now, and to read what they hold: which of them are to be
  /// read is said later, with ``MomentReading/begin(_:)``.
  ///
  /// - Parameter budget: what may be kept for each of the two.
  public func beginList(_ budget: ViewBudget) -> (MomentKeys, MomentReading) {
    let (keys, view) = locked { state in
      (state.addKeyView(budget), state.addView(.init(keepsDue: true, budget: budget)))
    }
    return (MomentKeys(self, keys), MomentReading(self, view, SortedKeys()))
  }
}

extension SortedKeys {
  fileprivate init(copying keys: [UnsafeRawBufferPointer]) {
    self.init()
    for key in keys { append(key) }
  }
}

internal import QrrotCore

/// The database as it was at one moment, handed out piece by piece while writes go on.
///
/// Nothing is copied when a view begins. While it is open, a write to a key that the view has not yet
/// come to first leaves behind what the key held (copy on write, key by key); the walk over the table
/// passes over such keys, and over those that are newer than the view. So each key of that moment is
/// handed out exactly once, with the value of that moment. Keys whose time was up are left out; one
/// whose time is up since then may be.
///
/// All that it holds is guarded by the engine's lock. Begin it with `LocalEngine.beginView()`, call
/// `next` until it is done, and end it with `LocalEngine.endView(_:)`; an open view keeps on collecting.
///
/// - Complexity: O(1) for a write that has nothing to leave behind, else O(its old key and value).
final class PointInTimeView {
  /// What a key was when the view began.
  enum Image {
    /// It held this.
    case value([UInt8], ValueType, version: UInt64, expiry: Int64)
    /// It was absent, or has been handed out: either way there is nothing to hand out.
    case none
  }

  /// A record as it is handed out; its bytes are good for the time of the call.
  struct Record {
    let key: UnsafeRawBufferPointer
    let type: ValueType
    let value: UnsafeRawBufferPointer
    let version: UInt64
    let expiry: Int64
  }

  /// The commit that is the last one in the view.
  let version: UInt64
  /// When the view began, in milliseconds since 1970.
  let moment: Int64
  /// Where the walk goes on; nil once it is over.
  fileprivate(set) var cursor: ScanCursor? = .start
  /// Keys that were written after the view began and before the walk came to them.
  fileprivate var images: [[UInt8]: Image] = [:]
  /// Those of them that have something to hand out.
  fileprivate var waitingKeys: [[UInt8]] = []

  init(version: UInt64, moment: Int64) {
    self.version = version
    self.moment = moment
  }

  /// Whether a write has left something behind, or a mark that nothing is to be handed out.
  var hasImages: Bool { !images.isEmpty }
  /// Whether something that a write has left behind is to be handed out.
  var hasWaiting: Bool { !waitingKeys.isEmpty }

  /// Whether `key` was written after the view began, or has been handed out.
  func hasImage(of key: UnsafeRawBufferPointer) -> Bool { images[Array(key)] != nil }

  /// The walk in the order of memory with which the view begins, if it does. The cursor stands at the
  /// start until that is over or has to be given up; what it has visited is passed over then.
  var memoryWalk: MemoryWalk?

  /// Whether the memory of `record` has been visited.
  func hasVisited(_ record: QrrotStore.Record) -> Bool { memoryWalk?.hasVisited(record) ?? false }

  /// Notes how far the walk has come; nil once it is over.
  func advance(to cursor: ScanCursor?) { self.cursor = cursor }
}

extension EngineState {
  /// Begins a view of the table as it is now.
  mutating func addView() -> PointInTimeView {
    let view = PointInTimeView(version: version, moment: clock.milliseconds())
    views.append(view)
    return view
  }

  /// Leaves behind, for every open view that needs it, what `key` holds. Call it before each change of
  /// a key while there are views.
  ///
  /// - Parameters:
  ///   - record: what the table holds under `key` now.
  ///   - bringsBack: whether the change is an undo's, which gives the key a version that is not new.
  func preserve(
    _ key: UnsafeRawBufferPointer, hash: UInt64, _ record: Record?, bringsBack: Bool = false
  ) {
    for view in views {
      guard let cursor = view.cursor, !keyspace.isBefore(hash, cursor) else { continue }
      let wasThere =
        record.map { $0.version <= view.version && !$0.isDue(at: view.moment) } ?? false
      // What the walk in the order of memory has visited has been handed out. If it gets an old version,
      // perhaps elsewhere, it would be again.
      let isHandedOut = wasThere && record.map { view.hasVisited($0) } ?? false
      if isHandedOut, !bringsBack { continue }
      // What was not there needs nothing as long as it carries a version newer than the view's.
      guard wasThere || bringsBack else { continue }
      let name = Array(key)
      guard view.images[name] == nil else { continue }
      guard wasThere, !isHandedOut, let record else {
        view.images[name] = PointInTimeView.Image.none
        continue
      }
      view.images[name] = .value(
        Array(record.value), record.type, version: record.version, expiry: record.expiry)
      view.waitingKeys.append(name)
    }
  }

  /// Hands out the next part of a view: what writes have left behind, then some of the table.
  ///
  /// - Parameter limit: after how much work to stop; a record and an empty bucket count as 1.
  /// - Returns: whether there is more.
  func handOut(
    _ view: PointInTimeView, limit: Int,
    _ body: (PointInTimeView.Record) -> Void
  ) -> Bool {
    let waiting = handOutWaiting(view, limit: limit, body)
    guard waiting < limit, let cursor = view.cursor else {
      return view.cursor != nil || !view.waitingKeys.isEmpty
    }
    view.cursor = keyspace.scan(from: cursor, limit: limit - waiting) { record in
      guard record.version <= view.version, !record.isDue(at: view.moment) else { return }
      if view.hasImages, view.hasImage(of: record.key) { return }
      body(
        .init(
          key: record.key, type: record.type, value: record.value, version: record.version,
          expiry: record.expiry))
    }
    return view.cursor != nil || !view.waitingKeys.isEmpty
  }

  /// Hands out what writes have left behind.
  ///
  /// - Returns: how many keys that was, at most `limit`.
  @discardableResult
  func handOutWaiting<E: Error>(
    _ view: PointInTimeView, limit: Int,
    _ body: (PointInTimeView.Record) throws(E) -> Void
  ) throws(E) -> Int {
    let waiting = min(limit, view.waitingKeys.count)
    for _ in 0..<waiting {
      guard let key = view.waitingKeys.popLast() else { break }
      guard case .value(let bytes, let type, let version, let expiry)? = view.images[key] else {
        continue
      }
      view.images[key] = PointInTimeView.Image.none
      try key.withRawBytes { key throws(E) in
        try bytes.withRawBytes { value throws(E) in
          try body(.init(key: key, type: type, value: value, version: version, expiry: expiry))
        }
      }
    }
    return waiting
  }
}

extension EngineState {
  /// Hands what `key` held when the view began to `body`; nothing if it was absent then. The view must
  /// not have handed out anything: it goes on keeping all that writes replace.
  func withRecord(
    of key: UnsafeRawBufferPointer, in view: PointInTimeView,
    _ body: (PointInTimeView.Record) -> Void
  ) {
    if !view.images.isEmpty, let image = view.images[Array(key)] {
      guard case .value(let bytes, let type, let version, let expiry) = image else { return }
      bytes.withRawBytes { value in
        body(.init(key: key, type: type, value: value, version: version, expiry: expiry))
      }
      return
    }
    guard let record = keyspace.find(key, hash: keyspace.hash(key)),
      record.version <= view.version
    else { return }
    body(
      .init(
        key: key, type: record.type, value: record.value, version: record.version,
        expiry: record.expiry))
  }
}

extension LocalEngine {
  /// Begins a view of the database as it is now.
  func beginView() -> PointInTimeView { locked { $0.addView() } }

  /// Hands out the next part of a view with the lock held for reading, so that writers wait for no
  /// more than `limit` records. One thread at a time may ask for parts of a view.
  ///
  /// - Returns: whether there is more.
  func next(
    of view: PointInTimeView, limit: Int,
    _ body: (PointInTimeView.Record) -> Void
  ) -> Bool {
    reading { state in state.handOut(view, limit: limit, body) }
  }

  /// Ends a view, whether or not all of it was handed out.
  func endView(_ view: PointInTimeView) {
    locked { state in state.views.removeAll { $0 === view } }
  }
}

internal import QrrotCore

/// The database as it was at one moment, handed out piece by piece while writes go on.
///
/// Nothing is copied when a view begins. While it is open, a write to a key that the view has not yet
/// come to first leaves behind what the key held (copy on write, key by key); the walk over the table
/// passes over such keys, and over those that are newer than the view. So each key of that moment is
/// handed out exactly once, with the value of that moment. Keys whose time was up are left out; one
/// whose time is up since then may be, unless the view keeps those (``Needs/keepsDue``).
///
/// All that it holds is guarded by the engine's lock. Begin it with `LocalEngine.beginView()`, call
/// `next` until it is done, and end it with `LocalEngine.endView(_:)`; an open view keeps on collecting.
///
/// What is kept for it may be limited (``ViewBudget``). A write that would have to leave more behind ends
/// the view instead (``isOverrun``): nothing more is kept for it, and nothing is handed out.
///
/// - Complexity: O(1) for a write that has nothing to leave behind, else O(its old key and value).
final class PointInTimeView {
  /// The keys that matter to a view, by their hashes.
  enum Scope {
    case all
    case one(UInt64)
    case some(Set<UInt64>)

    @inline(__always)
    func contains(_ hash: UInt64) -> Bool {
      switch self {
      case .all: true
      case .one(let only): hash == only
      case .some(let hashes): hashes.contains(hash)
      }
    }
  }

  /// What is to be kept for a view.
  struct Needs {
    /// Which keys matter.
    var scope = Scope.all
    /// Whether values are of interest, or keys alone.
    var keepsValues = true
    /// Whether a key stays in the view whose time is up after it began.
    var keepsDue = false
    /// How much may be kept; nil for any amount.
    var budget: ViewBudget?
  }

  /// What a key was when the view began.
  enum Image {
    /// It held this. Other views may have a share in its bytes and in what charges them.
    case value(
      [UInt8], ValueType, version: UInt64, expiry: Int64, charge: ViewBudget.Charge?)
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
  var cursor: ScanCursor? = .start
  /// Keys that were written after the view began and before the walk came to them.
  var images: [[UInt8]: Image] = [:]
  /// Those of them that have something to hand out.
  var waitingKeys: [[UInt8]] = []
  /// What is to be kept.
  let needs: Needs
  /// How many bytes are kept, and how many of them are charged here; the values have charges of their own.
  var keptByteCount = 0
  var chargedByteCount = 0
  /// Whether more would have had to be kept than may be.
  var isOverrun = false
  /// The keys up to this one, in byte order, are of no interest any more; empty for none.
  var passedKey: [UInt8] = []

  init(version: UInt64, moment: Int64, _ needs: Needs = Needs()) {
    self.version = version
    self.moment = moment
    self.needs = needs
  }

  deinit { needs.budget?.giveBack(chargedByteCount) }

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
  mutating func addView(_ needs: PointInTimeView.Needs = .init()) -> PointInTimeView {
    let view = PointInTimeView(version: version, moment: clock.milliseconds(), needs)
    views.append(view)
    return view
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
      guard case .value(let bytes, let type, let version, let expiry, _)? = view.images[key] else {
        continue
      }
      view.release(key)
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
      guard case .value(let bytes, let type, let version, let expiry, _) = image else { return }
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

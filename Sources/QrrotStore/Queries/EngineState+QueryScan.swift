internal import QrrotCore

extension EngineState {
  /// Hands out the next part of a view like `handOut(_:limit:_:)`, for who looks at many records and may
  /// throw: in the order of memory as long as that is possible, then in that of the hashes.
  ///
  /// - Parameter readsValues: whether more than the keys is looked at.
  /// - Returns: whether there is more.
  func handOut(
    _ view: PointInTimeView, limit: Int, readsValues: Bool, into batch: inout RecordBatch,
    _ body: (PointInTimeView.Record) throws(QrrotError) -> Void
  ) throws(QrrotError) -> Bool {
    try handOutWaiting(view, limit: limit, body)
    guard let cursor = view.cursor else { return view.hasWaiting }
    if try handOutInMemoryOrder(view, limit: limit, body) { return true }
    guard view.cursor != nil else { return view.hasWaiting }
    batch.removeAll()
    view.advance(to: keyspace.scan(from: cursor, limit: limit) { batch.append($0) })
    try batch.forEach(readsValues: readsValues) { record throws(QrrotError) in
      if view.hasVisited(record) { return }
      try handOut(record, of: view, body)
    }
    return view.cursor != nil || view.hasWaiting
  }

  /// Goes on with the walk in the order of memory.
  ///
  /// - Returns: false if it is over, then the view's cursor is nil, or can't go on.
  private func handOutInMemoryOrder(
    _ view: PointInTimeView, limit: Int,
    _ body: (PointInTimeView.Record) throws(QrrotError) -> Void
  ) throws(QrrotError) -> Bool {
    // A second walk can't begin where one in the order of the hashes has.
    guard view.cursor == .start else { return false }
    var walk = view.memoryWalk.take() ?? MemoryWalk(keyspace)
    defer { view.memoryWalk = walk }
    guard walk.isGood(in: keyspace) else { return false }
    let hasMore = try walk.next(in: keyspace, limit: limit) { record throws(QrrotError) in
      try handOut(record, of: view, body)
    }
    if !hasMore { view.advance(to: nil) }
    return hasMore
  }

  @inline(__always)
  private func handOut(
    _ record: Record, of view: PointInTimeView,
    _ body: (PointInTimeView.Record) throws(QrrotError) -> Void
  ) throws(QrrotError) {
    guard record.version <= view.version, !record.isDue(at: view.moment) else { return }
    if view.hasImages, view.hasImage(of: record.key) { return }
    try body(
      .init(
        key: record.key, type: record.type, value: record.value, version: record.version,
        expiry: record.expiry))
  }
}

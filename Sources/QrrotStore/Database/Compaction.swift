internal import QrrotCore

/// Replacing the log by a snapshot while commands go on.
extension LocalEngine {
  /// Writes a snapshot of the data as it is now and drops the log before it.
  ///
  /// Readers and writers go on: they wait only while the log changes files and while a few hundred
  /// records are copied. If it fails, or the process ends meanwhile, nothing is lost: the old
  /// snapshot and all of the log are still there.
  ///
  /// - Parameter progress: called with keys written and keys in all; throws to end it.
  /// - Throws: `io`, `interrupted`, `read-only`.
  func compact(
    _ durability: Durability,
    progress: (_ done: Int, _ total: Int) throws(QrrotError) -> Void = { _, _ in }
  ) throws(QrrotError) {
    beginCompaction(durability)
    defer { endCompaction(durability) }
    try compactAlone(durability, progress: progress)
  }

  /// The same, between `beginCompaction` and `endCompaction`.
  func compactAlone(
    _ durability: Durability,
    progress: (_ done: Int, _ total: Int) throws(QrrotError) -> Void = { _, _ in }
  ) throws(QrrotError) {
    let (view, position) = try fence(durability)
    defer { endView(view) }
    let name = StoreFileName.snapshot(position.segment)
    try writeSnapshot(of: view, in: durability.folder.folder, as: name, at: position, progress)
    locked { state in
      durability.log.forgetOlder()
      state.place.noteSnapshot(upTo: position.lastLSN)
    }
    durability.folder.removeLeftovers(before: position, snapshot: position.segment)
  }

  /// Lets the log go on in a new segment, and begins a view of what all segments before it hold.
  ///
  /// - Returns: the view, and where the log behind it begins. All before that is durable.
  private func fence(
    _ durability: Durability
  ) throws(QrrotError) -> (view: PointInTimeView, position: LogPosition) {
    let current = try locked { _ throws(QrrotError) in
      try durability.log.requireSound()
      return durability.log.segment
    }
    // Syncing first leaves little to sync while what is written waits for the new segment.
    try sync(current, durability)
    // Where nothing has been written since the last try there is no need for one more segment.
    if let fence = locked({ state in
      durability.log.isAtStartOfSegment ? (state.addView(), durability.log.position) : nil
    }) {
      return fence
    }
    let next = try makeSegment(after: current, durability)
    let fence: (view: PointInTimeView, position: LogPosition, old: LogSegment)
    do throws(QrrotError) {
      fence = try locked { state throws(QrrotError) in
        let old = try durability.log.rotate(to: next)
        return (state.addView(), durability.log.position, old)
      }
    } catch {
      try? durability.folder.folder.remove(StoreFileName.log(next.number))
      throw error
    }
    do throws(QrrotError) {
      try sync(fence.old, durability)
      try locked { _ throws(QrrotError) in try durability.log.writeFirst() }
    } catch {
      endView(fence.view)
      throw error
    }
    return (fence.view, fence.position)
  }

  /// One compaction at a time, and none while the log is closed.
  func beginCompaction(_ durability: Durability) {
    durability.background.wait { background -> Void? in
      if background.isCompacting { return nil }
      background.isCompacting = true
      return ()
    }
  }

  func endCompaction(_ durability: Durability) {
    durability.background.change { $0.isCompacting = false }
  }

  func makeSegment(
    after current: LogSegment, _ durability: Durability
  ) throws(QrrotError) -> LogSegment {
    let folder = durability.folder.folder
    func create() throws(DiskError) -> LogSegment {
      try LogSegment.create(
        in: folder, number: current.number + 1, previousSalt: current.salt,
        progress: durability.progress)
    }
    do throws(DiskError) {
      do throws(DiskError) {
        return try create()
      } catch  where error.isExisting {
        // One that a failed try made and could not remove: nobody has written to it.
        try folder.remove(StoreFileName.log(current.number + 1))
        return try create()
      }
    } catch {
      throw error.qrrotError
    }
  }

  /// Writes a view to a file, a part at a time: copied with the lock held, written without it.
  ///
  /// - Parameter ownName: What the file is called until it is whole, if not the usual: a name that
  ///   nobody else has.
  /// - Returns: how many keys there are in it.
  @discardableResult
  func writeSnapshot(
    of view: PointInTimeView, in folder: any DiskFolder, as name: String, at position: LogPosition,
    under ownName: String? = nil,
    _ progress: (_ done: Int, _ total: Int) throws(QrrotError) -> Void
  ) throws(QrrotError) -> Int {
    let total = reading { state in state.keyspace.count }
    let temporaryName = ownName ?? StoreFileName.temporary(name)
    do {
      // One that a failed try left behind, in this process or before it.
      if ownName == nil, try folder.contains(temporaryName) { try folder.remove(temporaryName) }
      var writer = try SnapshotWriter.create(in: folder, temporaryName: temporaryName)
      var part = SnapshotPart()
      var isMore = true
      var done = 0
      while isMore {
        part.removeAll()
        isMore = next(of: view, limit: SnapshotPart.recordCount) { part.append($0) }
        try part.add(to: &writer)
        done += part.count
        try progress(done, max(done, total))
      }
      _ = try writer.finish(as: name, position: position)
      return done
    } catch let error as DiskError {
      throw error.qrrotError
    } catch let error as StorageError {
      throw error.qrrotError
    } catch let error as QrrotError {
      throw error
    } catch {
      throw QrrotError(.io, "can't write \(name): \(error)")
    }
  }
}

/// Some records, copied out of the table.
private struct SnapshotPart {
  static let recordCount = 256

  private var bytes: [UInt8] = []
  private var records:
    [(key: Range<Int>, value: Range<Int>, type: ValueType, version: UInt64, expiry: Int64)] = []

  var count: Int { records.count }

  mutating func removeAll() {
    // Memory for one huge value is kept no longer than for that value.
    bytes.removeAll(keepingCapacity: bytes.count < 1 << 20)
    records.removeAll(keepingCapacity: true)
  }

  mutating func append(_ record: PointInTimeView.Record) {
    let start = bytes.count
    bytes.append(contentsOf: record.key)
    let middle = bytes.count
    bytes.append(contentsOf: record.value)
    records.append(
      (start..<middle, middle..<bytes.count, record.type, record.version, record.expiry))
  }

  func add(to writer: inout SnapshotWriter) throws(DiskError) {
    try bytes.withRawBytes { bytes throws(DiskError) in
      for record in records {
        try writer.add(
          UnsafeRawBufferPointer(rebasing: bytes[record.key]), type: record.type,
          UnsafeRawBufferPointer(rebasing: bytes[record.value]), version: record.version,
          expiry: record.expiry)
      }
    }
  }
}

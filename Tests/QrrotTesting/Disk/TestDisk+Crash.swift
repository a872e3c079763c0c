internal import QrrotStore

extension TestDisk {
  /// What becomes of writes that had not been synced when the power failed.
  ///
  /// In all but the first, names that were not synced are lost from some point on.
  package enum CrashStyle: CaseIterable, Sendable {
    /// Only the process ended: all that the system had is there, and is not more durable than it was.
    case killed
    /// None is there.
    case dropped
    /// The first ones of each file are there.
    case prefix
    /// So, and the next one up to a limit of a sector of 512 bytes.
    case torn
    /// So, and the file is as long as if the rest were there too: with zeros.
    case zeroed
    /// Of the rest, some sectors are there and some are not.
    case reordered
    /// So, and in the place of those that are not there is old content of this or another file.
    case stale
  }

  /// A new disk with what this one may hold after the power has failed now.
  package func afterCrash(
    _ style: CrashStyle, using random: inout SeededGenerator
  ) -> TestDisk {
    let old = state.withLock { $0 }
    if style == .killed { return TestDisk(old.afterKill) }
    var new = TestDiskState()
    let garbage =
      style == .stale ? old.inodes.sorted { $0.key < $1.key }.flatMap(\.value.content) : []
    var surviving: Set<Int> = []
    for (name, folder) in old.folders.sorted(by: { $0.key < $1.key }) {
      var entries = folder.durable
      if style != .dropped {
        let count = Int.random(in: 0...folder.pending.count, using: &random)
        for change in folder.pending[..<count] { change.apply(to: &entries) }
      }
      new.folders[name] = TestDiskState.Folder(entries: entries, durable: entries)
      surviving.formUnion(entries.values)
    }
    for inode in surviving.sorted() {
      guard let file = old.inodes[inode] else { continue }
      let content = file.afterCrash(style, garbage: garbage, using: &random)
      new.inodes[inode] = TestDiskState.Inode(content: content, durable: content)
    }
    // New files get numbers that none has.
    for _ in 0...(old.inodes.keys.max() ?? 0) { _ = new.makeInode() }
    return TestDisk(new)
  }
}

extension TestDiskState {
  /// The same for a new process: nothing is locked, and nothing goes wrong any more.
  fileprivate var afterKill: TestDiskState {
    var new = self
    new.calls = []
    new.watcher = nil
    new.capacity = nil
    new.faults = [:]
    new.broken = [:]
    new.hasCrashed = false
    for inode in new.inodes.keys { new.inodes[inode]?.hasFailedSync = false }
    for name in new.folders.keys { new.folders[name]?.locks = [] }
    return new
  }
}

extension TestDiskState.Inode {
  /// The bytes of the file after a power failure.
  func afterCrash(
    _ style: TestDisk.CrashStyle, garbage: [UInt8], using random: inout SeededGenerator
  ) -> [UInt8] {
    var content = durable
    guard style != .dropped, !pending.isEmpty else { return content }
    let count = Int.random(in: 0...pending.count, using: &random)
    for change in pending[..<count] { change.apply(to: &content) }
    let rest = pending[count...].compactMap { change -> (bytes: [UInt8], offset: Int)? in
      guard case .write(let bytes, let offset) = change else { return nil }
      return (bytes, offset)
    }
    switch style {
    case .killed, .dropped, .prefix: break
    case .torn:
      guard let next = rest.first else { break }
      let sectors = (next.offset / Self.sector)...((next.offset + next.bytes.count) / Self.sector)
      let end = Int.random(in: sectors, using: &random) * Self.sector
      guard end > next.offset else { break }
      let part = Array(next.bytes.prefix(end - next.offset))
      TestDiskState.Change.write(part, at: next.offset).apply(to: &content)
    case .zeroed:
      guard let end = rest.map({ $0.offset + $0.bytes.count }).max(), end > content.count else {
        break
      }
      TestDiskState.Change.truncate(Int.random(in: content.count...end, using: &random))
        .apply(to: &content)
    case .reordered, .stale:
      for write in rest {
        for part in Self.sectors(of: write.bytes, at: write.offset) {
          var bytes = part.bytes
          if Bool.random(using: &random) {
            guard style == .stale, !garbage.isEmpty else { continue }
            let start = Int.random(in: 0..<garbage.count, using: &random)
            let old = garbage[start...].prefix(bytes.count)
            bytes = Array(old) + [UInt8](repeating: 0, count: bytes.count - old.count)
          }
          TestDiskState.Change.write(bytes, at: part.offset).apply(to: &content)
        }
      }
    }
    return content
  }

  private static let sector = 512

  /// A write cut at the sectors' limits.
  private static func sectors(
    of bytes: [UInt8], at offset: Int
  ) -> [(bytes: [UInt8], offset: Int)] {
    var parts: [(bytes: [UInt8], offset: Int)] = []
    var done = 0
    while done < bytes.count {
      let end = min(bytes.count, ((offset + done) / sector + 1) * sector - offset)
      parts.append((Array(bytes[done..<end]), offset + done))
      done = end
    }
    return parts
  }
}

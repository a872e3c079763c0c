internal import QrrotCore

/// Sorting part by part, for those who may not be busy for long: runs are sorted as they come, and merged
/// in the end.
extension SortedKeys {
  /// Runs, and how far they have been merged.
  struct Runs {
    /// Where each run ends; it begins where the one before ends.
    var ends: [Int] = []
    /// Where each run goes on.
    var heads: [Int] = []
    /// The runs that have not come to their end, as a heap: the one with the least key first.
    var heap: [Int] = []
    var merged: [Entry] = []
  }

  /// Sorts the keys that have been added since the last call.
  ///
  /// - Complexity: O(n log n) for n of them.
  package mutating func endRun() {
    let start = runs.ends.last ?? 0
    guard start < entries.count else { return }
    let bytes = bytes
    bytes.withRawBytes { bytes in
      entries[start...].sort { Self.precedes($0, $1, bytes) }
    }
    runs.ends.append(entries.count)
    runs.heads.append(start)
  }

  /// Merges the runs, up to so many keys. No more keys must be added.
  ///
  /// - Returns: whether there are more; once there are none, all keys are in order.
  /// - Complexity: O(n log r) for n keys and r runs.
  package mutating func merge(limit: Int) -> Bool {
    guard runs.ends.count > 1 else { return false }
    let bytes = bytes
    bytes.withRawBytes { bytes in
      if runs.merged.isEmpty {
        runs.merged.reserveCapacity(entries.count)
        runs.heap = Array(runs.ends.indices)
        for place in stride(from: runs.heap.count / 2, through: 0, by: -1) { sink(place, bytes) }
      }
      var left = limit
      while left > 0, let run = runs.heap.first {
        runs.merged.append(entries[runs.heads[run]])
        runs.heads[run] += 1
        if runs.heads[run] == runs.ends[run] {
          runs.heap.swapAt(0, runs.heap.count - 1)
          runs.heap.removeLast()
        }
        sink(0, bytes)
        left -= 1
      }
    }
    if !runs.heap.isEmpty { return true }
    entries = runs.merged
    runs = Runs()
    return false
  }

  /// Brings the run at `place` of the heap to where it belongs.
  private mutating func sink(_ start: Int, _ bytes: UnsafeRawBufferPointer) {
    var place = start
    while true {
      var least = place
      for child in [2 * place + 1, 2 * place + 2] where child < runs.heap.count {
        let (a, b) = (entries[runs.heads[runs.heap[child]]], entries[runs.heads[runs.heap[least]]])
        if Self.precedes(a, b, bytes) { least = child }
      }
      if least == place { return }
      runs.heap.swapAt(place, least)
      place = least
    }
  }
}

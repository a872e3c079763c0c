import QrrotCore
import Testing

@testable import QrrotStore

/// A scan that goes on between other operations.
struct RunningScan {
  var cursor = ScanCursor.start
  /// The model's time when it began.
  var began: Int
  /// How often each key was met.
  var visits: [[UInt8]: Int] = [:]
}

extension KeyspaceModel {
  /// Goes on with the scan that is under way, or begins one. At the end, every key that was there all
  /// the time has to have been met once.
  func scanSlice(limit: Int) {
    if scan == nil { time += 1 }
    var scan = self.scan ?? RunningScan(began: time)
    self.scan = nil
    var count = 0
    let next = keyspace.scan(from: scan.cursor, limit: limit) { record in
      let key = Array(record.key)
      scan.visits[key, default: 0] += 1
      count += 1
      expect(records[key] == KeyspaceEntry(record), "a scan met another record than is there")
    }
    let stashed = keyspace.state.pointee.stash.count
    expect(count <= limit + 55 + stashed, "\(count) records in a slice of \(limit)")
    guard let next else {
      for (key, birth) in births where birth < scan.began {
        expect(scan.visits[key] == 1, "a scan met a key \(scan.visits[key] ?? 0) times")
      }
      return
    }
    scan.cursor = next
    self.scan = scan
  }

  /// Meets all records, each once.
  func iterate() {
    var count = 0
    keyspace.forEach { record in
      count += 1
      expect(records[Array(record.key)] == KeyspaceEntry(record), "forEach met another record")
    }
    expect(count == records.count, "forEach met \(count) records of \(records.count)")
  }
}

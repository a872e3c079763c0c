public import QrrotCore

extension LocalEngine {
  /// Takes records from random places of the table; see ``Engine/sampleRecords(limit:timeLimit:in:)``.
  ///
  /// A database of no more than `limit` keys is looked at whole. The lock is let go after every few
  /// records.
  ///
  /// - Complexity: O(`limit` + bytes of the values, at most ``RecordSample/allByteLimit``), whatever the
  ///   number of keys.
  public func sampleRecords(
    limit: Int, timeLimit: Duration, in session: Session
  ) async -> RecordSample {
    sample(limit: limit, timeLimit: timeLimit)
  }

  /// The same for those who can't wait for it.
  package func sample(limit: Int, timeLimit: Duration) -> RecordSample {
    var sampling = RecordSampling(limit: limit)
    let deadline = ContinuousClock.now + timeLimit
    let (keyCount, moment) = reading { state in
      let moment = state.clock.milliseconds()
      return (state.count(at: moment), moment)
    }
    if keyCount <= limit {
      var cursor: ScanCursor? = .start
      while let position = cursor, !sampling.isFull, ContinuousClock.now < deadline {
        cursor = reading { state in
          state.keyspace.scan(from: position, limit: Self.recordSliceCount) { record in
            if !record.isDue(at: moment) { sampling.take(record) }
          }
        }
      }
    } else {
      // Places that turn out to be empty, or known already, are no reason to look for ever.
      var placeCount = 4 * limit
      while placeCount > 0, !sampling.isFull, ContinuousClock.now < deadline {
        placeCount -= 1
        var takenCount = 0
        reading { state in
          _ = state.keyspace.scan(
            from: state.keyspace.randomCursor(), limit: Self.recordPlaceCount
          ) { record in
            // A few from each place: the more places, the better the sample.
            guard takenCount < Self.recordPlaceCount, !record.isDue(at: moment) else { return }
            takenCount += 1
            sampling.take(record)
          }
        }
      }
    }
    return RecordSample(records: sampling.records, keyCount: keyCount)
  }

  private static let recordSliceCount = 64
  private static let recordPlaceCount = 4
}

/// The records that have been taken so far.
private struct RecordSampling {
  let limit: Int
  private(set) var records: [RecordSample.Record] = []
  private var keys: Set<[UInt8]> = []
  private var restByteCount = RecordSample.allByteLimit

  init(limit: Int) { self.limit = limit }

  var isFull: Bool { records.count >= limit }

  mutating func take(_ record: Record) {
    guard !isFull else { return }
    let key = Array(record.key)
    guard keys.insert(key).inserted else { return }
    let bytes = record.value
    var value: Value?
    if bytes.count <= min(restByteCount, RecordSample.valueByteLimit) {
      restByteCount -= bytes.count
      value = Value(storedType: record.type, bytes: bytes)
    }
    records.append(
      .init(key: key, type: record.type, valueByteCount: bytes.count, value: value))
  }
}

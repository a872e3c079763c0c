extension Keyspace {
  /// How many records expire some time, those that are due included.
  @inline(__always)
  var expiringCount: Int { state.pointee.expiries.count }

  /// How many records are due at this time, in milliseconds since 1970.
  ///
  /// - Complexity: O(those / 256).
  func dueCount(at time: Int64) -> Int {
    expiringCount == 0 ? 0 : state.pointee.expiries.dueCount(at: time)
  }

  /// The record whose time is up first; nil if none expires.
  var nextToExpire: (record: Record, time: Int64)? {
    state.pointee.expiries.first.map { ($0.record, $0.time) }
  }

  @inline(never)
  func noteExpiry(_ expiry: Int64, of record: Record) {
    state.pointee.expiries.insert(ExpiryIndex.Entry(time: expiry, record: record))
  }

  /// Takes a record that is about to go, to move or to get another expiry out of the index, if it is
  /// in there.
  @inline(never)
  func forgetExpiry(of record: Record) {
    let expiry = record.expiry
    guard expiry != 0 else { return }
    state.pointee.expiries.remove(ExpiryIndex.Entry(time: expiry, record: record))
  }
}

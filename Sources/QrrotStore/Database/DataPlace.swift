/// What `info` says of where the data is.
struct DataPlace {
  /// The folder's path, or that there is none.
  var folder = "in memory"
  /// The sync policy, or `none`.
  var policy = "none"
  /// Which commits the last snapshot holds, or `none`.
  var snapshot = "none"

  /// Notes a snapshot that holds all commits up to this one.
  mutating func noteSnapshot(upTo lsn: UInt64) { snapshot = "up to commit \(lsn)" }
}

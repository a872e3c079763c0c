/// When keys that are absent now were removed, so that absence has a version as a value has one: a
/// transaction that saw a key absent can tell that somebody has put and removed it since.
///
/// The last removals are kept exactly, by the key's hash, which is 64 bits of a secret function; of
/// the others only the latest is known, and stands for all. So after very many removals by others a
/// transaction can be told of a conflict that is none; it never misses one.
///
/// - Complexity: O(1) each, and 40 bytes or so for a removal that is kept.
struct Removals {
  /// Marks the version of an absence, which so never equals a record's.
  static let flag: UInt64 = 1 << 63
  /// How many are kept.
  static let limit = 1 << 16

  private var versions: [UInt64: UInt64] = [:]
  /// The hashes in the order in which they came; the oldest is at `oldest`.
  private var order: [UInt64] = []
  private var oldest = 0
  /// No removal that has been forgotten is later than this.
  private var forgotten: UInt64 = 0

  /// The version of the absence of the key with this hash.
  @inline(__always)
  func version(of hash: UInt64) -> UInt64 {
    let exact = versions.isEmpty ? nil : versions[hash]
    return Self.flag | (exact ?? forgotten)
  }

  /// Notes that the key with this hash was removed in commit `version`, or, for an undo, brings back
  /// what `version(of:)` said of it before.
  mutating func note(_ hash: UInt64, version: UInt64) {
    if versions.updateValue(version & ~Self.flag, forKey: hash) != nil { return }
    guard order.count == Self.limit else {
      order.append(hash)
      return
    }
    if let dropped = versions.removeValue(forKey: order[oldest]) {
      forgotten = max(forgotten, dropped)
    }
    order[oldest] = hash
    oldest = (oldest + 1) % Self.limit
  }

  /// Notes that all keys were removed in commit `version`, more of them than are kept.
  mutating func noteAll(version: UInt64) {
    self = Removals()
    forgotten = version
  }
}

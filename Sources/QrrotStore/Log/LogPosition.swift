/// A place between two commits in a log: behind what a snapshot holds, or where the next frame goes.
struct LogPosition: Equatable, Sendable {
  /// The segment in which the next frame stands.
  var segment: UInt64
  /// The next frame's sequence number.
  var nextLSN: UInt64
  /// The header checksum of the frame before; 0 where there is none.
  var previousChecksum: UInt32

  /// In front of the first commit.
  static let start = LogPosition(segment: 1, nextLSN: 1, previousChecksum: 0)

  /// The sequence number of the last commit before this place; 0 at the start.
  var lastLSN: UInt64 { nextLSN &- 1 }
}

/// The names of the files in a database's folder.
enum StoreFileName {
  /// A log segment: `log-0000000001`.
  static func log(_ number: UInt64) -> String { "log-" + digits(number) }

  /// A snapshot, numbered by the segment that goes on behind it: `snapshot-0000000002`.
  static func snapshot(_ number: UInt64) -> String { "snapshot-" + digits(number) }

  /// What a file is called until it is whole.
  static func temporary(_ name: String) -> String { name + ".tmp" }

  /// Where the cut tail of a log goes, the first free of `log-0000000001.tail-1`, `…-2`, and so on.
  static func tail(_ name: String, _ attempt: Int) -> String { "\(name).tail-\(attempt)" }

  /// What a damaged file is called after a repair has put it aside.
  static func damaged(_ name: String, _ attempt: Int) -> String { "\(name).damaged-\(attempt)" }

  /// The number of a log segment's name; nil for every other name.
  static func logNumber(_ name: String) -> UInt64? { number(name, prefix: "log-") }

  /// The number of a snapshot's name; nil for every other name.
  static func snapshotNumber(_ name: String) -> UInt64? { number(name, prefix: "snapshot-") }

  private static let digitCount = 10

  private static func digits(_ number: UInt64) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, digitCount - digits.utf8.count)) + digits
  }

  private static func number(_ name: String, prefix: String) -> UInt64? {
    guard name.hasPrefix(prefix) else { return nil }
    let digits = name.dropFirst(prefix.count)
    // Only the one name that this program would write counts.
    guard let number = UInt64(digits), number > 0, self.digits(number) == digits else { return nil }
    return number
  }
}

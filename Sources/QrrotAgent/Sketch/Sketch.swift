internal import QrrotCore

/// What a model is told of a database beforehand: how many keys, what they look like, of which types
/// their values are, and what is in those that are json.
///
/// It is made of a bounded sample, and bounded itself: at most ``byteLimit`` bytes for a database of any
/// size, which is 2,000 tokens of three bytes. The same sample gives the same sketch. All of it is
/// stored data, escaped, and belongs in a data block.
enum Sketch {
  /// Looks at a sample of the database.
  static func make(of engine: any Engine, in session: Session) async throws(QrrotError) -> String {
    text(
      of: try await engine.sampleRecords(
        limit: recordLimit, timeLimit: .milliseconds(25), in: session))
  }

  /// The sketch of a sample.
  ///
  /// - Complexity: O(bytes of the sample).
  static func text(of sample: RecordSample) -> String {
    guard sample.keyCount > 0, !sample.records.isEmpty else {
      return sample.keyCount == 0 ? "0 keys: the database is empty\n" : "\(sample.keyCount) keys\n"
    }
    let isWhole = sample.records.count >= sample.keyCount
    var text =
      isWhole
      ? "\(sample.keyCount) key\(sample.keyCount == 1 ? "" : "s"), all looked at\n"
      : "\(sample.keyCount) keys, \(sample.records.count) of them looked at; counts are estimates\n"
    let groups = KeyGroup.groups(of: sample.records)
    // A group's members are cut so that each of the first groups has room for some.
    let memberLimit = max(4, memberLineLimit / max(1, groups.count))
    var shownCount = 0
    for group in groups {
      let lines = group.lines(of: sample, memberLimit: memberLimit)
      guard text.utf8.count + lines.utf8.count <= byteLimit - reservedByteCount else { break }
      text += lines
      shownCount += 1
    }
    let restCount = groups.count - shownCount
    if restCount > 0 { text += "and \(restCount) more kinds of keys\n" }
    return text
  }

  /// The most bytes of a sketch.
  static let byteLimit = 6_000
  private static let reservedByteCount = 64
  private static let recordLimit = 256
  private static let memberLineLimit = 60
}

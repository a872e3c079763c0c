/// Finds what somebody probably meant to type.
public enum NearestName {
  /// The candidate nearest to `word`: one that it begins, or one at most two edits away (fewer for
  /// short words), where an edit inserts, drops, replaces or swaps letters.
  ///
  /// Case does not matter. The source of the distance: F. Damerau, *A technique for computer
  /// detection and correction of spelling errors* (restricted edits).
  ///
  /// - Complexity: O(candidates × length²); words over 32 bytes have no neighbour.
  public static func nearest(to word: some Collection<UInt8>, among candidates: [String]) -> String?
  {
    guard word.count <= 32, !word.isEmpty else { return nil }
    let typed = word.map(lowercased)
    let longestDistance = typed.count <= 3 ? 1 : 2
    var best: (name: String, distance: Int)?
    for candidate in candidates {
      let name = candidate.utf8.map(lowercased)
      var distance = editDistance(typed, name)
      if typed.count >= 2, name.starts(with: typed) { distance = min(distance, 1) }
      guard distance <= longestDistance, distance < min(typed.count, name.count) else { continue }
      if distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.name
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }

  private static func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in 0..<a.count {
      var row = [i + 1]
      for j in 0..<b.count {
        var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          cost = min(cost, beforeLast[j - 1] + 1)
        }
        row.append(cost)
      }
      (beforeLast, last) = (last, row)
    }
    return last[b.count]
  }
}

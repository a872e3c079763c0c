internal import QrrotCore
internal import QrrotStore
internal import QrrotWire

/// `LCS`: what two strings have in common in the same order.
extension Conversation {
  mutating func lcs(_ words: Arguments, _ access: inout KeyAccess) throws(RedisError) {
    let texts = try [words[1], words[2]].map { key throws(RedisError) in
      if let found = access.find(key), found.type == .json {
        throw RedisError("The specified keys must contain string values")
      }
      return try text(of: key, &access)
    }
    let options = try LCSOptions(words)
    let (first, second) = (texts[0], texts[1])
    // Everybody else waits meanwhile.
    let (cells, overflow) = (first.count + 1).multipliedReportingOverflow(by: second.count + 1)
    guard !overflow, cells <= Self.lcsCellLimit else {
      throw RedisError(
        "the strings are too long for LCS: their lengths multiplied are at most \(Self.lcsCellLimit)"
      )
    }
    try redis { () throws(QrrotError) in try access.requireMemory(cells * 4) }
    let sequence = CommonSequence(first, second)
    if options.showsMatches {
      write(sequence.matches(atLeast: options.leastLength), options)
      writer.bulk("len")
      writer.integer(Int64(sequence.count))
    } else if options.showsLength {
      writer.integer(Int64(sequence.count))
    } else {
      writer.bulk(sequence.bytes)
    }
  }

  /// 64 MiB, and some 50 ms.
  private static var lcsCellLimit: Int { 16 << 20 }

  private mutating func write(_ matches: [CommonSequence.Match], _ options: LCSOptions) {
    writer.map(count: 2)
    writer.bulk("matches")
    writer.array(count: matches.count)
    for match in matches {
      writer.array(count: options.showsMatchLengths ? 3 : 2)
      for start in [match.first, match.second] {
        writer.array(count: 2)
        writer.integer(Int64(start))
        writer.integer(Int64(start + match.count - 1))
      }
      if options.showsMatchLengths { writer.integer(Int64(match.count)) }
    }
  }
}

/// What may follow `LCS key1 key2`.
private struct LCSOptions {
  var showsLength = false
  var showsMatches = false
  var showsMatchLengths = false
  var leastLength = 0

  init(_ words: Arguments) throws(RedisError) {
    var index = 3
    while index < words.count {
      if words.isWord(index, "len") {
        showsLength = true
      } else if words.isWord(index, "idx") {
        showsMatches = true
      } else if words.isWord(index, "withmatchlen") {
        showsMatchLengths = true
      } else if words.isWord(index, "minmatchlen"), index + 1 < words.count {
        guard let number = words.integer(index + 1) else { throw .notAnInteger }
        leastLength = Int(max(0, number))
        index += 1
      } else {
        throw .syntax
      }
      index += 1
    }
    guard !(showsLength && showsMatches) else {
      throw RedisError("If you want both the length and indexes, please just use IDX.")
    }
  }
}

/// The longest sequence of bytes that stands in two texts in the same order, by the table of the lengths for
/// all beginnings of both.
struct CommonSequence {
  /// A run of the sequence that stands together in both texts.
  struct Match: Equatable {
    var first: Int
    var second: Int
    var count: Int
  }

  private let first: [UInt8]
  private let second: [UInt8]
  /// For the first `i` and `j` bytes at `i * (second.count + 1) + j`.
  private var lengths: [UInt32]

  /// - Complexity: O(n × m) time and memory.
  init(_ first: [UInt8], _ second: [UInt8]) {
    self.first = first
    self.second = second
    let width = second.count + 1
    lengths = [UInt32](repeating: 0, count: (first.count + 1) * width)
    lengths.withUnsafeMutableBufferPointer { lengths in
      for i in 0..<first.count {
        for j in 0..<second.count {
          lengths[(i + 1) * width + j + 1] =
            first[i] == second[j]
            ? lengths[i * width + j] + 1
            : max(lengths[i * width + j + 1], lengths[(i + 1) * width + j])
        }
      }
    }
  }

  /// How long the sequence is.
  var count: Int { Int(lengths.last ?? 0) }

  /// The sequence.
  var bytes: [UInt8] {
    matches(atLeast: 0).reversed().flatMap { first[$0.first..<($0.first + $0.count)] }
  }

  /// The runs, the last one first, but for those that are shorter.
  func matches(atLeast leastLength: Int) -> [Match] {
    let width = second.count + 1
    var matches: [Match] = []
    var run: Match?
    var (i, j) = (first.count, second.count)
    func end() {
      if let run, run.count >= leastLength { matches.append(run) }
      run = nil
    }
    while i > 0, j > 0 {
      if first[i - 1] == second[j - 1] {
        i -= 1
        j -= 1
        run = Match(first: i, second: j, count: (run?.count ?? 0) + 1)
      } else {
        end()
        // Of two ways that are as good, Redis goes back in the second text.
        if lengths[(i - 1) * width + j] > lengths[i * width + j - 1] { i -= 1 } else { j -= 1 }
      }
    }
    end()
    return matches
  }
}

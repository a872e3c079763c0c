internal import QrrotCore

/// Keys that look alike, such as `user:1` and `user:2`, and what they hold.
struct KeyGroup {
  /// What the keys have in common, as a glob: `user:*`.
  let pattern: [UInt8]
  /// In byte order of keys.
  let records: [RecordSample.Record]

  /// Parts records into groups by their keys, the largest first.
  ///
  /// Keys are split at `:` `/` and `|`. A part that holds digits, or one of too many at its place, becomes
  /// `*`.
  static func groups(of records: [RecordSample.Record]) -> [KeyGroup] {
    var byShape: [[UInt8]: [KeyParts]] = [:]
    for record in records {
      let parts = KeyParts(record)
      byShape[parts.shape, default: []].append(parts)
    }
    var byPattern: [[UInt8]: [RecordSample.Record]] = [:]
    for keys in byShape.values {
      collect(keys, at: 0, pattern: [], into: &byPattern)
    }
    return byPattern.map { pattern, records in
      KeyGroup(
        pattern: pattern,
        records: records.sorted { $0.key.lexicographicallyPrecedes($1.key) })
    }
    .sorted { a, b in
      a.records.count != b.records.count
        ? a.records.count > b.records.count : a.pattern.lexicographicallyPrecedes(b.pattern)
    }
  }

  /// Parts keys with the same separators by their part at `index`, and so on.
  private static func collect(
    _ keys: [KeyParts], at index: Int, pattern: [UInt8],
    into groups: inout [[UInt8]: [RecordSample.Record]]
  ) {
    guard let first = keys.first, index < first.parts.count else {
      groups[pattern, default: []] += keys.map(\.record)
      return
    }
    var byPart: [[UInt8]: [KeyParts]] = [:]
    for key in keys { byPart[key.parts[index], default: []].append(key) }
    if byPart.count > differentLimit {
      byPart = [[UInt8(ascii: "*")]: keys]
    }
    for (part, keys) in byPart {
      let separator = index < first.shape.count ? [first.shape[index]] : []
      collect(keys, at: index + 1, pattern: pattern + part + separator, into: &groups)
    }
  }

  /// More different parts than this at one place are one group.
  private static let differentLimit = 6
}

/// A key, split at its separators.
private struct KeyParts {
  let record: RecordSample.Record
  /// The separators, in order.
  var shape: [UInt8] = []
  /// What stands between them, with `*` for what changes from key to key.
  var parts: [[UInt8]] = []

  init(_ record: RecordSample.Record) {
    self.record = record
    var part: [UInt8] = []
    for byte in record.key {
      let isSeparator =
        byte == UInt8(ascii: ":") || byte == UInt8(ascii: "/") || byte == UInt8(ascii: "|")
      // Past a few parts a key is a text, not a path.
      if isSeparator, shape.count < Self.separatorLimit {
        shape.append(byte)
        parts.append(Self.general(part))
        part = []
      } else {
        part.append(byte)
      }
    }
    parts.append(Self.general(part))
  }

  /// A part with its runs of digits as `*`; a long one, or one with several such runs, is one `*`.
  private static func general(_ part: [UInt8]) -> [UInt8] {
    guard part.count <= partByteLimit else { return [UInt8(ascii: "*")] }
    var general: [UInt8] = []
    var runCount = 0
    var isInRun = false
    for byte in part {
      let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      if !isDigit {
        general.append(byte)
      } else if !isInRun {
        general.append(UInt8(ascii: "*"))
        runCount += 1
      }
      isInRun = isDigit
    }
    return runCount > 1 ? [UInt8(ascii: "*")] : general
  }

  private static let separatorLimit = 6
  private static let partByteLimit = 40
}

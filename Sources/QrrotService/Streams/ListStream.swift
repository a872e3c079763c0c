internal import QrrotCore
internal import QrrotStore
internal import QrrotWire

/// `all` and `keys` of a large table: the keys are gathered and sorted some at a time, then they are written,
/// for `all` with what they held when it began.
final class ListStream: ReplyStream {
  private enum Stage {
    case gathering(MomentKeys)
    case merging
    case records(RecordStream)
    /// Keys alone, from this one on.
    case keys(Int)
  }

  private let service: Service
  private let glob: Glob?
  private let isPlain: Bool
  private var stage: Stage
  private var keys = SortedKeys()
  /// Where values are read; nil for keys alone.
  private let reading: MomentReading?
  /// The memory of the keys, as far as it is counted.
  private var countedByteCount = 0
  let version: UInt64
  private var hasBegunKeys = false

  /// - Parameters:
  ///   - reading: begun at the same moment as `keys`.
  ///   - isPlain: whether in text form.
  init(
    _ service: Service, matching glob: Glob?, _ keys: MomentKeys, _ reading: MomentReading?,
    isPlain: Bool
  ) {
    self.service = service
    self.glob = glob
    self.reading = reading
    self.isPlain = isPlain
    version = keys.version
    stage = .gathering(keys)
  }

  deinit { service.countInput(-countedByteCount) }

  var hasBegun: Bool {
    if case .records(let stream) = stage { return stream.hasBegun }
    return hasBegunKeys
  }

  var isOverrun: Bool {
    if case .gathering(let keys) = stage, keys.isOverrun { return true }
    return reading?.isOverrun ?? false
  }

  var isOfLanguage: Bool { true }

  func next(into writer: inout ReplyWriter, limit: Int) throws(QrrotError) -> Bool {
    switch stage {
    case .gathering(let source):
      if try !gather(source) { stage = .merging }
      return true
    case .merging:
      if !keys.merge(limit: StreamTurn.keyCount) { begin(writer.version) }
      try countMemory()
      return true
    case .records(let stream): return try stream.next(into: &writer, limit: limit)
    case .keys(let start): return writeKeys(from: start, to: &writer, limit: limit)
    }
  }

  private func gather(_ source: MomentKeys) throws(QrrotError) -> Bool {
    var failure: QrrotError?
    let hasMore = try source.next(limit: StreamTurn.keyCount) { key in
      do throws(QrrotError) {
        if let glob, try !glob.matches(key) { return }
        keys.append(key)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    keys.endRun()
    try countMemory()
    return hasMore
  }

  /// Counts what the keys take among what clients may.
  private func countMemory() throws(QrrotError) {
    let byteCount = keys.byteCount
    service.countInput(byteCount - countedByteCount)
    countedByteCount = byteCount
    guard service.refusalOfInput(0) != nil else { return }
    throw QrrotError(
      .tooLarge,
      "there is no memory to bring so many keys into order (--max-memory); narrow them with a pattern"
    )
  }

  /// Goes on to what is written.
  private func begin(_ version: ReplyWriter.Version) {
    guard let reading else { return stage = .keys(0) }
    reading.begin(keys)
    stage = .records(
      RecordStream(
        reading, as: isPlain ? .textRow : .row, head: head(version), tail: isPlain ? "\n" : ""))
  }

  private func head(_ version: ReplyWriter.Version) -> [UInt8] {
    guard !isPlain else { return [] }
    var writer = ReplyWriter(version: version)
    writer.array(count: keys.count)
    return writer.bytes
  }

  private func writeKeys(
    from start: Int, to writer: inout ReplyWriter, limit: Int
  ) -> Bool {
    let first = writer.bytes.count
    if !hasBegunKeys { writer.bytes.append(contentsOf: head(writer.version)) }
    hasBegunKeys = true
    let next = keys.forEach(from: start) { key in
      if isPlain {
        key.withMemoryRebound(to: UInt8.self) { Escaping.appendKey($0.span, to: &writer.bytes) }
        writer.bytes.append(UInt8(ascii: "\n"))
      } else {
        writer.bulk(key)
      }
      return writer.bytes.count - first < limit ? .next : .pause
    }
    stage = .keys(next)
    guard next == keys.count else { return true }
    if isPlain { writer.bytes.append(UInt8(ascii: "\n")) }
    return false
  }
}

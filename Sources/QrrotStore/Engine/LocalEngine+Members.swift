public import QrrotCore

extension LocalEngine {
  /// Looks names of members up for completion; see
  /// ``Engine/sampleMembers(startingWith:at:of:in:limit:timeLimit:)``.
  ///
  /// The lock is let go every few records. Documents that take long by themselves are left out, so
  /// that the time is kept.
  public func sampleMembers(
    startingWith prefix: [UInt8], at container: JSONPath, of documents: SampledDocuments,
    in session: Session, limit: Int, timeLimit: Duration
  ) -> MemberSample {
    var sampling = MemberSampling(
      prefix: prefix, container: container, limit: limit,
      deadline: ContinuousClock.now + timeLimit)
    // A copy: what is looked at here does not count as read by the transaction.
    var session = session
    session.moment = nil
    switch documents {
    case .key(let key):
      reading { state in
        key.withRawBytes { key in
          state.withValue(of: key, in: &session) { value in
            if let value { sampling.look(value, byteLimit: Self.loneByteLimit) }
            _ = sampling.isOver
          }
        }
      }
    case .matching(let pattern):
      sampleMembers(of: pattern, in: &session, &sampling)
    }
    return MemberSample(
      names: sampling.names.sorted { $0.lexicographicallyPrecedes($1) },
      isPartial: sampling.isPartial)
  }

  private func sampleMembers(
    of pattern: Glob?, in session: inout Session, _ sampling: inout MemberSampling
  ) {
    for key in session.transaction?.writtenKeys ?? [] where Self.matches(pattern, key) {
      guard case .value(let value, _)? = session.transaction?.staged(key) else { continue }
      value.withStoredBytes { type, bytes in
        sampling.look(StoredValue(type: type, bytes: bytes), byteLimit: Self.sampledByteLimit)
      }
    }
    var cursor: ScanCursor? = .start
    while let position = cursor {
      if sampling.isOver { return }
      sampling.beginSlice()
      cursor = reading { state in
        let moment = state.moment(in: &session)
        return state.keyspace.scan(from: position, limit: Self.sampledSliceCount) { record in
          guard record.type == .json, !record.isDue(at: moment), !sampling.isOver,
            Self.matches(pattern, record.key)
          else { return }
          sampling.look(
            StoredValue(type: record.type, bytes: record.value), byteLimit: Self.sampledByteLimit)
        }
      }
    }
  }

  private static func matches(_ pattern: Glob?, _ key: some Collection<UInt8>) -> Bool {
    guard let pattern else { return true }
    return Array(key).withRawBytes { key in
      // A pattern that takes too long for this key matches none here.
      (try? pattern.matches(key)) ?? false
    }
  }

  private static let sampledSliceCount = 64
  /// Larger documents would take too much of the time among many.
  private static let sampledByteLimit = 256 << 10
  /// And this one by itself.
  private static let loneByteLimit = 16 << 20
}

/// The names that have been found so far, and whether to go on.
private struct MemberSampling {
  let prefix: [UInt8]
  let container: JSONPath
  let limit: Int
  let deadline: ContinuousClock.Instant
  var names: Set<[UInt8]> = []
  var isPartial = false
  private var documentCount = 0
  /// What has been looked at, in bytes of documents or what takes as long.
  private var work = 0

  init(prefix: [UInt8], container: JSONPath, limit: Int, deadline: ContinuousClock.Instant) {
    self.prefix = prefix
    self.container = container
    self.limit = limit
    self.deadline = deadline
  }

  /// Whether enough has been found, or looked at; the sample is partial then.
  var isOver: Bool {
    mutating get {
      let isOver =
        names.count >= limit || documentCount >= Self.documentLimit || isLate
      isPartial = isPartial || isOver
      return isOver
    }
  }

  private static let documentLimit = 10_000

  /// Whether the time is up. The first documents are always looked at: that takes no time, and a sample
  /// of few small ones is complete then.
  private var isLate: Bool { work > Self.leastWork && ContinuousClock.now >= deadline }

  private static let leastWork = 64 << 10

  /// Notes that some records are looked at, of which perhaps none is a document.
  mutating func beginSlice() { work += 1 << 10 }

  /// Takes the names of a document.
  mutating func look(_ value: StoredValue, byteLimit: Int) {
    guard value.type == .json else { return }
    guard value.bytes.count <= byteLimit else {
      isPartial = true
      return
    }
    documentCount += 1
    work += value.bytes.count
    var scratch = JSONScratch(stepLimit: Self.stepLimit)
    do throws(QrrotError) {
      try container.forEach(in: value.bytes, scratch: &scratch) { range throws(QrrotError) in
        try take(UnsafeRawBufferPointer(rebasing: value.bytes[range]))
        return names.count < limit && !isLate
      }
    } catch {
      isPartial = true
    }
  }

  private static let stepLimit = 100_000

  private mutating func take(_ object: UnsafeRawBufferPointer) throws(QrrotError) {
    try JSONText.forEachMemberName(of: object) { name in
      if name.starts(with: prefix) { names.insert(name) }
      return names.count < limit
    }
  }
}

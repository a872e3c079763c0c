internal import QrrotCore

/// A key that a scan has come by.
struct RedisScanned {
  var key: [UInt8]
  /// Nil where keys alone are wanted.
  var reply: RedisReply?
  /// What is no text, and what had to be asked for again.
  var record: RedisRecord?
  /// When it expires; 0 for never, and where that is not wanted.
  var expiry: Int64 = 0
}

/// The keys that a scan has come by already: Redis may hand out a key twice while a table shrinks, and a cluster
/// while a slot moves.
///
/// Past four million keys it takes in no more, so that its memory is bounded; a key beyond that could be counted
/// twice if just then a table shrinks.
struct RedisSeenKeys {
  private var hashes: Set<Int> = []

  /// - Returns: whether the key is new.
  mutating func insert(_ key: [UInt8]) -> Bool {
    var hasher = Hasher()
    key.withUnsafeBytes { hasher.combine(bytes: $0) }
    let hash = hasher.finalize()
    guard hashes.count < Self.limit else { return !hashes.contains(hash) }
    return hashes.insert(hash).inserted
  }

  private static let limit = 4_000_000
}

/// Goes through all keys of all nodes, piece by piece: SCAN, and what the keys hold in the same parcel as the next
/// SCAN. While a piece is looked at, the next one is on its way.
struct RedisScan {
  private let engine: RedisEngine
  private let interrupt: Interrupt
  private let fetch: RedisFetch
  private let pattern: Glob?
  private let wantsValues: Bool
  private let wantsDeadlines: Bool
  private var seen = RedisSeenKeys()
  /// How many keys a piece is to have: fewer where values are long.
  private var pieceCount = 100
  /// Told how many keys have come by.
  var onProgress: ((Int) -> Void)?
  private(set) var doneCount = 0

  /// - Parameters:
  ///   - pattern: the keys that are wanted; nil for all.
  ///   - wantsValues: whether what they hold is wanted too.
  ///   - wantsDeadlines: whether also when they expire.
  init(
    _ engine: RedisEngine, _ pattern: Glob?, wantsValues: Bool, wantsDeadlines: Bool,
    _ interrupt: Interrupt
  ) {
    self.engine = engine
    self.pattern = pattern
    self.wantsValues = wantsValues
    self.wantsDeadlines = wantsDeadlines
    self.interrupt = interrupt
    fetch = engine.reading(interrupt)
  }

  /// Hands every key to `body`, in any order.
  ///
  /// - Throws: `network` and what servers refuse, `interrupted`, and what `body` throws.
  mutating func forEach(_ body: (RedisScanned) throws(QrrotError) -> Void) throws(QrrotError) {
    if let pattern, pattern.isLiteral { return try lookUp(pattern.literalPrefix, body) }
    for round in 0..<Self.roundLimit {
      let countBefore = doneCount
      let map = engine.nodes.topology
      try goThroughNodes(body)
      // Slots that have moved meanwhile may have been missed: once more, for the keys that were not seen.
      guard engine.nodes.facts.isCluster,
        try engine.nodes.hasMovedSlots(since: map, interrupt: interrupt)
      else { return }
      // A key that was passed by would have had to move just then in two rounds.
      if round > 0, doneCount == countBefore { return }
    }
    throw QrrotError(
      .busy,
      "the cluster moves slots all the time, so its keys can't be gone through; try again later")
  }

  private static let roundLimit = 10

  private func lookUp(
    _ key: [UInt8], _ body: (RedisScanned) throws(QrrotError) -> Void
  ) throws(QrrotError) {
    guard !key.isEmpty else { return }
    let record = try engine.fetch([key], interrupt: interrupt)[0]
    guard record.kind != .absent else { return }
    try body(RedisScanned(key: key, record: record, expiry: record.expiry))
  }

  // MARK: - Nodes

  /// A piece on its way: the keys whose values are asked for, and the SCAN behind them.
  private struct Piece {
    var keys: [[UInt8]] = []
    var hasScan = false
  }

  /// How far it has come with a node.
  private struct Walk {
    let node: RedisNodeName
    var piece: Piece
    var pending: RedisPending
  }

  /// Goes through all nodes in turn, a piece at a time: while what one has sent is looked at, the others make
  /// their next ones ready.
  private mutating func goThroughNodes(
    _ body: (RedisScanned) throws(QrrotError) -> Void
  ) throws(QrrotError) {
    var walks: [Walk] = []
    for node in try engine.nodes.primaries(interrupt: interrupt) {
      var batch = RedisBatch()
      appendScan(from: Array("0".utf8), to: &batch)
      let pending = try engine.nodes.start(batch, on: node)
      walks.append(Walk(node: node, piece: Piece(hasScan: true), pending: pending))
    }
    while !walks.isEmpty {
      var index = 0
      while index < walks.count {
        if let next = try goOn(walks[index], body) {
          walks[index] = next
          index += 1
        } else {
          walks.remove(at: index)
        }
      }
    }
  }

  /// Hands out the piece that comes next from a node, once the one after it is asked for.
  ///
  /// - Returns: nil if that was the last one.
  private mutating func goOn(
    _ walk: Walk, _ body: (RedisScanned) throws(QrrotError) -> Void
  ) throws(QrrotError) -> Walk? {
    try interrupt.check()
    let replies = try walk.pending.wait(interrupt: interrupt)
    var next: Walk?
    if walk.piece.hasScan, let scan = replies.last {
      var batch = RedisBatch()
      let piece = try request(after: scan, &batch)
      if !batch.isEmpty {
        let pending = try engine.nodes.start(batch, on: walk.node)
        next = Walk(node: walk.node, piece: piece, pending: pending)
      }
    }
    try handOut(walk.piece, replies, body)
    return next
  }

  private func appendScan(from cursor: [UInt8], to batch: inout RedisBatch) {
    var words = [Array("SCAN".utf8), cursor]
    if let pattern, !pattern.literalPrefix.isEmpty {
      words += [Array("MATCH".utf8), Self.prefixPattern(pattern.literalPrefix)]
    }
    words += [Array("COUNT".utf8), Array("\(pieceCount)".utf8)]
    batch.append(words, key: nil, isRead: true)
  }

  /// A glob of Redis for keys with this beginning; the rest of ours, which are not quite the same, is looked at
  /// here.
  static func prefixPattern(_ prefix: [UInt8]) -> [UInt8] {
    var pattern: [UInt8] = []
    for byte in prefix {
      if "*?[]\\^-".utf8.contains(byte) { pattern.append(UInt8(ascii: "\\")) }
      pattern.append(byte)
    }
    return pattern + Array("*".utf8)
  }

  /// Asks for what the keys of a SCAN hold, and for the SCAN after it.
  private mutating func request(
    after scan: RedisReply, _ batch: inout RedisBatch
  ) throws(QrrotError) -> Piece {
    if let error = scan.error { throw fetch.refusal(error) }
    guard scan.count == 2 else {
      throw QrrotError(.network, "\(engine.name) has answered SCAN with something else")
    }
    var piece = Piece()
    try scan[1].forEach { each throws(QrrotError) in
      let key = each.content
      if let pattern, !(try Self.matches(pattern, key)) { return }
      if seen.insert(key) { piece.keys.append(key) }
    }
    if wantsValues, !piece.keys.isEmpty {
      if engine.nodes.facts.isCluster {
        for key in piece.keys { batch.append("GET", key, isRead: true) }
      } else {
        batch.append([Array("MGET".utf8)] + piece.keys, key: 1, isRead: true)
      }
    }
    if wantsDeadlines {
      for key in piece.keys { fetch.appendDeadline(of: key, to: &batch) }
    }
    let cursor = scan[0].content
    if cursor != Array("0".utf8) {
      appendScan(from: cursor, to: &batch)
      piece.hasScan = true
    }
    // Keys alone have come already; an empty parcel would have no answer.
    if batch.isEmpty, !piece.keys.isEmpty { batch.append("PING", isRead: true) }
    return piece
  }

  private static func matches(_ pattern: Glob, _ key: [UInt8]) throws(QrrotError) -> Bool {
    // The standard library's `withUnsafeBytes` can't rethrow a type.
    try key.withUnsafeBufferPointer { bytes throws(QrrotError) in
      try pattern.matches(UnsafeRawBufferPointer(bytes))
    }
  }

  private mutating func handOut(
    _ piece: Piece, _ replies: [RedisReply], _ body: (RedisScanned) throws(QrrotError) -> Void
  ) throws(QrrotError) {
    let values = try values(of: piece, replies)
    let offset =
      wantsValues && !piece.keys.isEmpty
      ? (engine.nodes.facts.isCluster ? piece.keys.count : 1) : 0
    var others: [Int] = []
    var byteCount = 0
    for (index, key) in piece.keys.enumerated() {
      var scanned = RedisScanned(key: key)
      if wantsDeadlines {
        let answer = replies[offset + index]
        guard answer.error == nil else {
          others.append(index)
          continue
        }
        scanned.expiry = try RedisEngine.plain { () throws(RedisDetour) in
          try fetch.expiry(answer)
        }
      }
      if wantsValues {
        let value = values[index]
        guard !value.isNull, value.error == nil else {
          others.append(index)
          continue
        }
        byteCount += value.withContent(\.count)
        scanned.reply = value
      }
      try body(scanned)
    }
    try handOutOthers(others.map { piece.keys[$0] }, body)
    doneCount += piece.keys.count
    onProgress?(doneCount)
    adapt(byteCount, piece.keys.count)
  }

  private func values(of piece: Piece, _ replies: [RedisReply]) throws(QrrotError) -> [RedisReply] {
    guard wantsValues, !piece.keys.isEmpty, let first = replies.first else { return [] }
    if engine.nodes.facts.isCluster { return Array(replies.prefix(piece.keys.count)) }
    if let error = first.error { throw fetch.refusal(error) }
    guard first.count == piece.keys.count else {
      throw QrrotError(.network, "\(engine.name) has answered MGET with something else")
    }
    var values: [RedisReply] = []
    values.reserveCapacity(first.count)
    first.forEach { values.append($0) }
    return values
  }

  /// What is no text, has gone, or has moved to another node.
  private func handOutOthers(
    _ keys: [[UInt8]], _ body: (RedisScanned) throws(QrrotError) -> Void
  ) throws(QrrotError) {
    guard !keys.isEmpty else { return }
    for (key, record) in zip(keys, try engine.fetch(keys, interrupt: interrupt))
    where record.kind != .absent {
      try body(RedisScanned(key: key, record: record, expiry: record.expiry))
    }
  }

  /// Keeps a piece at a few MiB.
  private mutating func adapt(_ byteCount: Int, _ keyCount: Int) {
    guard wantsValues, keyCount > 0 else {
      pieceCount = Self.pieceCountMax
      return
    }
    let wanted = Self.pieceByteCount / max(1, byteCount / keyCount)
    pieceCount = min(max(wanted, 10), min(2 * pieceCount, Self.pieceCountMax))
  }

  private static let pieceByteCount = 4 << 20
  private static let pieceCountMax = 2_000
}

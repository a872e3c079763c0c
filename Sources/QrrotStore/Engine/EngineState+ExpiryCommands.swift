internal import QrrotCore

/// `expire`, `expireat`, `ttl`, `persist`.
extension EngineState {
  /// `expire` and `expireat`.
  ///
  /// The whole value is written to the log, and remembered for undo, as for any other write.
  mutating func expire(
    _ command: Command, in session: inout Session, into reply: inout Reply
  ) throws(QrrotError) {
    let number = command.arguments[1].integer
    let moment = moment(in: &session)
    let time =
      command.name == .expireat ? number : try Self.time(in: number, secondsAfter: moment, command)
    let wasThere = try command.withKey(0) { key throws(QrrotError) in
      if time <= moment { return try remove([key], in: &session) > 0 }
      return try setExpiry(.at(time), of: key, in: &session)
    }
    reply.set(integer: wasThere ? 1 : 0)
  }

  /// The time so many seconds later; 0 seconds or less are past, however many.
  private static func time(
    in seconds: Int64, secondsAfter moment: Int64, _ command: Command
  ) throws(QrrotError) -> Int64 {
    guard seconds > 0 else { return moment }
    let (milliseconds, isLong) = seconds.multipliedReportingOverflow(by: 1_000)
    let (time, isLate) = moment.addingReportingOverflow(milliseconds)
    guard !isLong, !isLate else {
      throw QrrotError(
        .range,
        "\(command.name.text): in \(seconds) seconds is beyond the times that 64 bits of milliseconds hold; persist KEY lets it stay for ever"
      )
    }
    return time
  }

  mutating func persist(
    _ command: Command, in session: inout Session, into reply: inout Reply
  ) throws(QrrotError) {
    let hadOne = try command.withKey(0) { key throws(QrrotError) in
      guard let expiry = expiry(of: key, in: &session), expiry != 0 else { return false }
      return try setExpiry(.end, of: key, in: &session)
    }
    reply.set(integer: hadOne ? 1 : 0)
  }

  func ttl(_ command: Command, in session: inout Session, into reply: inout Reply) {
    switch command.withKey(0, { expiry(of: $0, in: &session) }) {
    case nil: reply.set(integer: -2)
    case 0: reply.set(integer: -1)
    case .some(let time):
      // The key is not due, so this is above 0; only a clock before 1970 makes it overflow.
      let (left, overflow) = time.subtractingReportingOverflow(moment(in: &session))
      let milliseconds = overflow ? Int64.max : left
      reply.set(integer: milliseconds / 1_000 + (milliseconds % 1_000 > 0 ? 1 : 0))
    }
  }

  /// Writes the value of `key` again with another expiry.
  ///
  /// - Returns: whether there is such a key.
  private mutating func setExpiry(
    _ change: ExpiryChange, of key: UnsafeRawBufferPointer, in session: inout Session
  ) throws(QrrotError) -> Bool {
    if session.transaction != nil {
      // The limit is looked at before the value is copied.
      let byteCount = withValue(of: key, in: &session) { $0?.bytes.count ?? 0 }
      try session.requireStagingRoom(for: Array(key), valueByteCount: byteCount)
      let value = withValue(of: key, in: &session) { value in
        value.flatMap { Value(storedType: $0.type, bytes: $0.bytes) }
      }
      guard let value else { return false }
      try value.withStoredBytes { type, bytes throws(QrrotError) in
        try write(key, type, bytes, expiry: change, in: &session)
      }
      return true
    }
    guard let record = find(key, hash: keyspace.hash(key), in: &session) else { return false }
    try write(key, record.type, record.value, expiry: change, in: &session)
    return true
  }
}

/// The bytes of some requests of a batch.
struct RedisParcel {
  private(set) var bytes: [UInt8] = []
  /// Of each request in the bytes whether it is an `ASKING` that was put in front.
  private(set) var askings: [Bool] = []

  /// Requests with an `ASKING` in front of each that needs one: it holds for the next command, and in front of
  /// `MULTI` for all up to `EXEC`.
  init(asking batch: RedisBatch, _ entries: [Int]?) {
    var isQueueing = false
    for entry in entries ?? Array(0..<batch.count) {
      let request = batch.bytes[batch.range(entry)]
      if !isQueueing {
        bytes += Self.asking
        askings.append(true)
      }
      if request.starts(with: Self.multi) { isQueueing = true }
      if request.starts(with: Self.exec) || request.starts(with: Self.discard) {
        isQueueing = false
      }
      bytes += request
      askings.append(false)
    }
  }

  private static var asking: [UInt8] { Array("*1\r\n$6\r\nASKING\r\n".utf8) }
  private static var multi: [UInt8] { Array("*1\r\n$5\r\nMULTI\r\n".utf8) }
  private static var exec: [UInt8] { Array("*1\r\n$4\r\nEXEC\r\n".utf8) }
  private static var discard: [UInt8] { Array("*1\r\n$7\r\nDISCARD\r\n".utf8) }

  /// Requests one after the other.
  static func bytes(of entries: [Int], _ batch: RedisBatch) -> [UInt8] {
    var bytes: [UInt8] = []
    var index = 0
    while index < entries.count {
      // Those that follow one another go together.
      var last = index
      while last + 1 < entries.count, entries[last + 1] == entries[last] + 1 { last += 1 }
      let range = batch.range(entries[index]).lowerBound..<batch.range(entries[last]).upperBound
      bytes += batch.bytes[range]
      index = last + 1
    }
    return bytes
  }
}

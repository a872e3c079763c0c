import QrrotCore
import QrrotService
import QrrotStore
import QrrotTesting
import QrrotWire

/// What the fuzzer of conversations does with an input, and what must hold whatever it is.
///
/// The first byte is a set of options, the next two say where the bytes are cut, the rest is what a client
/// sends: RESP, inline commands or plain lines, as its first line decides.
package enum ConversationFuzzing {
  /// What an input was found to hold.
  package struct Tally: Equatable {
    package var replyCount = 0
    package var errorCount = 0
    package var lineByteCount = 0
    package var endingCount = 0
    package var keyCount = 0
  }

  /// Lets a client say `bytes`.
  ///
  /// - Throws: ``FuzzFailure`` if anything did not hold.
  @discardableResult
  package static func check(_ bytes: [UInt8]) throws -> Tally {
    var input = FuzzInput(bytes)
    let options = input.byte()
    let cuts = [Int(input.byte()), Int(input.byte())].sorted()
    let stream = input.rest()
    let (first, second) = (min(cuts[0], stream.count), min(cuts[1], stream.count))
    let whole = try Outcome(options, [stream[...]])
    var partings = [[stream[..<first], stream[first..<second], stream[second...]]]
    if stream.count <= 200 { partings.append(stream.indices.map { stream[$0...$0] }) }
    if isRepeatable(stream) {
      for parts in partings {
        let parted = try Outcome(options, parts)
        try FuzzFailure.unless(
          parted == whole, "in \(parts.count) parts:\n\(parted)\nand whole:\n\(whole)")
      }
    }
    return try tally(whole)
  }

  /// What a conversation has come to.
  private struct Outcome: Equatable, CustomStringConvertible {
    var replies: [UInt8] = []
    var isPlain = false
    var hasEnded = false
    var waitingByteCount = 0
    var delayMilliseconds = 0
    var keyCount = 0

    var description: String {
      "\(Escaping.displayed(replies)) \(waitingByteCount) bytes wait, ended \(hasEnded), \(keyCount) keys"
    }

    /// Has a client send bytes in parts.
    init(_ options: UInt8, _ parts: [ArraySlice<UInt8>]) throws(FuzzFailure) {
      let service = Talk.service(
        password: options & 1 != 0 ? "secret" : nil, memoryLimit: 2 << 20
      ) {
        // Room for one reply or so: the others wait until that one is taken.
        $0.replyByteCount = options & 2 != 0 ? 1 : 1 << 20
        // Replies that are not quite short come in parts.
        $0.streamedByteCount = options & 8 != 0 ? 20 : 1 << 20
        $0.streamedKeyCount = options & 8 != 0 ? 1 : 4_096
        $0.isReadOnly = options & 4 != 0
      }
      guard let talk = Talk(service) else { throw FuzzFailure("no client is taken in") }
      for part in parts {
        replies += talk.send(part)
        if talk.ending != nil { break }
      }
      isPlain = talk.isPlain
      hasEnded = talk.ending != nil
      waitingByteCount = hasEnded ? 0 : talk.waitingByteCount
      delayMilliseconds = talk.delayMilliseconds
      var (session, reply) = (Session(), Reply())
      try? service.engine.execute(Command(.size), in: &session, into: &reply)
      keyCount = Int(reply.cells.first?.integer ?? -1)
    }
  }

  /// Whether the replies are the same each time: those of `INFO` and of what is chosen at random are not.
  private static func isRepeatable(_ stream: [UInt8]) -> Bool {
    let text = stream.map { $0 &- UInt8(ascii: "A") < 26 ? $0 | 0x20 : $0 }
    return !["info", "random"].contains { word in
      let word = Array(word.utf8)
      return text.indices.contains { text[$0...].starts(with: word) }
    }
  }

  /// The replies are such as a client can read: not one byte is left over.
  private static func tally(_ outcome: Outcome) throws(FuzzFailure) -> Tally {
    var tally = Tally(
      endingCount: outcome.hasEnded ? 1 : 0, keyCount: outcome.keyCount)
    guard !outcome.isPlain else {
      tally.lineByteCount = outcome.replies.count
      try FuzzFailure.unless(
        outcome.replies.isEmpty || outcome.replies.last == 0x0A,
        "a reply without an end: \(outcome)")
      return tally
    }
    var reader = ReplyReader()
    var done = 0
    do throws(ReplyError) {
      try outcome.replies.withRawBytes { bytes throws(ReplyError) in
        while let count = try reader.next(UnsafeRawBufferPointer(rebasing: bytes[done...])) {
          done += count
          tally.replyCount += 1
          if reader.nodes.first?.kind == .error { tally.errorCount += 1 }
        }
      }
    } catch {
      throw FuzzFailure("the replies have \(error.message): \(outcome)")
    }
    try FuzzFailure.unless(
      done == outcome.replies.count,
      "\(outcome.replies.count - done) bytes are no reply: \(outcome)")
    return tally
  }
}

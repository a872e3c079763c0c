import QrrotCore
import QrrotTesting
import QrrotWire

/// What the fuzzer of the network protocol does with an input, and what must hold whatever it is.
///
/// The first byte is a set of options, the next two say where the bytes are cut, the rest is what a
/// connection brings: to a server, and to a client.
package enum RespFuzzing {
  /// What an input was found to hold.
  package struct Tally: Equatable {
    package var commandCount = 0
    package var lineCount = 0
    package var requestErrorCount = 0
    package var replyCount = 0
    package var replyErrorCount = 0
  }

  /// Reads what a connection brings.
  ///
  /// - Throws: ``FuzzFailure`` if anything did not hold.
  @discardableResult
  package static func check(_ bytes: [UInt8]) throws -> Tally {
    var input = FuzzInput(bytes)
    let options = input.byte()
    let cuts = [Int(input.byte()), Int(input.byte())].sorted()
    let stream = input.rest()
    let isSmall = options & 1 != 0
    let (first, second) = (min(cuts[0], stream.count), min(cuts[1], stream.count))
    var partings = [[stream[..<first], stream[first..<second], stream[second...]]]
    if stream.count <= 400 { partings.append(stream.indices.map { stream[$0...$0] }) }
    var tally = Tally()
    try checkRequests(
      stream, partings, isSmall ? smallRequests : .standard,
      options & 2 != 0 ? isPing : nil, &tally)
    try checkReplies(stream, partings, isSmall ? smallReplies : .standard, &tally)
    return tally
  }

  /// A word that only Redis has.
  private static let isPing: @Sendable (UnsafeRawBufferPointer) -> Bool = { word in
    word.elementsEqual("PING".utf8)
  }

  /// Limits that a short input can reach.
  private static let smallRequests = RequestLimits(
    argumentCount: 4, argumentByteCount: 20, requestByteCount: 60, inlineByteCount: 24,
    lineByteCount: 32, isBeforeLogin: true)
  private static let smallReplies = ReplyLimits(
    depth: 3, nodeCount: 12, bulkByteCount: 20, lineByteCount: 24, replyByteCount: 80)

  private static func checkRequests(
    _ stream: [UInt8], _ partings: [[ArraySlice<UInt8>]], _ limits: RequestLimits,
    _ isInlineWord: (@Sendable (UnsafeRawBufferPointer) -> Bool)?, _ tally: inout Tally
  ) throws {
    let whole = RequestReading(stream, limits: limits, isInlineWord: isInlineWord)
    for (parts, inBatches) in partings.flatMap({ [($0, false), ($0, true)] }) {
      let parted = RequestReading(
        parts: parts, limits: limits, isInlineWord: isInlineWord, inBatches: inBatches)
      try FuzzFailure.unless(
        parted.items == whole.items && parted.byteCount == whole.byteCount,
        "requests in \(parts.count) parts:\n\(parted)\nand whole:\n\(whole)")
    }
    try FuzzFailure.unless(
      whole.keptCount <= stream.count, "\(whole.keptCount) arguments of \(stream.count) bytes")
    for item in whole.items {
      switch item {
      case .command(let command):
        tally.commandCount += 1
        try checkCommand(command, limits)
      case .line(let line):
        tally.lineCount += 1
        try FuzzFailure.unless(
          line.count <= limits.lineByteCount && !line.contains(0x0A), "a line of \(line.count)")
      case .error(let error):
        tally.requestErrorCount += 1
        try checkAnswer(error)
      }
    }
  }

  /// A command keeps to the limits, and sent as an array it is the same.
  private static func checkCommand(_ command: [[UInt8]], _ limits: RequestLimits) throws {
    let longest = max(limits.argumentByteCount, limits.inlineByteCount)
    try FuzzFailure.unless(
      (1...limits.argumentCount).contains(command.count)
        && command.allSatisfy { $0.count <= longest }, "\(command.count) arguments")
    let again = RequestReading(RequestReading.encoded(command))
    try FuzzFailure.unless(again.items == [.command(command)], "sent again: \(again)")
  }

  /// What a client is told is one error reply, one line, or nothing.
  private static func checkAnswer(_ error: ProtocolError) throws {
    var bytes: [UInt8] = []
    error.appendReply(to: &bytes)
    switch error {
    case .tls, .http: try FuzzFailure.unless(bytes.isEmpty, "an answer to \(error)")
    case .lineTooLong:
      try FuzzFailure.unless(
        bytes.last == 0x0A && bytes.count { $0 == 0x0A } == 1, Escaping.displayed(bytes))
    default:
      let reading = ReplyReading(bytes)
      try FuzzFailure.unless(
        reading.error == nil && reading.replies.count == 1 && reading.byteCount == bytes.count,
        Escaping.displayed(bytes))
    }
  }

  private static func checkReplies(
    _ stream: [UInt8], _ partings: [[ArraySlice<UInt8>]], _ limits: ReplyLimits,
    _ tally: inout Tally
  ) throws {
    let whole = ReplyReading(stream, limits: limits)
    for parts in partings {
      let parted = ReplyReading(parts: parts, limits: limits)
      try FuzzFailure.unless(
        parted == whole, "replies in \(parts.count) parts:\n\(parted)\nand whole:\n\(whole)")
    }
    tally.replyCount += whole.replies.count
    if whole.error != nil { tally.replyErrorCount += 1 }
    for reply in whole.replies {
      try FuzzFailure.unless(
        ReplyReading.isWhole(reply) && reply.count <= limits.nodeCount, "\(reply)")
      var writer = ReplyWriter(version: .resp3)
      guard ReplyReading.write(reply, to: &writer) else { continue }
      let again = ReplyReading(writer.bytes)
      try FuzzFailure.unless(
        again.replies == [reply] && again.byteCount == writer.bytes.count,
        "\(reply) written again is \(Escaping.displayed(writer.bytes))")
    }
  }
}

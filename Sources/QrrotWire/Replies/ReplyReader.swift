/// Reads replies of RESP, both versions, out of the bytes that have come, where they lie. For clients.
///
/// The caller hands over all bytes that are not done with, from the first one of a reply on. A reply
/// that is not complete takes none of them; the reader remembers how far it has come, so that bytes
/// which come one by one cost no more than all at once. Attributes (`|`) are checked and left out.
///
/// It keeps 16 bytes for each part of a reply that has come (three bytes or more on the wire), and
/// nothing for what is only declared. It does not recurse.
public struct ReplyReader: Sendable {
  /// An aggregate that is open.
  private struct Frame {
    /// How many nodes are still to come.
    var missingCount: Int
    /// Where the nodes of an attribute begin, which are dropped when it is complete; else negative.
    var attributeStart: Int
  }

  /// How much a reply may be.
  public let limits: ReplyLimits
  /// The reply that the last call found, the parts of an aggregate behind it; good until the next call.
  public private(set) var nodes: [ReplyNode] = []

  private var frames: [Frame] = []
  private var position = 0
  private var scannedCount = 0
  /// How many nodes have come, dropped ones too.
  private var readCount = 0
  private var isComplete = false
  private var failure: ReplyError?

  /// Makes a reader for a new connection.
  public init(limits: ReplyLimits = .standard) {
    self.limits = limits
  }

  /// Reads the reply at the beginning of `input`.
  ///
  /// - Returns: How many bytes the reply takes, which are then done with; nil if more are needed.
  /// - Throws: A ``ReplyError``, and the same one at each further call.
  /// - Complexity: O(n) for all calls of a reply of n bytes together.
  public mutating func next(_ input: UnsafeRawBufferPointer) throws(ReplyError) -> Int? {
    if let failure { throw failure }
    if isComplete { startAnew() }
    do throws(ReplyError) {
      while !isComplete {
        guard try readNode(input) else { return nil }
      }
    } catch {
      failure = error
      nodes = []
      frames = []
      throw error
    }
    return position
  }

  private mutating func startAnew() {
    nodes.removeAll(keepingCapacity: nodes.capacity <= Self.keptNodeCount)
    position = 0
    scannedCount = 0
    readCount = 0
    isComplete = false
  }

  private static let keptNodeCount = 1_024

  /// Reads what stands at `position`: a scalar, or the head of an aggregate.
  ///
  /// - Returns: Whether all of it has come.
  private mutating func readNode(_ input: UnsafeRawBufferPointer) throws(ReplyError) -> Bool {
    guard position < input.count else { return false }
    let mark = input[position]
    guard let type = Self.type(of: mark) else { throw .unknownType(mark) }
    guard let end = try findLineEnd(input) else { return false }
    guard end + 2 <= limits.replyByteCount else { throw .replyTooLong }
    let line = (position + 1)..<end
    guard readCount < min(limits.nodeCount, Int(Int32.max)) else { throw .tooManyNodes }
    switch type {
    case .aggregate(let kind): try open(kind, input[line])
    case .attribute: try openAttribute(input[line])
    case .bulk(let kind):
      return try readBulk(kind, input, line)
    case .line(let kind):
      try Self.check(kind, input[line])
      add(ReplyNode(kind, offset: line.lowerBound, count: line.count), next: end + 2)
    }
    return true
  }

  /// What a reply's first byte says.
  private enum MarkedType {
    case line(ReplyNode.Kind)
    case bulk(ReplyNode.Kind)
    case aggregate(ReplyNode.Kind)
    case attribute
  }

  private static func type(of mark: UInt8) -> MarkedType? {
    switch mark {
    case UInt8(ascii: "+"): .line(.simple)
    case UInt8(ascii: "-"): .line(.error)
    case UInt8(ascii: ":"): .line(.integer)
    case UInt8(ascii: "_"): .line(.null)
    case UInt8(ascii: ","): .line(.double)
    case UInt8(ascii: "("): .line(.bigNumber)
    case UInt8(ascii: "#"): .line(.boolean)
    case UInt8(ascii: "$"): .bulk(.bulk)
    case UInt8(ascii: "="): .bulk(.verbatim)
    case UInt8(ascii: "!"): .bulk(.bulkError)
    case UInt8(ascii: "*"): .aggregate(.array)
    case UInt8(ascii: "%"): .aggregate(.map)
    case UInt8(ascii: "~"): .aggregate(.set)
    case UInt8(ascii: ">"): .aggregate(.push)
    case UInt8(ascii: "|"): .attribute
    default: nil
    }
  }

  /// Looks for the end of the line that begins at `position`.
  ///
  /// - Returns: The offset of its carriage return; nil if the end has not come.
  private mutating func findLineEnd(_ input: UnsafeRawBufferPointer) throws(ReplyError) -> Int? {
    // The mark is not of the line's bytes.
    let last = position + 1 + limits.lineByteCount
    let end = min(input.count, last + 1)
    var index = max(position + 1, scannedCount)
    while index < end, !ReplyWriter.isLineBreak(input[index]) { index += 1 }
    scannedCount = index
    guard index < end else {
      guard input.count <= last else { throw .lineTooLong }
      return nil
    }
    guard input[index] == WireBytes.carriageReturn else { throw .missingLineEnd }
    guard index + 1 < input.count else { return nil }
    guard input[index + 1] == WireBytes.lineFeed else { throw .missingLineEnd }
    return index
  }

  private static func check(
    _ kind: ReplyNode.Kind, _ text: UnsafeRawBufferPointer.SubSequence
  ) throws(ReplyError) {
    let isValid =
      switch kind {
      case .integer: WireNumber.integer(text) != nil
      case .null: text.isEmpty
      case .double: ReplyNode.isDouble(text)
      case .bigNumber: ReplyNode.isBigNumber(text)
      case .boolean: text.elementsEqual("t".utf8) || text.elementsEqual("f".utf8)
      default: true
      }
    guard isValid else { throw .invalidScalar }
  }

  /// Reads the bytes whose length stands in `line`.
  private mutating func readBulk(
    _ kind: ReplyNode.Kind, _ input: UnsafeRawBufferPointer, _ line: Range<Int>
  ) throws(ReplyError) -> Bool {
    guard let length = WireNumber.value(input[line]) else { throw .invalidLength }
    let start = line.upperBound + 2
    if length == -1, kind == .bulk {
      add(ReplyNode(.null, offset: start, count: 0), next: start)
      return true
    }
    guard length >= 0, length <= min(limits.bulkByteCount, Int(Int32.max)) else {
      throw .invalidLength
    }
    let end = start + Int(length)
    guard end + 2 <= limits.replyByteCount else { throw .replyTooLong }
    guard input.count >= end + 2 else { return false }
    guard input[end] == WireBytes.carriageReturn, input[end + 1] == WireBytes.lineFeed else {
      throw .missingLineEnd
    }
    if kind == .verbatim {
      guard length >= 4, input[start + 3] == UInt8(ascii: ":") else { throw .invalidLength }
      add(ReplyNode(kind, offset: start + 4, count: Int(length) - 4), next: end + 2)
    } else {
      add(ReplyNode(kind, offset: start, count: Int(length)), next: end + 2)
    }
    return true
  }

  /// Begins an aggregate whose count is `text`.
  private mutating func open(
    _ kind: ReplyNode.Kind, _ text: UnsafeRawBufferPointer.SubSequence
  ) throws(ReplyError) {
    guard let declared = WireNumber.value(text) else { throw .invalidLength }
    let next = text.endIndex + 2
    if declared == -1, kind == .array {
      return add(ReplyNode(.null, offset: next, count: 0), next: next)
    }
    let count = try childCount(declared, isPairs: kind == .map)
    let node = ReplyNode(kind, offset: next, count: count)
    guard count > 0 else { return add(node, next: next) }
    guard frames.count < limits.depth else { throw .tooDeep }
    nodes.append(node)
    pass(to: next)
    frames.append(Frame(missingCount: count, attributeStart: -1))
  }

  private mutating func openAttribute(
    _ text: UnsafeRawBufferPointer.SubSequence
  ) throws(ReplyError) {
    guard let declared = WireNumber.value(text) else { throw .invalidLength }
    let count = try childCount(declared, isPairs: true)
    pass(to: text.endIndex + 2)
    guard count > 0 else { return }
    guard frames.count < limits.depth else { throw .tooDeep }
    frames.append(Frame(missingCount: count, attributeStart: nodes.count))
  }

  /// How many nodes an aggregate has, if there may be so many.
  private func childCount(_ declared: Int64, isPairs: Bool) throws(ReplyError) -> Int {
    guard declared >= 0 else { throw .invalidLength }
    let left = min(limits.nodeCount, Int(Int32.max)) - readCount - 1
    guard declared <= left / (isPairs ? 2 : 1) else { throw .tooManyNodes }
    return Int(declared) * (isPairs ? 2 : 1)
  }

  private mutating func pass(to next: Int) {
    position = next
    scannedCount = 0
    readCount += 1
  }

  /// Adds a node that is complete, and completes those that it is the last part of.
  private mutating func add(_ node: ReplyNode, next: Int) {
    nodes.append(node)
    pass(to: next)
    while let frame = frames.last {
      guard frame.missingCount == 1 else {
        frames[frames.count - 1].missingCount -= 1
        return
      }
      frames.removeLast()
      if frame.attributeStart >= 0 {
        // It is no part of what it stands in: the reply that it is about follows.
        nodes.removeSubrange(frame.attributeStart...)
        return
      }
    }
    isComplete = true
  }
}

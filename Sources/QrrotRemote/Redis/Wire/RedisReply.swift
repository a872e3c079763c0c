internal import QrrotWire

/// Replies that came together, with the bytes that they lie in.
final class RedisChunk: Sendable {
  /// Where a reply begins.
  struct Start {
    /// Its first node.
    let node: UInt32
    /// What the offsets of its nodes are counted from.
    let base: UInt32
  }

  fileprivate let bytes: [UInt8]
  fileprivate let nodes: [ReplyNode]
  private let starts: [Start]

  init(bytes: [UInt8], nodes: [ReplyNode], starts: [Start]) {
    self.bytes = bytes
    self.nodes = nodes
    self.starts = starts
  }

  /// How many replies.
  var count: Int { starts.count }

  subscript(_ index: Int) -> RedisReply {
    let start = starts[index]
    let end = index + 1 < starts.count ? Int(starts[index + 1].node) : nodes.count
    return RedisReply(
      self, base: start.base, node: start.node, end: UInt32(truncatingIfNeeded: end))
  }
}

/// One reply, or a part of one, over the bytes in which it came.
///
/// It keeps all bytes that came together with it: who wants a little of it for long copies that.
struct RedisReply: Sendable {
  private let chunk: RedisChunk
  private let base: UInt32
  /// Its first node, and the one behind its last.
  private let node: UInt32
  private let end: UInt32

  fileprivate init(_ chunk: RedisChunk, base: UInt32, node: UInt32, end: UInt32) {
    self.chunk = chunk
    self.base = base
    self.node = node
    self.end = end
  }

  /// What stands for a reply that has not come.
  static let none = RedisChunk(
    bytes: Array("_\r\n".utf8), nodes: nullNodes, starts: [.init(node: 0, base: 0)])[0]

  private static var nullNodes: [ReplyNode] {
    var reader = ReplyReader()
    return Array("_\r\n".utf8).withUnsafeBytes { bytes in
      _ = try? reader.next(bytes)
      return reader.nodes
    }
  }

  private var head: ReplyNode { chunk.nodes[Int(node)] }

  var kind: ReplyNode.Kind { head.kind }
  var isNull: Bool { kind == .null }
  var isError: Bool { kind == .error || kind == .bulkError }
  /// The text of an error.
  var error: String? { isError ? text : nil }
  /// The value of an integer or a boolean.
  var integer: Int64? { withBytes { head.integer(in: $0) } }
  /// The content as text; empty of an aggregate.
  var text: String { withContent { String(decoding: $0, as: UTF8.self) } }
  /// The content: of a number as it is written; empty of an aggregate.
  var content: [UInt8] { withContent { Array($0) } }
  /// How many replies belong to it directly; of a map keys and values.
  var count: Int { head.childCount }

  /// A child.
  ///
  /// - Complexity: O(1) where all children are scalars, else O(n).
  subscript(_ index: Int) -> RedisReply {
    precondition(index >= 0 && index < count)
    var child = node + 1
    guard Int(end - child) > count else {
      child += UInt32(index)
      return RedisReply(chunk, base: base, node: child, end: child + 1)
    }
    for _ in 0..<index { child = endOfReply(child) }
    return RedisReply(chunk, base: base, node: child, end: endOfReply(child))
  }

  /// Hands over the children in order.
  ///
  /// - Complexity: O(n) in all parts together.
  func forEach<E: Error>(_ body: (RedisReply) throws(E) -> Void) throws(E) {
    var child = node + 1
    for _ in 0..<count {
      let next = endOfReply(child)
      try body(RedisReply(chunk, base: base, node: child, end: next))
      child = next
    }
  }

  /// The node behind all that belong to this one.
  private func endOfReply(_ start: UInt32) -> UInt32 {
    var missing = 1
    var index = Int(start)
    while missing > 0 {
      missing += chunk.nodes[index].childCount - 1
      index += 1
    }
    return UInt32(truncatingIfNeeded: index)
  }

  /// Hands over the content where it lies.
  func withContent<R, E: Error>(
    _ body: (UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    let range = head.range
    return try withBytes { bytes throws(E) in
      try body(UnsafeRawBufferPointer(rebasing: bytes[range]))
    }
  }

  private func withBytes<R, E: Error>(
    _ body: (UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    // The standard library's `withUnsafeBytes` can't rethrow a type.
    try chunk.bytes.withUnsafeBufferPointer { bytes throws(E) in
      try body(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[Int(base)...])))
    }
  }

  /// Whether it is an error that begins with this word. Cheap where it is none.
  func isError(_ code: StaticString) -> Bool {
    guard isError else { return false }
    return withContent { bytes in
      let count = code.utf8CodeUnitCount
      guard bytes.count >= count else { return false }
      return zip(bytes, UnsafeBufferPointer(start: code.utf8Start, count: count))
        .allSatisfy { $0 == $1 }
    }
  }
}

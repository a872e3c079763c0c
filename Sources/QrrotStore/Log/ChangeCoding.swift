internal import QrrotCore

/// How a change is written, in a log's payload and in a snapshot alike.
///
/// ```
/// head     1 byte: bits 0-1 the kind, 2-3 the type, 4 a version follows, 5 an expiry follows
/// key      length, varint       (not for a clear)
/// value    length, varint       (a put alone)
/// version  varint               (if bit 4)
/// expiry   8 bytes              (if bit 5)
/// key, value
/// ```
///
/// A varint is LEB128: seven bits a byte, lowest first, the high bit set on all bytes but the last.
/// There is one way to write each change: a longer varint, a flag without its bit's meaning and an
/// expiry of 0 are malformed.
enum ChangeCoding {
  /// What everything but key and value takes at most: head, 3 and 5 bytes of lengths, 7 of version,
  /// 8 of expiry.
  static let headByteLimit = 24
  /// Versions and sequence numbers are below this.
  static let versionLimit: UInt64 = 1 << 48

  private static let versionFlag: UInt8 = 1 << 4
  private static let expiryFlag: UInt8 = 1 << 5

  /// Writes all of a put but key and value.
  ///
  /// - Parameters:
  ///   - version: nil for that of the commit.
  ///   - target: `headByteLimit` bytes.
  /// - Returns: how many bytes were written.
  @inline(__always)
  static func writePut(
    type: ValueType, keyByteCount: Int, valueByteCount: Int, version: UInt64?, expiry: Int64,
    to target: UnsafeMutableRawPointer
  ) -> Int {
    var head = Change.Kind.put.rawValue | type.rawValue << 2
    var count = 1
    count &+= writeNumber(UInt64(truncatingIfNeeded: keyByteCount), to: target + count)
    count &+= writeNumber(UInt64(truncatingIfNeeded: valueByteCount), to: target + count)
    if let version {
      head |= versionFlag
      count &+= writeNumber(version, to: target + count)
    }
    if expiry != 0 {
      head |= expiryFlag
      target.put(expiry, at: count)
      count &+= 8
    }
    target.put(head, at: 0)
    return count
  }

  /// Writes all of a removal but the key, or all of a clear.
  static func write(
    _ kind: Change.Kind, keyByteCount: Int, to target: UnsafeMutableRawPointer
  ) -> Int {
    target.put(kind.rawValue, at: 0)
    if kind == .clear { return 1 }
    return 1 + writeNumber(UInt64(truncatingIfNeeded: keyByteCount), to: target + 1)
  }

  @inline(__always)
  private static func writeNumber(_ number: UInt64, to target: UnsafeMutableRawPointer) -> Int {
    var rest = number
    var count = 0
    while rest >= 0x80 {
      target.put(UInt8(truncatingIfNeeded: rest) | 0x80, at: count)
      rest >>= 7
      count &+= 1
    }
    target.put(UInt8(truncatingIfNeeded: rest), at: count)
    return count &+ 1
  }
}

/// All of a change but key and value.
struct ChangeHead {
  var kind = Change.Kind.clear
  var type = ValueType.string
  var keyByteCount = 0
  var valueByteCount = 0
  var version: UInt64?
  var expiry: Int64 = 0
  /// How many bytes it took itself.
  var headByteCount = 0

  /// All bytes of the change.
  var byteCount: Int { headByteCount &+ keyByteCount &+ valueByteCount }

  /// Reads the head of the change that begins at `start`.
  ///
  /// - Returns: nil if it is malformed or `bytes` ends within it. That key and value are there too
  ///   is not looked at.
  @inline(__always)
  init?(_ bytes: UnsafeRawBufferPointer, at start: Int) {
    guard start < bytes.count else { return nil }
    let head = bytes[start]
    var cursor = start &+ 1
    guard head < 1 << 6, let kind = Change.Kind(rawValue: head & 3) else { return nil }
    self.kind = kind
    if kind != .put, head >> 2 != 0 { return nil }
    if kind != .clear {
      guard let count = Self.number(bytes, &cursor, limit: UInt64(Limits.keyByteCount)) else {
        return nil
      }
      keyByteCount = Int(truncatingIfNeeded: count)
    }
    if kind == .put {
      guard let type = ValueType(rawValue: head >> 2 & 3),
        let count = Self.number(bytes, &cursor, limit: UInt64(Limits.valueByteCount)),
        type != .int || count == 8
      else { return nil }
      self.type = type
      valueByteCount = Int(truncatingIfNeeded: count)
      if head & 1 << 4 != 0 {
        version = Self.number(bytes, &cursor, limit: ChangeCoding.versionLimit &- 1)
        if version == nil { return nil }
      }
      if head & 1 << 5 != 0 {
        guard bytes.count &- cursor >= 8 else { return nil }
        expiry = bytes.number(at: cursor, as: Int64.self)
        cursor &+= 8
        if expiry == 0 { return nil }
      }
    }
    headByteCount = cursor &- start
  }

  /// Reads a varint of at most `limit`, which is below 2^56.
  @inline(__always)
  private static func number(
    _ bytes: UnsafeRawBufferPointer, _ cursor: inout Int, limit: UInt64
  ) -> UInt64? {
    var number: UInt64 = 0
    var shift: UInt64 = 0
    while cursor < bytes.count, shift < 56 {
      let byte = bytes[cursor]
      cursor &+= 1
      number |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 {
        let isShortest = byte != 0 || shift == 0
        return isShortest && number <= limit ? number : nil
      }
      shift &+= 7
    }
    return nil
  }
}

extension Change {
  /// Reads the change that begins at `cursor` and moves it behind.
  ///
  /// - Parameter commitVersion: The version of a put that has none of its own.
  /// - Returns: nil if it is malformed or not all there.
  @inline(__always)
  init?(_ bytes: UnsafeRawBufferPointer, at cursor: inout Int, commitVersion: UInt64) {
    guard let head = ChangeHead(bytes, at: cursor) else { return nil }
    let content = cursor &+ head.headByteCount
    guard bytes.count &- content >= head.keyByteCount &+ head.valueByteCount else { return nil }
    kind = head.kind
    type = head.type
    key = bytes.part(content, head.keyByteCount)
    value = bytes.part(content &+ head.keyByteCount, head.valueByteCount)
    version = head.version ?? commitVersion
    expiry = head.expiry
    cursor = content &+ head.keyByteCount &+ head.valueByteCount
  }
}

internal import QrrotCore

/// Why the bytes of a call or of its answer can't be read. Nothing has happened then.
public enum CallFault: Error, Equatable, Sendable {
  /// They end too early.
  case truncated
  /// Something stands where it can't; which part that is.
  case invalid(String)
  /// More follows the end.
  case surplus

  /// What is wrong, as the end of a sentence.
  public var message: String {
    switch self {
    case .truncated: "it ends too early"
    case .invalid(let part): "its \(part) is not valid"
    case .surplus: "more follows its end"
    }
  }
}

/// Appends the parts of calls and answers to bytes.
///
/// Numbers are LEB128, signed ones in zigzag form; bytes stand behind their length.
public struct CallWriter {
  /// What has been written.
  public var bytes: [UInt8] = []

  /// Begins with nothing written.
  public init() {}

  mutating func byte(_ value: UInt8) { bytes.append(value) }

  mutating func flag(_ value: Bool) { bytes.append(value ? 1 : 0) }

  mutating func number(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  mutating func count(_ value: Int) { number(UInt64(clamping: value)) }

  mutating func integer(_ value: Int64) {
    number(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
  }

  mutating func content(_ content: some Collection<UInt8>) {
    count(content.count)
    bytes.append(contentsOf: content)
  }

  mutating func text(_ text: String) { content(text.utf8) }

  mutating func optional<T>(_ value: T?, _ body: (inout CallWriter, T) -> Void) {
    flag(value != nil)
    if let value { body(&self, value) }
  }

  mutating func list<T>(_ values: some Collection<T>, _ body: (inout CallWriter, T) -> Void) {
    count(values.count)
    for value in values { body(&self, value) }
  }
}

/// Reads the parts of calls and answers. Whatever stands in the bytes, it neither traps nor takes more
/// memory than a small multiple of them.
public struct CallReader {
  private let bytes: UnsafeRawBufferPointer
  private var offset = 0

  /// - Parameter bytes: good for as long as the reader is used.
  public init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// How many bytes are left.
  var restCount: Int { bytes.count - offset }

  mutating func byte() throws(CallFault) -> UInt8 {
    guard offset < bytes.count else { throw .truncated }
    defer { offset += 1 }
    return bytes[offset]
  }

  mutating func flag(_ part: String) throws(CallFault) -> Bool {
    switch try byte() {
    case 0: return false
    case 1: return true
    default: throw .invalid(part)
    }
  }

  mutating func number(_ part: String) throws(CallFault) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let byte = try byte()
      let bits = UInt64(byte & 0x7F)
      // The tenth byte has one bit left; a last byte of zero would be a second form of the same number.
      guard shift < 63 || bits <= 1, byte != 0 || shift == 0 else { throw .invalid(part) }
      value |= bits << shift
      guard byte & 0x80 != 0 else { return value }
      shift += 7
      guard shift <= 63 else { throw .invalid(part) }
    }
  }

  /// A number that is an `Int`, of at most `limit`.
  mutating func count(_ part: String, limit: Int = .max) throws(CallFault) -> Int {
    guard let count = Int(exactly: try number(part)), count <= limit else { throw .invalid(part) }
    return count
  }

  mutating func integer(_ part: String) throws(CallFault) -> Int64 {
    let bits = try number(part)
    return Int64(bitPattern: bits >> 1) ^ -Int64(bitPattern: bits & 1)
  }

  /// Bytes where they lie.
  mutating func content(
    _ part: String, limit: Int = .max
  ) throws(CallFault) -> UnsafeRawBufferPointer {
    let count = try count(part, limit: limit)
    guard count <= restCount else { throw .truncated }
    defer { offset += count }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + count)])
  }

  mutating func text(_ part: String) throws(CallFault) -> String {
    String(decoding: try content(part), as: UTF8.self)
  }

  mutating func optional<T>(
    _ part: String, _ body: (inout CallReader) throws(CallFault) -> T
  ) throws(CallFault) -> T? {
    try flag(part) ? try body(&self) : nil
  }

  /// A list whose elements have a byte each at least, so that a count costs nothing by itself.
  mutating func list<T>(
    _ part: String, _ body: (inout CallReader) throws(CallFault) -> T
  ) throws(CallFault) -> [T] {
    let count = try count(part)
    guard count <= restCount else { throw .truncated }
    var values: [T] = []
    for _ in 0..<count { values.append(try body(&self)) }
    return values
  }

  /// Checks that all has been read.
  public func end() throws(CallFault) {
    guard restCount == 0 else { throw .surplus }
  }
}

internal import QrrotCore

/// What a key of Redis holds, as the language sees it.
struct RedisRecord {
  /// What Redis calls it.
  enum Kind: UInt64 {
    case absent
    /// Text: a string, an int or a JSON text to the language.
    case string
    /// A value of the JSON module.
    case json
    case hash
    case list
    case set
    case sortedSet
    case stream
    /// Of a module that is not known here.
    case other

    /// Reads the answer to TYPE.
    init(typeName: String) {
      self =
        switch typeName {
        case "none": .absent
        case "string": .string
        case "ReJSON-RL": .json
        case "hash": .hash
        case "list": .list
        case "set": .set
        case "zset": .sortedSet
        case "stream": .stream
        default: .other
        }
    }

    /// Whether it is shown as JSON without being it.
    var isView: Bool {
      switch self {
      case .absent, .string, .json: false
      case .hash, .list, .set, .sortedSet, .stream, .other: true
      }
    }
  }

  /// What Redis calls it.
  var kind: Kind
  /// What `type` says of a view: Redis' own name.
  var typeName: String
  /// Nil if there is no such key.
  var value: Value?
  /// When it expires, in milliseconds since 1970 by the server's clock; 0 for never.
  var expiry: Int64
  /// A hash of kind and content.
  var contentHash: UInt64

  /// The key that is not there.
  static let absent = RedisRecord(
    kind: .absent, typeName: "none", value: nil, expiry: 0, contentHash: 0)

  /// What the record is told apart by; 0 for an absent key.
  ///
  /// Redis has no versions, so it is made of what the key holds: a key that was changed and changed back has
  /// its old one again. It is good in this process only, and nobody outside can make two that are equal.
  var version: UInt64 { Self.version(kind, contentHash, expiry: expiry) }

  /// The version of a record of this kind and content.
  static func version(_ kind: Kind, _ contentHash: UInt64, expiry: Int64) -> UInt64 {
    guard kind != .absent else { return 0 }
    var hasher = Hasher()
    hasher.combine(contentHash)
    hasher.combine(expiry)
    // Transactions keep the greatest number for themselves.
    let bits = UInt64(bitPattern: Int64(hasher.finalize())) & ~kindMask & .max >> 1
    return bits | kind.rawValue
  }

  /// What kind of record a version is of.
  static func kind(ofVersion version: UInt64) -> Kind {
    Kind(rawValue: version & kindMask) ?? .other
  }

  private static let kindMask: UInt64 = 0xF

  /// A hash of content.
  static func contentHash(_ kind: Kind, _ content: UnsafeRawBufferPointer) -> UInt64 {
    var hasher = Hasher()
    hasher.combine(kind.rawValue)
    hasher.combine(bytes: content)
    return UInt64(bitPattern: Int64(hasher.finalize()))
  }

  /// The text under a key of kind string.
  static func string(_ text: UnsafeRawBufferPointer, expiry: Int64) -> RedisRecord {
    var reader = RedisText()
    let value = reader.with(text) { type, bytes in Value(storedType: type, bytes: bytes) }
    return RedisRecord(
      kind: .string, typeName: "string", value: value, expiry: expiry,
      contentHash: contentHash(.string, text))
  }
}

/// Reads the text that Redis keeps as a value of the language, in memory that is used again.
///
/// A canonical integer is an int, the text of an object or an array is JSON, all other is a string.
struct RedisText {
  private var compact: [UInt8] = []

  /// Hands the value of `text` to `body`, in the form in which a table keeps it.
  @inline(__always)
  mutating func with<R, E: Error>(
    _ text: UnsafeRawBufferPointer, _ body: (ValueType, UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    if let integer = Self.integer(text) {
      return try withUnsafeBytes(of: integer.littleEndian) { bytes throws(E) in
        try body(.int, bytes)
      }
    }
    if makeCompact(text) {
      // The standard library's `withUnsafeBytes` can't rethrow a type.
      return try compact.withUnsafeBufferPointer { bytes throws(E) in
        try body(.json, UnsafeRawBufferPointer(bytes))
      }
    }
    return try body(.string, text)
  }

  /// The number that `text` is in its one form.
  static func integer(_ text: UnsafeRawBufferPointer) -> Int64? {
    guard let first = text.first, text.count <= 20,
      first == UInt8(ascii: "-") || first &- UInt8(ascii: "0") <= 9
    else { return nil }
    return RedisNumber.integer(text)
  }

  /// Whether `text` is a JSON object or array; it is then in `compact` without blanks.
  private mutating func makeCompact(_ text: UnsafeRawBufferPointer) -> Bool {
    guard let first = text.first(where: { !Self.isBlank($0) }),
      first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
    else { return false }
    compact.removeAll(keepingCapacity: compact.count <= Self.keptByteCount)
    do throws(JSONSyntaxError) {
      try JSONText.appendCompact(text.bindMemory(to: UInt8.self).span, to: &compact)
      return true
    } catch {
      return false
    }
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
  }

  private static let keptByteCount = 1 << 20
}

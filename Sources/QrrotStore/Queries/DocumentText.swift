internal import QrrotCore

/// The JSON text of a value, in memory that is used again from value to value.
struct DocumentText {
  private var scratch: [UInt8] = []

  /// Hands the JSON text of `value` to `body`: of an int its digits, of a string in UTF-8 the JSON
  /// string.
  ///
  /// - Returns: what `body` returned; nil for a string that is not UTF-8, which is no JSON value.
  @inline(__always)
  mutating func with<R>(
    _ value: StoredValue, _ body: (UnsafeRawBufferPointer) throws(QrrotError) -> R
  ) throws(QrrotError) -> R? {
    if value.type == .json { return try body(value.bytes) }
    guard make(value) else { return nil }
    return try scratch.withRawBytes(body)
  }

  @inline(never)
  private mutating func make(_ value: StoredValue) -> Bool {
    scratch.removeAll(keepingCapacity: scratch.count < Self.keptByteCount)
    switch value.type {
    case .int: TextForm.append(value.integer, to: &scratch)
    case .string:
      let text = value.bytes.assumingMemoryBound(to: UInt8.self).span
      guard Escaping.isValidUTF8(text) else { return false }
      Escaping.appendJSONString(text, to: &scratch)
    case .json: scratch.append(contentsOf: value.bytes)
    }
    return true
  }

  private static let keptByteCount = 1 << 20
}

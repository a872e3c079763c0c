internal import CLongDouble
internal import QrrotCore
internal import QrrotStore
internal import QrrotWire

/// Parts of strings, and numbers in them.
extension Conversation {
  mutating func runPart(
    _ command: RedisCommand, _ words: Arguments, _ access: inout KeyAccess
  ) throws(RedisError) {
    switch command {
    case .append:
      var value = try text(of: words[1], &access)
      guard value.count + words[2].count <= Limits.valueByteCount else { throw .tooLong }
      value.append(contentsOf: words[2])
      try store(value, at: words[1], &access)
      writer.integer(Int64(value.count))
    case .strlen:
      guard let found = access.find(words[1]) else { return writer.integer(0) }
      switch found.type {
      case .string: writer.integer(Int64(found.bytes.count))
      case .int: writer.integer(Int64(DecimalInteger.withDigits(of: found.integer) { $0.count }))
      case .json: throw .wrongType
      }
    case .setrange: try setrange(words, &access)
    default: try getrange(words, &access)
    }
  }

  private func store(
    _ value: [UInt8], at key: UnsafeRawBufferPointer, _ access: inout KeyAccess
  ) throws(RedisError) {
    // Redis keeps the expiry of what it changes a part of.
    try value.withRawBytes { bytes throws(RedisError) in
      try store(bytes, at: key, expiry: .keep, &access)
    }
  }

  private mutating func getrange(
    _ words: Arguments, _ access: inout KeyAccess
  ) throws(RedisError) {
    guard let first = words.integer(2), let last = words.integer(3) else { throw .notAnInteger }
    guard let found = access.find(words[1]) else { return writer.bulk([]) }
    switch found.type {
    case .json: throw .wrongType
    case .int:
      DecimalInteger.withDigits(of: found.integer) { digits in
        writer.bulk(Self.part(of: digits, first, last))
      }
    case .string:
      let part = Self.part(of: found.bytes, first, last)
      guard isStreamed(part.count), let start = part.baseAddress, let all = found.bytes.baseAddress
      else { return writer.bulk(part) }
      stream([words[1]], as: .string((start - all)..<(start - all + part.count)), &access)
    }
  }

  /// The bytes from `first` to `last`, both counted from the end if negative.
  private static func part(
    of bytes: UnsafeRawBufferPointer, _ first: Int64, _ last: Int64
  ) -> UnsafeRawBufferPointer {
    let count = Int64(bytes.count)
    if first < 0, last < 0, first > last { return UnsafeRawBufferPointer(rebasing: bytes[..<0]) }
    let start = max(0, first < 0 ? first + count : first)
    let end = min(count - 1, max(0, last < 0 ? last + count : last))
    guard start <= end, count > 0 else { return UnsafeRawBufferPointer(rebasing: bytes[..<0]) }
    return UnsafeRawBufferPointer(rebasing: bytes[Int(start)...Int(end)])
  }

  private mutating func setrange(
    _ words: Arguments, _ access: inout KeyAccess
  ) throws(RedisError) {
    guard let offset = words.integer(2) else { throw .notAnInteger }
    guard offset >= 0 else { throw .offsetOutOfRange }
    var value = try text(of: words[1], &access)
    let part = words[3]
    guard !part.isEmpty else { return writer.integer(Int64(value.count)) }
    let (end, overflow) = offset.addingReportingOverflow(Int64(part.count))
    guard !overflow, end <= Int64(Limits.valueByteCount) else { throw .tooLong }
    if Int(end) > value.count {
      // The bytes between are zero. The memory is asked for before it is taken.
      try redis { () throws(QrrotError) in try access.requireMemory(Int(end) - value.count) }
      value.append(contentsOf: repeatElement(0, count: Int(end) - value.count))
    }
    value.replaceSubrange(Int(offset)..<Int(end), with: part)
    try store(value, at: words[1], &access)
    writer.integer(Int64(value.count))
  }

  // MARK: - Numbers

  mutating func incrby(
    _ words: Arguments, isNegative: Bool, _ access: inout KeyAccess
  ) throws(RedisError) {
    guard let number = words.integer(2) else { throw .notAnInteger }
    guard isNegative else { return try add(number, to: words[1], &access) }
    guard number != .min else { throw RedisError("decrement would overflow") }
    try add(-number, to: words[1], &access)
  }

  /// Adds to the integer of a key: of an int, or of a string that reads as one.
  mutating func add(
    _ number: Int64, to key: UnsafeRawBufferPointer, _ access: inout KeyAccess
  ) throws(RedisError) {
    var before: Int64 = 0
    if let found = access.find(key) {
      switch found.type {
      case .int: before = found.integer
      case .json: throw .wrongType
      case .string:
        guard let integer = DecimalInteger.parse(found.bytes) else { throw .notAnInteger }
        before = integer
      }
    }
    let (sum, overflow) = before.addingReportingOverflow(number)
    guard !overflow else { throw .overflow }
    try redis { () throws(QrrotError) in try access.put(key, integer: sum, expiry: .keep) }
    writer.integer(sum)
  }

  /// INCRBYFLOAT adds as C adds a `long double` and prints 17 digits behind the point, as Redis does.
  mutating func incrbyfloat(
    _ words: Arguments, _ access: inout KeyAccess
  ) throws(RedisError) {
    let before = access.find(words[1]) == nil ? [0x30] : try text(of: words[1], &access)
    var output = [UInt8](repeating: 0, count: Int(QRROT_LONG_DOUBLE_TEXT))
    let count = before.withRawBytes { before in
      output.withUnsafeMutableBytes { output in
        qrrot_add_long_double(
          before.baseAddress, before.count, words[2].baseAddress, words[2].count,
          output.baseAddress, output.count)
      }
    }
    guard count >= 0 else {
      throw count == QRROT_LONG_DOUBLE_NOT_FINITE
        ? RedisError("increment would produce NaN or Infinity") : .notAFloat
    }
    output.removeLast(output.count - Int(count))
    try store(output, at: words[1], &access)
    writer.bulk(output)
  }
}

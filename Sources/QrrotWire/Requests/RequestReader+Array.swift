extension RequestReader {
  /// Reads an array of bulk strings, as far as it has come.
  mutating func nextArray(_ input: UnsafeRawBufferPointer) throws(ProtocolError) -> Step {
    if missingCount == 0 {
      guard
        let count = try readNumber(input, tooLong: .countTooLong, otherwise: .invalidCount)
      else { return .more }
      guard count > 0 else { return finish(.nothing, position) }
      guard count <= limits.argumentCount else {
        throw limits.isBeforeLogin ? .countBeforeLogin : .invalidCount
      }
      missingCount = Int(count)
      arguments.removeAll(keepingCapacity: true)
    }
    while missingCount > 0 {
      guard try readArgument(input) else { return .more }
    }
    return finish(.command, position)
  }

  /// Reads the argument at `position`.
  ///
  /// - Returns: Whether all of it has come.
  private mutating func readArgument(_ input: UnsafeRawBufferPointer) throws(ProtocolError) -> Bool
  {
    if argumentByteCount < 0 {
      guard position < input.count else { return false }
      let mark = input[position]
      guard mark == UInt8(ascii: "$") else { throw .expectedBulk(mark) }
      guard
        let length = try readNumber(input, tooLong: .lengthTooLong, otherwise: .invalidLength)
      else { return false }
      guard length >= 0 else { throw .invalidLength }
      guard length <= limits.argumentByteCount else {
        throw limits.isBeforeLogin ? .lengthBeforeLogin : .invalidLength
      }
      argumentByteCount = Int(length)
      let end = position + argumentByteCount + 2
      guard end <= min(limits.requestByteCount, Int(UInt32.max)) else { throw .requestTooLong }
    }
    let end = position + argumentByteCount
    guard input.count >= end + 2 else { return false }
    // Redis does not look at these two. But then what follows is not what the client meant.
    guard input[end] == WireBytes.carriageReturn, input[end + 1] == WireBytes.lineFeed else {
      throw .invalidLength
    }
    arguments.append(Argument(position, argumentByteCount))
    position = end + 2
    argumentByteCount = -1
    missingCount -= 1
    return true
  }

  /// Reads the number that stands behind the byte at `position`, and passes its line.
  ///
  /// - Returns: Nil if the line's end has not come.
  private mutating func readNumber(
    _ input: UnsafeRawBufferPointer, tooLong: ProtocolError, otherwise invalid: ProtocolError
  ) throws(ProtocolError) -> Int64? {
    let start = position + 1
    // One digit is what most of them are.
    if input.count >= start + 3, input[start + 1] == WireBytes.carriageReturn,
      input[start + 2] == WireBytes.lineFeed, input[start] &- UInt8(ascii: "0") <= 9
    {
      position = start + 3
      scannedCount = 0
      return Int64(input[start] &- UInt8(ascii: "0"))
    }
    let end = min(input.count, position + limits.inlineByteCount + 1)
    var index = max(start, scannedCount)
    while index < end, input[index] != WireBytes.carriageReturn { index += 1 }
    guard index < end else {
      guard input.count - position <= limits.inlineByteCount else { throw tooLong }
      scannedCount = index
      return nil
    }
    guard index + 1 < input.count else {
      scannedCount = index
      return nil
    }
    guard input[index + 1] == WireBytes.lineFeed, let value = WireNumber.value(input[start..<index])
    else { throw invalid }
    position = index + 2
    scannedCount = 0
    return value
  }
}

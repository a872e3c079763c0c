extension JSONText {
  /// Hands the members of an object (of up to 4 GiB) to `body`, in order, each occurrence of a name.
  ///
  /// - Parameters:
  ///   - document: A valid, compact JSON text.
  ///   - body: Takes where the name's string stands, with its quotes, and where the value does; returns
  ///     whether to go on.
  /// - Returns: whether it is an object.
  /// - Complexity: O(n).
  @discardableResult
  public static func forEachMember<E: Error>(
    of document: UnsafeRawBufferPointer,
    _ body: (_ name: Range<Int>, _ value: Range<Int>) throws(E) -> Bool
  ) throws(E) -> Bool {
    guard let bytes = try? JSONBytes(document), document.first == UInt8(ascii: "{") else {
      return false
    }
    var offset = 1
    while offset < document.count, bytes[offset] == UInt8(ascii: "\"") {
      let (_, end) = bytes.string(at: offset)
      let valueEnd = bytes.end(ofValueAt: end + 1)
      guard try body(offset..<end, (end + 1)..<valueEnd) else { break }
      offset = valueEnd
      if offset < document.count, bytes[offset] == UInt8(ascii: ",") { offset += 1 }
    }
    return true
  }
}

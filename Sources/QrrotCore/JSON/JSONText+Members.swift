extension JSONText {
  /// Hands the members of an object to `body`, in order, each occurrence of a name.
  ///
  /// - Parameters:
  ///   - document: a valid, compact JSON text.
  ///   - body: takes where the name's string stands, with its quotes, and where the value does; returns
  ///     whether to go on.
  /// - Returns: whether it is an object.
  /// - Throws: `too-large` for a text beyond 4 GiB, and what `body` throws.
  /// - Complexity: O(n).
  @discardableResult
  public static func forEachMember(
    of document: UnsafeRawBufferPointer,
    _ body: (_ name: Range<Int>, _ value: Range<Int>) throws(QrrotError) -> Bool
  ) throws(QrrotError) -> Bool {
    guard let bytes = try JSONBytes(document), bytes[0] == UInt8(ascii: "{") else { return false }
    var offset = 1
    while bytes[offset] == UInt8(ascii: "\"") {
      let end = bytes.end(ofStringAt: offset)
      let valueEnd = bytes.end(ofValueAt: end + 1)
      guard try body(bytes.range(offset, end), bytes.range(end + 1, valueEnd)) else { break }
      offset = valueEnd
      if bytes[offset] == UInt8(ascii: ",") { offset += 1 }
    }
    return true
  }

  /// Hands the name of each member of an object to `body`, in order, each as often as it occurs: the
  /// characters that it stands for, in UTF-8.
  ///
  /// - Parameters:
  ///   - document: a valid, compact JSON text.
  ///   - body: returns whether to go on.
  /// - Returns: whether it is an object.
  /// - Throws: `too-large` for a text beyond 4 GiB.
  /// - Complexity: O(n).
  @discardableResult
  public static func forEachMemberName(
    of document: UnsafeRawBufferPointer, _ body: ([UInt8]) -> Bool
  ) throws(QrrotError) -> Bool {
    try forEachMember(of: document) { place, _ in
      let string = UnsafeRawBufferPointer(rebasing: document[place]).bindMemory(to: UInt8.self)
      var name: [UInt8] = []
      appendContent(ofString: string.span, to: &name)
      return body(name)
    }
  }
}

/// The member names of JSON objects.
public enum JSONMembers {
  /// Hands the name of each member of `object` to `body`, in order, each as often as it occurs: the
  /// characters that it stands for, in UTF-8.
  ///
  /// - Parameters:
  ///   - object: a valid, compact JSON text; one that is no object has no members.
  ///   - body: returns whether to go on.
  /// - Throws: `too-large` for a text beyond 4 GiB.
  /// - Complexity: O(n).
  public static func forEachName(
    of object: UnsafeRawBufferPointer, _ body: ([UInt8]) -> Bool
  ) throws(QrrotError) {
    guard let bytes = try JSONBytes(object), bytes[0] == UInt8(ascii: "{") else { return }
    var offset = 1
    while bytes[offset] == UInt8(ascii: "\"") {
      let end = bytes.end(ofStringAt: offset)
      var name: [UInt8] = []
      let text = UnsafeBufferPointer(start: bytes.start + offset, count: end - offset)
      JSONText.appendContent(ofString: text.span, to: &name)
      guard body(name) else { return }
      offset = bytes.end(ofValueAt: end + 1)
      if bytes[offset] == UInt8(ascii: ",") { offset += 1 }
    }
  }
}

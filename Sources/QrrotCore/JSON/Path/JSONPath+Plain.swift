internal import CJSONStructure

/// The paths that most commands have: `$.user.name`, `$.tags[0]`. They need not be compiled.
extension JSONPath {
  /// Whether `text` is a path of `.name` and `[index]` segments only, with names of ASCII letters,
  /// digits and `_` and with indices of up to 15 digits. Each of these is a valid, singular path.
  ///
  /// - Complexity: O(n), without an allocation.
  public static func isPlain(_ text: UnsafeRawBufferPointer) -> Bool {
    guard text.first == UInt8(ascii: "$") else { return false }
    var offset = 1
    while offset < text.count {
      guard let segment = PlainSegment(text, at: offset) else { return false }
      offset = segment.end
    }
    return true
  }

  /// What `JSONPath(path).first(in:scratch:)` gives, for a path that ``isPlain(_:)``.
  ///
  /// - Returns: The place of the value in `document`; nil if there is none, and for other paths.
  /// - Throws: `budget` past the steps that `scratch` allows, `interrupted`.
  /// - Complexity: O(n) for a document of n bytes, without an allocation.
  public static func first(
    ofPlain path: UnsafeRawBufferPointer, in document: UnsafeRawBufferPointer,
    scratch: inout JSONScratch
  ) throws(QrrotError) -> Range<Int>? {
    guard let bytes = try JSONBytes(document), let address = path.baseAddress,
      path.first == UInt8(ascii: "$")
    else { return nil }
    scratch.beginDocument(byteCount: document.count)
    let names = UnsafeBufferPointer(
      start: address.assumingMemoryBound(to: UInt8.self), count: path.count)
    var value = 0
    var offset = 1
    while offset < path.count {
      guard let segment = PlainSegment(path, at: offset) else { return nil }
      let child =
        switch (segment.kind, bytes[value]) {
        case (.name(let range), UInt8(ascii: "{")):
          try scratch.value(of: range, of: names, inObjectAt: value, of: bytes)
        case (.index(let index), UInt8(ascii: "[")):
          try scratch.element(index, ofArrayAt: value, of: bytes)
        default: Int?.none
        }
      guard let child else { return nil }
      value = child
      offset = segment.end
    }
    return bytes.range(value, bytes.end(ofValueAt: value))
  }
}

/// One segment of a plain path.
private struct PlainSegment {
  enum Kind {
    case name(Range<Int>)
    case index(Int)
  }

  let kind: Kind
  /// The offset behind it.
  let end: Int

  /// Nil if no plain segment begins at `offset`.
  @inline(__always)
  init?(_ text: UnsafeRawBufferPointer, at offset: Int) {
    var at = offset + 1
    switch text[offset] {
    case UInt8(ascii: "."):
      while at < text.count, Self.isNameByte(text[at]) { at += 1 }
      guard at > offset + 1, text[offset + 1] &- UInt8(ascii: "0") >= 10 else { return nil }
      kind = .name(offset + 1..<at)
      end = at
    case UInt8(ascii: "["):
      var index = 0
      while at < text.count, text[at] &- UInt8(ascii: "0") < 10, at - offset <= 15 {
        index = index * 10 + Int(text[at] &- UInt8(ascii: "0"))
        at += 1
      }
      let digitCount = at - offset - 1
      guard digitCount > 0, digitCount == 1 || text[offset + 1] != UInt8(ascii: "0"),
        at < text.count, text[at] == UInt8(ascii: "]")
      else { return nil }
      kind = .index(index)
      end = at + 1
    default:
      return nil
    }
  }

  @inline(__always)
  private static func isNameByte(_ byte: UInt8) -> Bool {
    (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10
      || byte == UInt8(ascii: "_")
  }
}

extension JSONScratch {
  /// The offset of the value of the member that the bytes of `names` in `range` name; they need no
  /// escape.
  fileprivate mutating func value(
    of range: Range<Int>, of names: UnsafeBufferPointer<UInt8>, inObjectAt start: Int,
    of document: JSONBytes
  ) throws(QrrotError) -> Int? {
    guard let address = names.baseAddress, let offset = UInt32(exactly: range.lowerBound),
      let count = UInt32(exactly: range.count)
    else { return nil }
    var name = qrrot_json_name()
    var value = 0
    qrrot_json_name_init(&name, address, offset, count)
    let object = qrrot_json_find_members(
      document.start, document.count, start, &name, 1, address, &value)
    if object.has_escaped_name == 0 {
      try step(1 + (object.end - start) >> 6)
      return value == 0 ? nil : value
    }
    let text = JSONStringText(UnsafeBufferPointer(rebasing: names[range]))
    return try self.value(of: text, inObjectAt: start, of: document)
  }
}

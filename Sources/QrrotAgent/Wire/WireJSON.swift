internal import QrrotCore

/// A JSON value that came over a wire: members are asked for by name, and what is not there, or of
/// another type, is nil.
///
/// Of members of one name the last counts.
public struct WireJSON: Sendable {
  /// The compact text of the whole document.
  private let document: [UInt8]
  /// Where the value stands in it.
  private let range: Range<Int>

  /// Reads one JSON text; nil if it is not one.
  public init?(_ text: [UInt8]) {
    var compact: [UInt8] = []
    guard (try? JSONText.appendCompact(text.span, to: &compact)) != nil, !compact.isEmpty else {
      return nil
    }
    self.init(compact, 0..<compact.count)
  }

  private init(_ document: [UInt8], _ range: Range<Int>) {
    self.document = document
    self.range = range
  }

  private var kind: JSONOrder.Kind {
    document.withUnsafeBytes { JSONOrder.kind(of: .init(rebasing: $0[range])) }
  }

  /// Whether it is null.
  public var isNull: Bool { kind == .null }

  /// Whether it is an object.
  public var isObject: Bool { document[range.lowerBound] == UInt8(ascii: "{") }

  /// The value of a member; nil if it is absent or null, or this is no object.
  public subscript(name: String) -> WireJSON? {
    var found: Range<Int>?
    document.withUnsafeBytes { bytes in
      let value = UnsafeRawBufferPointer(rebasing: bytes[range])
      _ = try? JSONText.forEachMember(of: value) { nameRange, valueRange throws(QrrotError) in
        if Self.content(ofString: .init(rebasing: value[nameRange])).elementsEqual(name.utf8) {
          found = valueRange
        }
        return true
      }
    }
    guard let found else { return nil }
    let member = WireJSON(
      document, (range.lowerBound + found.lowerBound)..<(range.lowerBound + found.upperBound))
    return member.isNull ? nil : member
  }

  /// Hands each member of an object to `body`, in order; nothing if this is no object.
  public func forEachMember(_ body: (_ name: String, _ value: WireJSON) -> Void) {
    document.withUnsafeBytes { bytes in
      let value = UnsafeRawBufferPointer(rebasing: bytes[range])
      _ = try? JSONText.forEachMember(of: value) { nameRange, valueRange throws(QrrotError) in
        let name = Self.content(ofString: .init(rebasing: value[nameRange]))
        let start = range.lowerBound
        body(
          String(decoding: name, as: UTF8.self),
          WireJSON(document, (start + valueRange.lowerBound)..<(start + valueRange.upperBound)))
        return true
      }
    }
  }

  /// The elements; none if this is no array.
  public var elements: [WireJSON] {
    guard document[range.lowerBound] == UInt8(ascii: "["),
      let path = try? JSONPath(Array("$[*]".utf8))
    else { return [] }
    var elements: [WireJSON] = []
    document.withUnsafeBytes { bytes in
      let value = UnsafeRawBufferPointer(rebasing: bytes[range])
      var scratch = JSONScratch()
      try? path.forEach(in: value, scratch: &scratch) { place throws(QrrotError) in
        elements.append(
          WireJSON(
            document, (range.lowerBound + place.lowerBound)..<(range.lowerBound + place.upperBound))
        )
        return true
      }
    }
    return elements
  }

  /// The characters of a string.
  public var string: String? {
    guard kind == .string else { return nil }
    return document.withUnsafeBytes {
      String(decoding: Self.content(ofString: .init(rebasing: $0[range])), as: UTF8.self)
    }
  }

  /// A count: an integer that is not negative, written as a number or, as protobuf does with 64 bits,
  /// as a string.
  public var count: Int? {
    let text = kind == .number ? numberText : string
    guard let count = text.flatMap({ Int($0) }), count >= 0 else { return nil }
    return count
  }

  /// A name or a number, as text: what servers put into `code`.
  public var label: String? { kind == .number ? numberText : string }

  /// Whether it is something else than false.
  public var isTrue: Bool { kind != .false && kind != .null }

  private var numberText: String { String(decoding: document[range], as: UTF8.self) }

  private static func content(ofString quoted: UnsafeRawBufferPointer) -> [UInt8] {
    var content: [UInt8] = []
    JSONText.appendContent(ofString: quoted.bindMemory(to: UInt8.self).span, to: &content)
    return content
  }
}

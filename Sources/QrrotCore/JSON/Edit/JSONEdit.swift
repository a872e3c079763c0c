/// Changes of a JSON text at the place of a path, by splicing: every byte outside that place stays.
///
/// Documents are valid, compact JSON texts, and so is what comes out; a document is read, never
/// changed. Nothing recurses, and no tree is made.
public enum JSONEdit {
  /// Appends `document` with `value` at `path`.
  ///
  /// A value that is there is replaced where it stands; a new member goes last; an index that equals
  /// the array's length appends. Of members with one name the last one is replaced.
  ///
  /// - Parameters:
  ///   - path: a singular one.
  ///   - value: a valid, compact JSON text.
  /// - Throws: `path` if it is not singular, or the object or array around the place is not there;
  ///   `json` if the result were nested too deep, `too-large` if it were too long; `budget`,
  ///   `interrupted`. `output` is then as it was.
  /// - Complexity: O(n) mostly; O(n × steps of the path) for values deep in large objects.
  public static func set(
    _ path: JSONPath, to value: UnsafeRawBufferPointer, in document: UnsafeRawBufferPointer,
    scratch: inout JSONScratch, into output: inout [UInt8]
  ) throws(QrrotError) {
    let steps = try singularSteps(of: path)
    let place = try self.place(of: steps, in: document, scratch: &scratch)
    let depth = try steps.count + nesting(of: value)
    guard depth <= JSONText.maximumDepth else {
      throw QrrotError(
        .json,
        "the value would be nested \(depth) deep; at most \(JSONText.maximumDepth) is allowed")
    }
    try write(value, at: place, steps, in: document, into: &output)
  }

  /// Appends `document` with an integer added to the one at `path`; a member that is not there counts
  /// as 0 and is created.
  ///
  /// - Parameter isNegative: whether `number` is subtracted.
  /// - Returns: the sum.
  /// - Throws: as ``set(_:to:in:scratch:into:)``; `path` too for an element that is not there; `type` if
  ///   the value is not a number without fraction and exponent; `range` if it or the sum is beyond 64
  ///   bits.
  public static func add(
    _ number: Int64, isNegative: Bool, at path: JSONPath, in document: UnsafeRawBufferPointer,
    scratch: inout JSONScratch, into output: inout [UInt8]
  ) throws(QrrotError) -> Int64 {
    let steps = try singularSteps(of: path)
    let place = try self.place(of: steps, in: document, scratch: &scratch)
    var before: Int64 = 0
    if let range = place.value {
      before = try integer(UnsafeRawBufferPointer(rebasing: document[range]), at: steps)
    } else if case .index? = steps.last {
      throw QrrotError(
        .path, "there is nothing at \(steps.pathText): the array's length is \(place.elementCount)")
    }
    let (sum, overflow) =
      isNegative
      ? before.subtractingReportingOverflow(number) : before.addingReportingOverflow(number)
    guard !overflow else {
      throw QrrotError(
        .range,
        "\(steps.pathText) is \(before); \(isNegative ? "less" : "plus") \(number) leaves 64 bits, so it stays"
      )
    }
    var text: [UInt8] = []
    TextForm.append(sum, to: &text)
    try text.withUnsafeBufferPointer { text throws(QrrotError) in
      try write(UnsafeRawBufferPointer(text), at: place, steps, in: document, into: &output)
    }
    return sum
  }

  private static func singularSteps(of path: JSONPath) throws(QrrotError) -> [PathStep] {
    guard path.isSingular else {
      throw QrrotError(
        .path,
        "\(QrrotError.excerpt(path.text)) can mean several places; to write, give names and single indices"
      )
    }
    return path.steps
  }

  /// The place of `steps`, whose container must be there.
  private static func place(
    of steps: [PathStep], in document: UnsafeRawBufferPointer, scratch: inout JSONScratch
  ) throws(QrrotError) -> JSONPlace {
    if let bytes = try JSONBytes(document), let place = try scratch.place(of: steps, in: bytes) {
      return place
    }
    let kind: String
    switch steps.last {
    case .index: kind = "array"
    default: kind = "object"
    }
    throw QrrotError(
      .path, "there is no \(kind) at \(Array(steps.dropLast()).pathText) to hold \(steps.pathText)")
  }

  /// Appends `document` with `value` at a place.
  private static func write(
    _ value: UnsafeRawBufferPointer, at place: JSONPlace, _ steps: [PathStep],
    in document: UnsafeRawBufferPointer, into output: inout [UInt8]
  ) throws(QrrotError) {
    var replaced = place.value ?? 0..<0
    var front: [UInt8] = []
    if place.value == nil, let container = place.container, let bytes = try JSONBytes(document) {
      let end = bytes.end(ofValueAt: container) - 1
      replaced = end..<end
      if end > container + 1 { front.append(UInt8(ascii: ",")) }
      switch steps.last {
      case .name(let name):
        front.append(UInt8(ascii: "\""))
        front.append(contentsOf: name)
        front.append(contentsOf: "\":".utf8)
      case .index(let index) where index == place.elementCount: break
      default:
        throw QrrotError(
          .path,
          "there is nothing at \(steps.pathText): the array's length is \(place.elementCount), and that index appends"
        )
      }
    }
    let byteCount = document.count - replaced.count + front.count + value.count
    guard byteCount <= Limits.valueByteCount else {
      throw QrrotError(
        .tooLarge,
        "a value may be \(Limits.valueByteCount) bytes long; this one would have \(byteCount)"
      )
    }
    output.reserveCapacity(output.count + byteCount)
    output.append(contentsOf: document[..<replaced.lowerBound])
    output.append(contentsOf: front)
    output.append(contentsOf: value)
    output.append(contentsOf: document[replaced.upperBound...])
  }

  /// The integer that a value is.
  private static func integer(
    _ value: UnsafeRawBufferPointer, at steps: [PathStep]
  ) throws(QrrotError) -> Int64 {
    let isNegative = value.first == UInt8(ascii: "-")
    let digits = value.dropFirst(isNegative ? 1 : 0)
    guard !digits.isEmpty, digits.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }) else {
      throw QrrotError(
        .type,
        "\(steps.pathText) holds \(kind(of: value)); incr and decr need a JSON integer, which has no fraction and no exponent"
      )
    }
    guard let integer = Int64(String(decoding: value, as: UTF8.self)) else {
      throw QrrotError(
        .range, "\(steps.pathText) holds \(QrrotError.excerpt(value)), which is beyond 64 bits")
    }
    return integer
  }

  /// What a JSON value is, in words.
  private static func kind(of value: UnsafeRawBufferPointer) -> String {
    switch value.first {
    case UInt8(ascii: "{"): "an object"
    case UInt8(ascii: "["): "an array"
    case UInt8(ascii: "\""): "a string"
    default: QrrotError.excerpt(value)
    }
  }

  /// How many containers lie in one another in a JSON text.
  static func nesting(of value: UnsafeRawBufferPointer) throws(QrrotError) -> Int {
    guard let bytes = try JSONBytes(value) else { return 0 }
    var depth = 0
    var deepest = 0
    var offset = 0
    while offset < bytes.count {
      switch bytes[offset] {
      case UInt8(ascii: "\""):
        offset = bytes.end(ofStringAt: offset)
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        deepest = max(deepest, depth)
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
      default: break
      }
      offset += 1
    }
    return deepest
  }
}

internal import QrrotCore

/// How JSON.GET lays out what it answers.
struct JSONFormat {
  /// What stands in front of each line, once for each level.
  var indent: [UInt8] = []
  /// What ends a line.
  var newline: [UInt8] = []
  /// What stands behind a colon.
  var space: [UInt8] = []

  /// Whether a compact text stays as it is.
  var isCompact: Bool { indent.isEmpty && newline.isEmpty && space.isEmpty }

  /// Appends a compact JSON text, laid out.
  ///
  /// - Parameters:
  ///   - depth: in how many arrays and objects it stands.
  ///   - limit: how long `output` may become.
  /// - Throws: if it would be longer; `output` then holds a part.
  /// - Complexity: O(length of what is appended), without recursion.
  func append(
    _ text: UnsafeRawBufferPointer, depth: Int = 0, limit: Int, to output: inout [UInt8]
  ) throws(RedisError) {
    guard output.count + text.count <= limit else { throw Self.tooLong(limit) }
    if isCompact { return output.append(contentsOf: text) }
    var depth = depth
    var index = 0
    while index < text.count {
      let byte = text[index]
      index += 1
      switch byte {
      case UInt8(ascii: "\""):
        let end = Self.endOfString(text, from: index)
        output.append(contentsOf: text[(index - 1)..<end])
        index = end
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        output.append(byte)
        // An empty one keeps together.
        if index < text.count, text[index] == byte + 2 {
          output.append(text[index])
          index += 1
        } else {
          depth += 1
          try breakLine(depth, limit, &output)
        }
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        try breakLine(depth, limit, &output)
        output.append(byte)
      case UInt8(ascii: ","):
        output.append(byte)
        try breakLine(depth, limit, &output)
      case UInt8(ascii: ":"):
        output.append(byte)
        output.append(contentsOf: space)
      default: output.append(byte)
      }
      guard output.count <= limit else { throw Self.tooLong(limit) }
    }
  }

  /// Ends a line and begins the next one.
  func breakLine(_ depth: Int, _ limit: Int, _ output: inout [UInt8]) throws(RedisError) {
    guard output.count + newline.count + depth * indent.count <= limit else {
      throw Self.tooLong(limit)
    }
    output.append(contentsOf: newline)
    for _ in 0..<depth { output.append(contentsOf: indent) }
  }

  /// The offset behind the quote that ends the string whose first character is at `start`.
  private static func endOfString(_ text: UnsafeRawBufferPointer, from start: Int) -> Int {
    var index = start
    while index < text.count, text[index] != UInt8(ascii: "\"") {
      index += text[index] == UInt8(ascii: "\\") ? 2 : 1
    }
    return min(index + 1, text.count)
  }

  private static func tooLong(_ limit: Int) -> RedisError {
    RedisError("the reply would have more than \(limit) bytes")
  }
}

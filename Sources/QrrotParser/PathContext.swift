/// The place in a path at which a member's name is being typed: behind `$.`, `@.` and `['`.
public struct PathContext: Equatable, Sendable {
  /// The path, from `$`, of the values whose members could stand there.
  public let container: [UInt8]
  /// Where the segment that is being typed begins in the line: at its dot or bracket.
  public let segmentOffset: Int
  /// What of the name is typed, unescaped.
  public let name: [UInt8]
  /// The quote that the name begins with, inside a bracket.
  public let quote: UInt8?

  /// Looks at `line`, which ends at the cursor.
  ///
  /// - Parameters:
  ///   - start: where the path begins, or the filter.
  ///   - isFilter: whether a filter begins there, in which `@` and `$` are the same value.
  /// - Returns: nil if no member's name stands at the end.
  /// - Complexity: O(length); brackets in one another take no stack.
  init?(_ line: UnsafeBufferPointer<UInt8>, from start: Int, isFilter: Bool) {
    var reader = PathContextReader(line: line, position: start)
    guard let found = reader.read(isFilter: isFilter) else { return nil }
    self = found
  }

  init(container: [UInt8], segmentOffset: Int, name: [UInt8], quote: UInt8? = nil) {
    self.container = container
    self.segmentOffset = segmentOffset
    self.name = name
    self.quote = quote
  }
}

/// Reads on to the end of a line, over paths and filters in one another.
private struct PathContextReader {
  let line: UnsafeBufferPointer<UInt8>
  var position: Int
  /// What `@` is here.
  private var current = [UInt8(ascii: "$")]
  /// For each filter around: what `@` was outside of it, and the path that it is a segment of.
  private var outer: [(current: [UInt8], path: [UInt8])] = []

  init(line: UnsafeBufferPointer<UInt8>, position: Int) {
    self.line = line
    self.position = position
  }

  private var next: UInt8? { position < line.count ? line[position] : nil }

  mutating func read(isFilter: Bool) -> PathContext? {
    while let byte = next {
      var path: [UInt8]
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "'"):
        guard quoted() == nil else { return nil }
        continue
      case UInt8(ascii: "]"):
        position += 1
        guard let (saved, filtered) = outer.popLast() else { continue }
        current = saved
        path = filtered + Array("[*]".utf8)
      case UInt8(ascii: "$"):
        position += 1
        path = [byte]
      case UInt8(ascii: "@"):
        position += 1
        path = current
      default:
        position += 1
        continue
      }
      if let found = segments(behind: &path) { return found }
      // A path of a command ends with its segments.
      if outer.isEmpty, !isFilter { return nil }
    }
    return nil
  }

  /// Reads the segments of a path, to the end of the path or to a filter inside it.
  private mutating func segments(behind path: inout [UInt8]) -> PathContext? {
    while let byte = next, byte == UInt8(ascii: ".") || byte == UInt8(ascii: "[") {
      let start = position
      var isDescendant = false
      if byte == UInt8(ascii: ".") {
        position += 1
        if next == UInt8(ascii: ".") {
          isDescendant = true
          position += 1
        }
        if next != UInt8(ascii: "[") {
          let nameStart = position
          while let byte = next, byte == UInt8(ascii: "*") || Self.isOfName(byte) { position += 1 }
          guard position < line.count else {
            return PathContext(
              container: isDescendant ? path + Array("..*".utf8) : path,
              segmentOffset: isDescendant ? start + 1 : start, name: Array(line[nameStart...]))
          }
          path += line[start..<position]
          continue
        }
      }
      position += 1
      while let byte = next, byte != UInt8(ascii: "]") {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
          if let name = quoted() {
            return PathContext(
              container: isDescendant ? path + Array("..*".utf8) : path,
              segmentOffset: isDescendant ? start + 2 : start, name: name, quote: byte)
          }
        case UInt8(ascii: "?"):
          position += 1
          outer.append((current, path))
          current = path + Array("[*]".utf8)
          return nil
        default: position += 1
        }
      }
      guard position < line.count else { return nil }
      position += 1
      path += line[start..<position]
    }
    return nil
  }

  /// Passes a quoted text.
  ///
  /// - Returns: what it holds so far if it is not closed; else nil.
  private mutating func quoted() -> [UInt8]? {
    let quote = line[position]
    let start = position + 1
    position = start
    while let byte = next, byte != quote { position += byte == UInt8(ascii: "\\") ? 2 : 1 }
    guard position < line.count else { return Array(line[min(start, line.count)...]) }
    position += 1
    return nil
  }

  private static func isOfName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
      true
    default: false
    }
  }
}

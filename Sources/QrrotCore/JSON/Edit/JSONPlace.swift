/// Where a singular path leads in a document: to a value, or to where one could be put.
struct JSONPlace {
  /// The value, if there is one.
  var value: Range<Int>?
  /// The offset of the object or array around it; nil for the whole document.
  var container: Int?
  /// How many elements the container has, if it is an array that does not have this one.
  var elementCount = 0
}

/// Finding the place of a singular path.
///
/// The walk skips what it does not look for and makes no tree. Of members with one name the last one
/// counts, so each object on the way is read to its end.
extension JSONScratch {
  /// The place of `steps`; nil if the container around it is not there, or not of that kind.
  ///
  /// - Throws: `budget`, `interrupted`.
  mutating func place(
    of steps: [PathStep], in document: JSONBytes
  ) throws(QrrotError) -> JSONPlace? {
    beginDocument(byteCount: document.count)
    var offset = 0
    for (index, step) in steps.enumerated() {
      let isLast = index == steps.count - 1
      switch (step, document[offset]) {
      case (.name(let name), UInt8(ascii: "{")):
        if let value = try member(name, ofObjectAt: offset, document) {
          if isLast { return place(value, in: offset, document) }
          offset = value
          continue
        }
        return isLast ? JSONPlace(container: offset) : nil
      case (.index(let index), UInt8(ascii: "[")):
        let (value, count) = try element(at: index, ofArrayAt: offset, document)
        if let value {
          if isLast { return place(value, in: offset, document) }
          offset = value
          continue
        }
        return isLast ? JSONPlace(container: offset, elementCount: count) : nil
      default: return nil
      }
    }
    return JSONPlace(value: 0..<document.count)
  }

  private func place(_ value: Int, in container: Int, _ document: JSONBytes) -> JSONPlace {
    JSONPlace(value: value..<document.end(ofValueAt: value), container: container)
  }

  /// The offset of the value of the last member of this name.
  private mutating func member(
    _ name: [UInt8], ofObjectAt start: Int, _ document: JSONBytes
  ) throws(QrrotError) -> Int? {
    try name.withUnsafeBufferPointer { name throws(QrrotError) in
      try value(of: JSONStringText(name), inObjectAt: start, of: document)
    }
  }

  /// The offset of an element; or, if it is not there, how many there are.
  private mutating func element(
    at index: Int, ofArrayAt start: Int, _ document: JSONBytes
  ) throws(QrrotError) -> (value: Int?, count: Int) {
    var index = index
    if index < 0 {
      let count = try element(at: .max, ofArrayAt: start, document).count
      index += count
      if index < 0 { return (nil, count) }
    }
    var count = 0
    var offset = start + 1
    while offset < document.count, document[offset] != UInt8(ascii: "]") {
      if count == index { return (offset, count) }
      let end = document.end(ofValueAt: offset)
      try step(1 + (end - offset) >> 6)
      offset = end
      count += 1
      if document[offset] == UInt8(ascii: ",") { offset += 1 }
    }
    return (nil, count)
  }
}

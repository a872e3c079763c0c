#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Two containers whose children are compared, one pair after the other.
struct EqualityFrame {
  /// In arrays the offsets of the next elements; in objects indices of the next members.
  var left: Int
  var right: Int
  /// How many pairs of members are left; -1 in arrays, whose end is seen in the text.
  var pairsLeft: Int
  /// The members of both objects begin here in ``JSONScratch/members``.
  var membersStart: Int
}

/// Deep equality of arrays and objects, with a stack of its own.
extension JSONScratch {
  /// Whether two arrays, or two objects, are equal: element by element, and member by member in any
  /// order.
  ///
  /// - Complexity: O(n log n) for n bytes, times the depth where both are equal nearly everywhere.
  mutating func areEqual(
    containers left: Int, _ right: Int, in document: JSONBytes
  ) throws(QrrotError) -> Bool {
    let framesBase = equalityFrames.count
    let membersBase = members.count
    defer {
      equalityFrames.removeLast(equalityFrames.count - framesBase)
      members.removeLast(members.count - membersBase)
    }
    guard try beginPair(left, right, in: document) else { return false }
    while equalityFrames.count > framesBase {
      guard let (left, right) = try nextPair(in: document) else { return false }
      guard left >= 0 else {
        let frame = equalityFrames.removeLast()
        members.removeLast(members.count - frame.membersStart)
        continue
      }
      guard try beginPair(left, right, in: document) else { return false }
    }
    return true
  }

  /// Compares two values, of which containers only begin to be.
  ///
  /// - Returns: False if they are different.
  private mutating func beginPair(
    _ left: Int, _ right: Int, in document: JSONBytes
  ) throws(QrrotError) -> Bool {
    switch (document[left], document[right]) {
    case (UInt8(ascii: "["), UInt8(ascii: "[")):
      if try haveSameText(left, right, in: document) { return true }
      equalityFrames.append(
        EqualityFrame(
          left: left + 1, right: right + 1, pairsLeft: -1, membersStart: members.count))
      return true
    case (UInt8(ascii: "{"), UInt8(ascii: "{")):
      if try haveSameText(left, right, in: document) { return true }
      let base = members.count
      try appendMembers(ofObjectAt: left, of: document, byName: true)
      let middle = members.count
      try appendMembers(ofObjectAt: right, of: document, byName: true)
      guard members.count - middle == middle - base else { return false }
      equalityFrames.append(
        EqualityFrame(left: base, right: middle, pairsLeft: middle - base, membersStart: base))
      return true
    case (UInt8(ascii: "{"), _), (_, UInt8(ascii: "{")), (UInt8(ascii: "["), _),
      (_, UInt8(ascii: "[")):
      return false
    default:
      try step()
      return try compare(
        JSONComparand(document, at: left), JSONComparand(document, at: right), by: .equal,
        in: document)
    }
  }

  private mutating func haveSameText(
    _ left: Int, _ right: Int, in document: JSONBytes
  ) throws(QrrotError) -> Bool {
    let leftCount = document.end(ofValueAt: left) - left
    let rightCount = document.end(ofValueAt: right) - right
    try step(1 + (leftCount + rightCount) >> 6)
    return leftCount == rightCount
      && memcmp(document.start + left, document.start + right, leftCount) == 0
  }

  /// The next two children that must be equal; negative if there are none, nil if the containers are
  /// different already.
  private mutating func nextPair(
    in document: JSONBytes
  ) throws(QrrotError) -> (left: Int, right: Int)? {
    let top = equalityFrames.count - 1
    let frame = equalityFrames[top]
    guard frame.pairsLeft < 0 else {
      guard frame.pairsLeft > 0 else { return (-1, -1) }
      let left = members[frame.left]
      let right = members[frame.right]
      guard left.hash == right.hash,
        document.string(at: left.name).content == document.string(at: right.name).content
      else { return nil }
      equalityFrames[top].left += 1
      equalityFrames[top].right += 1
      equalityFrames[top].pairsLeft -= 1
      return (left.value, right.value)
    }
    let isLeftAtEnd = isAtEnd(frame.left, of: document)
    let isRightAtEnd = isAtEnd(frame.right, of: document)
    if isLeftAtEnd || isRightAtEnd { return isLeftAtEnd && isRightAtEnd ? (-1, -1) : nil }
    equalityFrames[top].left = try behind(frame.left, in: document)
    equalityFrames[top].right = try behind(frame.right, in: document)
    return (frame.left, frame.right)
  }

  private func isAtEnd(_ offset: Int, of document: JSONBytes) -> Bool {
    offset >= document.count || document[offset] == UInt8(ascii: "]")
  }

  /// The offset of the element behind the one at `offset`, or of the closing bracket.
  private mutating func behind(
    _ offset: Int, in document: JSONBytes
  ) throws(QrrotError) -> Int {
    let end = document.end(ofValueAt: offset)
    try step(1 + (end - offset) >> 6)
    return document[end] == UInt8(ascii: ",") ? end + 1 : end
  }
}

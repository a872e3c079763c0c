extension JSONEdit {
  /// Appends `document` without what `path` leads to.
  ///
  /// A member goes with its name, and with all earlier members of that name; the comma beside it goes
  /// too.
  ///
  /// - Parameter path: any path but `$`, of which the whole document would be left out.
  /// - Returns: how many places those were: what is matched twice counts once, what lies inside another
  ///   match counts too. If it is 0, nothing is appended.
  /// - Throws: `budget`, `interrupted`; `output` is then as it was.
  /// - Complexity: O(n log n) at most, beside the search.
  public static func remove(
    _ path: JSONPath, from document: UnsafeRawBufferPointer, scratch: inout JSONScratch,
    into output: inout [UInt8]
  ) throws(QrrotError) -> Int {
    guard let bytes = try JSONBytes(document) else { return 0 }
    // No two values begin at the same byte, so that is what a match is known by.
    var starts: [Int] = []
    var root = 0
    if path.isSingular {
      guard let place = try scratch.place(of: path.steps, in: bytes), let value = place.value,
        let container = place.container
      else { return 0 }
      starts = [value.lowerBound]
      root = container
    } else {
      try path.forEach(in: document, scratch: &scratch) { range in
        starts.append(range.lowerBound)
        return true
      }
      starts.sort()
      var last = -1
      starts.removeAll { start in
        defer { last = start }
        return start == last
      }
    }
    guard !starts.isEmpty else { return 0 }
    var removal = JSONRemoval(document: bytes, starts: starts)
    try removal.findItems(from: root, scratch: &scratch)
    removal.write(to: &output)
    return starts.count
  }
}

/// Finds what belongs to the values that are removed, and leaves it out.
private struct JSONRemoval {
  let document: JSONBytes
  /// Where the values that are removed begin, in order.
  let starts: [Int]
  /// Members and elements that are left out: none lies in another one.
  private var items: [Range<Int>] = []
  private var nextStart = 0
  private var frames: [Frame] = []
  /// The members of all objects that are open.
  private var members: [Member] = []

  /// A container that is open.
  private struct Frame {
    let isObject: Bool
    /// Where its members begin.
    let firstMember: Int
    /// Whether one of its members is removed.
    var losesMember = false
  }

  private struct Member {
    let start: Int
    var end = 0
    var isRemoved = false
    var hash: UInt64 = 0
  }

  init(document: JSONBytes, starts: [Int]) {
    self.document = document
    self.starts = starts
  }

  /// Goes through the container at `root` and finds all items that are to be left out.
  mutating func findItems(from root: Int, scratch: inout JSONScratch) throws(QrrotError) {
    open(at: root)
    var offset = root + 1
    while let frame = frames.last, offset < document.count {
      switch document[offset] {
      case UInt8(ascii: ","):
        offset += 1
        continue
      case UInt8(ascii: "]"), UInt8(ascii: "}"):
        offset += 1
        try close(at: offset, scratch: &scratch)
        continue
      default: break
      }
      let item = offset
      let value = frame.isObject ? document.end(ofStringAt: offset) + 1 : offset
      if frame.isObject { members.append(Member(start: item)) }
      let isMatch = nextStart < starts.count && starts[nextStart] == value
      let first = document[value]
      guard isMatch || first != UInt8(ascii: "{") && first != UInt8(ascii: "[") else {
        try scratch.step()
        open(at: value)
        offset = value + 1
        continue
      }
      offset = document.end(ofValueAt: value)
      try scratch.step(1 + (offset - item) >> 6)
      if isMatch { remove(item..<offset) }
      if frame.isObject { members[members.count - 1].end = offset }
    }
  }

  private mutating func remove(_ item: Range<Int>) {
    // With it goes all that is removed inside it.
    while nextStart < starts.count, starts[nextStart] < item.upperBound { nextStart += 1 }
    if frames[frames.count - 1].isObject {
      members[members.count - 1].isRemoved = true
      frames[frames.count - 1].losesMember = true
    } else {
      items.append(item)
    }
  }

  private mutating func open(at offset: Int) {
    frames.append(
      Frame(isObject: document[offset] == UInt8(ascii: "{"), firstMember: members.count))
  }

  private mutating func close(at end: Int, scratch: inout JSONScratch) throws(QrrotError) {
    guard let frame = frames.popLast() else { return }
    if frame.losesMember {
      try scratch.step(members.count - frame.firstMember)
      removeNamesakes(from: frame.firstMember)
    }
    members.removeLast(members.count - frame.firstMember)
    if frames.last?.isObject == true { members[members.count - 1].end = end }
  }

  /// Leaves out the members that are removed, and all others of their names.
  private mutating func removeNamesakes(from first: Int) {
    for index in first..<members.count {
      members[index].hash = document.string(at: members[index].start).content.hash
    }
    let document = document
    // Equal names are neighbours then, the last one of them, which is the one that counts, in front.
    members[first...].sort { left, right in
      if left.hash != right.hash { return left.hash < right.hash }
      let order = JSONStringText.compare(
        document.string(at: left.start).content, document.string(at: right.start).content)
      return order != 0 ? order < 0 : left.start > right.start
    }
    var removed: Member?
    for member in members[first...] {
      if member.isRemoved { removed = member }
      guard let removed, removed.hash == member.hash,
        document.string(at: removed.start).content == document.string(at: member.start).content
      else { continue }
      items.append(member.start..<member.end)
    }
  }

  /// Appends the document without the items.
  mutating func write(to output: inout [UInt8]) {
    items.sort { $0.lowerBound < $1.lowerBound }
    var written = 0
    var index = 0
    while index < items.count {
      var range = items[index]
      index += 1
      // Neighbours go as one, with the commas between them.
      while index < items.count, items[index].lowerBound == range.upperBound + 1,
        document[range.upperBound] == UInt8(ascii: ",")
      {
        range = range.lowerBound..<items[index].upperBound
        index += 1
      }
      if document[range.lowerBound - 1] == UInt8(ascii: ",") {
        range = (range.lowerBound - 1)..<range.upperBound
      } else if document[range.upperBound] == UInt8(ascii: ",") {
        range = range.lowerBound..<(range.upperBound + 1)
      }
      append(written..<range.lowerBound, to: &output)
      written = range.upperBound
    }
    append(written..<document.count, to: &output)
  }

  private func append(_ range: Range<Int>, to output: inout [UInt8]) {
    output.append(
      contentsOf: UnsafeBufferPointer(start: document.start + range.lowerBound, count: range.count))
  }
}

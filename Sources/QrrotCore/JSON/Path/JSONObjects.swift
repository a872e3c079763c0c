/// Finding the children of objects and arrays. Of members with the same name only the last is found.
extension JSONScratch {
  /// The offset of the value of the member named `name` of the object at `start`; nil if there is
  /// none.
  mutating func value(
    of name: JSONStringText, inObjectAt start: Int, of document: JSONBytes
  ) throws(QrrotError) -> Int? {
    var found: Int?
    var offset = start + 1
    while document[offset] == UInt8(ascii: "\"") {
      let (content, end) = document.string(at: offset)
      let value = end + 1
      if content == name { found = value }
      offset = document.end(ofValueAt: value)
      try step(1 + (offset - value) >> 6)
      if document[offset] == UInt8(ascii: ",") { offset += 1 }
    }
    return found
  }

  /// Appends the members of the object at `start` to ``members``, without those that a later one of
  /// the same name replaces: in their order; or, if `byName`, in an order that follows from the names.
  ///
  /// - Complexity: O(bytes), and O(m log m) for m members.
  mutating func appendMembers(
    ofObjectAt start: Int, of document: JSONBytes, byName: Bool = false
  ) throws(QrrotError) {
    let base = members.count
    var offset = start + 1
    while document[offset] == UInt8(ascii: "\"") {
      let (content, end) = document.string(at: offset)
      members.append(JSONMember(hash: content.hash, name: offset, value: end + 1))
      offset = document.end(ofValueAt: end + 1)
      try step(1 + (offset - end) >> 6)
      if document[offset] == UInt8(ascii: ",") { offset += 1 }
    }
    if members.count - base <= 12, !byName {
      removeReplacedOfFew(from: base, document)
    } else {
      try removeReplacedOfMany(from: base, document)
      if !byName { members[base...].sort { $0.name < $1.name } }
    }
  }

  private mutating func removeReplacedOfFew(from base: Int, _ document: JSONBytes) {
    var kept = base
    for index in base..<members.count {
      var isReplaced = false
      for later in index + 1..<max(index + 1, members.count)
      where members[later].hash == members[index].hash {
        isReplaced = isReplaced || haveSameName(members[later], members[index], document)
      }
      if !isReplaced {
        members[kept] = members[index]
        kept += 1
      }
    }
    members.removeLast(members.count - kept)
  }

  /// Sorted by hash and place, a member's equals are its neighbours. Where hashes of different names
  /// are equal, which takes an attacker, they are sorted by name too.
  private mutating func removeReplacedOfMany(
    from base: Int, _ document: JSONBytes
  ) throws(QrrotError) {
    try step(members.count - base)
    members[base...].sort { left, right in
      if left.hash != right.hash { return left.hash < right.hash }
      let order = JSONStringText.compare(
        document.string(at: left.name).content, document.string(at: right.name).content)
      return order != 0 ? order < 0 : left.name < right.name
    }
    var kept = base
    for index in base..<members.count {
      let isReplaced =
        index + 1 < members.count && members[index].hash == members[index + 1].hash
        && haveSameName(members[index], members[index + 1], document)
      if !isReplaced {
        members[kept] = members[index]
        kept += 1
      }
    }
    members.removeLast(members.count - kept)
  }

  private func haveSameName(
    _ left: JSONMember, _ right: JSONMember, _ document: JSONBytes
  ) -> Bool {
    document.string(at: left.name).content == document.string(at: right.name).content
  }

  /// How many elements the array at `start` has.
  mutating func elementCount(
    ofArrayAt start: Int, of document: JSONBytes
  ) throws(QrrotError) -> Int {
    var count = 0
    var offset = start + 1
    while offset < document.count, document[offset] != UInt8(ascii: "]") {
      let end = document.end(ofValueAt: offset)
      try step(1 + (end - offset) >> 6)
      offset = end
      count += 1
      if document[offset] == UInt8(ascii: ",") { offset += 1 }
    }
    return count
  }

  /// The offset of element `index` of the array at `start`, counted from its end if negative; nil if
  /// there is none.
  mutating func element(
    _ index: Int, ofArrayAt start: Int, of document: JSONBytes
  ) throws(QrrotError) -> Int? {
    var left = index
    if index < 0 {
      left += try elementCount(ofArrayAt: start, of: document)
      if left < 0 { return nil }
    }
    var offset = start + 1
    while offset < document.count, document[offset] != UInt8(ascii: "]") {
      if left == 0 { return offset }
      let end = document.end(ofValueAt: offset)
      try step(1 + (end - offset) >> 6)
      offset = end
      left -= 1
      if document[offset] == UInt8(ascii: ",") { offset += 1 }
    }
    return nil
  }
}

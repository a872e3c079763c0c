internal import CJSONStructure

/// Finding the children of objects and arrays. Of members with the same name only the last is found.
extension JSONScratch {
  /// The offset of the value of the member whose name has this index, of the object at `start`; nil
  /// if there is none.
  ///
  /// - Complexity: O(n) for an object of n bytes.
  mutating func value(
    of name: Int, inObjectAt start: Int, in evaluation: PathEvaluation
  ) throws(QrrotError) -> Int? {
    let name = evaluation.names[name]
    if var prepared = name.prepared, let names = evaluation.literals.baseAddress {
      var value = 0
      let document = evaluation.document
      let object = qrrot_json_find_members(
        document.start, document.count, start, &prepared, 1, names, &value)
      if object.has_escaped_name == 0 {
        try step(1 + (object.end - start) >> 6)
        return value == 0 ? nil : value
      }
    }
    return try value(
      of: evaluation.string(name.range), inObjectAt: start, of: evaluation.document)
  }

  /// Looks up all of the names with which a filter's queries begin, in the value at `start`; the
  /// caller pops them.
  @inline(__always)
  mutating func pushSlots(
    of filter: PathFilter, at start: Int, in evaluation: PathEvaluation
  ) throws(QrrotError) -> FilterSlots {
    let pushed = FilterSlots(start: slotCount)
    let count = filter.firstNames.count
    guard count > 0 else { return pushed }
    slotCount += count
    while slots.count < slotCount { slots.append(0) }
    for slot in pushed.start..<slotCount { slots[slot] = 0 }
    let document = evaluation.document
    guard document[start] == UInt8(ascii: "{"), let names = evaluation.literals.baseAddress,
      let wanted = evaluation.firstNames.baseAddress
    else { return pushed }
    let object = slots.withUnsafeMutableBufferPointer { slots in
      slots.baseAddress.map {
        qrrot_json_find_members(
          document.start, document.count, start, wanted + filter.firstNames.lowerBound, count,
          names, $0 + pushed.start)
      }
    }
    if let object, object.has_escaped_name == 0 {
      try step(1 + (object.end - start) >> 6)
    } else {
      try fill(pushed, of: filter, at: start, in: evaluation)
    }
    return pushed
  }

  /// The same one by one, where the object writes a name with an escape.
  private mutating func fill(
    _ pushed: FilterSlots, of filter: PathFilter, at start: Int, in evaluation: PathEvaluation
  ) throws(QrrotError) {
    for (slot, index) in filter.firstNames.enumerated() {
      let name = evaluation.firstNames[index]
      let range = Int(name.offset)..<Int(name.offset) + Int(name.count)
      slots[pushed.start + slot] =
        try value(of: evaluation.string(range), inObjectAt: start, of: evaluation.document) ?? 0
    }
  }

  /// The same without preparation, for names written with escapes, here or there.
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

  /// Compares every pair.
  private mutating func removeReplacedOfFew(from base: Int, _ document: JSONBytes) {
    let kept = members.withUnsafeMutableBufferPointer { members in
      var kept = base
      for index in base..<members.count {
        let member = members[index]
        var later = index + 1
        while later < members.count,
          members[later].hash != member.hash || !haveSameName(members[later], member, document)
        {
          later += 1
        }
        if later == members.count {
          members[kept] = member
          kept += 1
        }
      }
      return kept
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

private func haveSameName(
  _ left: JSONMember, _ right: JSONMember, _ document: JSONBytes
) -> Bool {
  document.string(at: left.name).content == document.string(at: right.name).content
}

internal import QrrotCore

/// What `count`, `sum`, `avg`, `min` and `max` make of the keys they look at.
struct Aggregator: QueryConsumer {
  private let name: CommandName
  private let query: Query
  private var text = DocumentText()
  private var work: Work

  /// All that changes from key to key, apart from the text of a value.
  private struct Work {
    var measures: Measures
    var groups = GroupTable()
    /// The groups of the key at hand.
    var groupsOfKey: [Int] = []
    var scratch: JSONScratch
    var serial = 0
    /// The keys that have nothing at the path that is of use.
    var leftOutCount = 0
    /// Values that are of no use, of keys that have others that are.
    var leftOutValueCount = 0
    let memory: ResultMemory
  }

  init(_ name: CommandName, _ query: Query, interrupt: Interrupt, memory: ResultMemory) {
    self.name = name
    self.query = query
    var measures = Measures(name)
    // Without `by` there is one group, also of nothing.
    if query.group == nil { measures.addGroup() }
    work = Work(
      measures: measures, scratch: JSONScratch(interrupt: interrupt), memory: memory)
  }

  var readsValues: Bool { query.looksIntoValues }

  @inline(__always)
  mutating func take(_ item: QueryItem) throws(QrrotError) {
    guard query.looksIntoValues else {
      return work.measures.count(in: 0)
    }
    try Self.take(item.value, query, &text, &work)
  }

  @inline(__always)
  private static func take(
    _ value: StoredValue, _ query: Query, _ text: inout DocumentText, _ work: inout Work
  ) throws(QrrotError) {
    let isJSON = try text.with(value) { document throws(QrrotError) in
      if let filter = query.filter, try !filter.matches(document, scratch: &work.scratch) {
        return true
      }
      try take(document, query, &work)
      return true
    }
    // What is no JSON value is let through by no filter and in no group; a path finds nothing in it.
    if isJSON == nil, query.filter == nil, query.group == nil { work.leftOutCount += 1 }
  }

  /// Takes a value that the filter lets through.
  @inline(__always)
  private static func take(
    _ document: UnsafeRawBufferPointer, _ query: Query, _ work: inout Work
  ) throws(QrrotError) {
    guard let group = query.group else {
      guard let target = query.target else { return work.measures.count(in: 0) }
      work.groupsOfKey = [0]
      return try measure(target, in: document, &work)
    }
    work.serial &+= 1
    if group.isSingular, query.target == nil {
      guard let place = try group.first(in: document, scratch: &work.scratch) else { return }
      if let index = try find(document, place, &work) { work.measures.count(in: index) }
      return
    }
    try takeGrouped(document, by: group, query.target, &work)
  }

  @inline(never)
  private static func takeGrouped(
    _ document: UnsafeRawBufferPointer, by group: JSONPath, _ target: JSONPath?,
    _ work: inout Work
  ) throws(QrrotError) {
    // The evaluation has the scratch, so the values are looked up once it has handed them out.
    var places: [Range<Int>] = []
    try group.forEach(in: document, scratch: &work.scratch) { place throws(QrrotError) in
      places.append(place)
      return true
    }
    work.groupsOfKey.removeAll(keepingCapacity: true)
    for place in places {
      guard let index = try find(document, place, &work) else { continue }
      if target == nil { work.measures.count(in: index) } else { work.groupsOfKey.append(index) }
    }
    guard let target, !work.groupsOfKey.isEmpty else { return }
    try measure(target, in: document, &work)
  }

  /// The group of the value at `place`, made if it is new; nil if this key is in it already.
  @inline(__always)
  private static func find(
    _ document: UnsafeRawBufferPointer, _ place: Range<Int>, _ work: inout Work
  ) throws(QrrotError) -> Int? {
    let count = work.groups.count
    let index = try work.groups.group(
      of: UnsafeRawBufferPointer(rebasing: document[place]), serial: work.serial, &work.scratch)
    if work.groups.count > count {
      work.measures.addGroup()
      try work.memory.require(work.groups.byteCount + work.measures.byteCount)
    }
    return index
  }

  /// Adds what the path finds to the groups of the key.
  @inline(__always)
  private static func measure(
    _ target: JSONPath, in document: UnsafeRawBufferPointer, _ work: inout Work
  ) throws(QrrotError) {
    if target.isSingular {
      guard let place = try target.first(in: document, scratch: &work.scratch),
        case let value = UnsafeRawBufferPointer(rebasing: document[place]),
        work.measures.takes(value)
      else { return work.leftOutCount &+= 1 }
      for group in work.groupsOfKey { try work.measures.add(value, to: group) }
      return
    }
    var places: [Range<Int>] = []
    var otherCount = 0
    let measures = work.measures
    try target.forEach(in: document, scratch: &work.scratch) { place throws(QrrotError) in
      if measures.takes(UnsafeRawBufferPointer(rebasing: document[place])) {
        places.append(place)
      } else {
        otherCount += 1
      }
      return true
    }
    guard !places.isEmpty else { return work.leftOutCount &+= 1 }
    work.leftOutValueCount += otherCount
    for place in places {
      let value = UnsafeRawBufferPointer(rebasing: document[place])
      for group in work.groupsOfKey { try work.measures.add(value, to: group) }
    }
  }
}

extension Aggregator {
  /// Fills `reply`.
  ///
  /// - Throws: `range`, `interrupted`.
  /// - Complexity: O(g log g) for g groups, O(g log limit) with a limit.
  consuming func finish(
    in session: borrowing Session, into reply: inout Reply
  ) throws(QrrotError) {
    if query.group == nil {
      try finishUngrouped(into: &reply)
    } else {
      try finishGroups(session.interrupt, into: &reply)
    }
    for note in notes { reply.append(note: note) }
  }

  private func finishUngrouped(into reply: inout Reply) throws(QrrotError) {
    guard let number = try work.measures.result(of: 0) else { return reply.reset(.none) }
    reply.reset(.single)
    Self.append(number, to: &reply)
  }

  /// A group on its way out.
  private struct Row {
    var group: Int
    /// A JSON text; nil if there is none.
    var number: [UInt8]?
  }

  private func finishGroups(
    _ interrupt: Interrupt, into reply: inout Reply
  ) throws(QrrotError) {
    reply.reset(.rows, columns: ["group", "number"])
    var heap = query.limit.map { BoundedHeap<Row>(limit: $0) }
    var rows: [Row] = []
    for group in 0..<work.groups.count {
      if group & 0xFFF == 0 { try interrupt.check() }
      let row = Row(group: group, number: try work.measures.result(of: group))
      if heap == nil {
        rows.append(row)
      } else {
        _ = heap?.insert(row) { precedes($0, $1) }
      }
    }
    if let heap { rows = heap.elements }
    try rows.sort(interrupt) { precedes($0, $1) }
    for row in rows {
      work.groups.withValue(of: row.group) { reply.append(.json, $0) }
      if let number = row.number {
        Self.append(number, to: &reply)
      } else {
        reply.appendAbsent()
      }
    }
  }

  /// The greatest number first, none last; then by the group's value, and where that is an array or an
  /// object, of which all are equal, by its text.
  private func precedes(_ row: Row, _ other: Row) -> Bool {
    switch (row.number, other.number) {
    case (let number?, let another?):
      let order = number.withRawBytes { number in
        another.withRawBytes { JSONOrder.compare(number, $0) }
      }
      if order != 0 { return order > 0 }
    case (_?, nil): return true
    case (nil, _?): return false
    case (nil, nil): break
    }
    return work.groups.withValue(of: row.group) { value in
      work.groups.withValue(of: other.group) { another in
        let order = JSONOrder.compare(value, another)
        return order != 0 ? order < 0 : compareBytes(value, another) < 0
      }
    }
  }

  /// A number that fits is an integer of the reply; else it is a JSON text.
  private static func append(_ number: [UInt8], to reply: inout Reply) {
    if let integer = Int64(String(decoding: number, as: UTF8.self)) {
      reply.append(integer: integer)
    } else {
      reply.append(.json, number)
    }
  }

  /// How much was left out of a sum or an average.
  private var notes: [String] {
    guard let target = query.target, name == .sum || name == .avg else { return [] }
    let path = QrrotError.excerpt(target.text)
    var notes: [String] = []
    if work.leftOutCount > 0 {
      let keys = work.leftOutCount == 1 ? "1 key" : "\(work.leftOutCount) keys"
      notes.append("\(keys) left out: no number at \(path)")
    }
    if work.leftOutValueCount > 0 {
      let values = work.leftOutValueCount == 1 ? "1 value" : "\(work.leftOutValueCount) values"
      notes.append(
        "\(values) left out at \(path): no \(work.leftOutValueCount == 1 ? "number" : "numbers")")
    }
    return notes
  }
}

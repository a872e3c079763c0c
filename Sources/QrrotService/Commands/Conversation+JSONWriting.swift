internal import QrrotCore
internal import QrrotStore
internal import QrrotWire

/// Changing documents. A text is spliced: what is outside of the places of a path stays byte by byte.
extension Conversation {
  // MARK: - JSON.SET

  private enum SetCondition { case absent, present }

  mutating func setJSON(_ words: Arguments, _ access: inout KeyAccess) throws(RedisError) {
    var condition: SetCondition?
    for index in stride(from: 4, to: words.count, by: 1) {
      guard condition == nil, words.isWord(index, "nx") || words.isWord(index, "xx") else {
        throw .syntax
      }
      condition = words.isWord(index, "nx") ? .absent : .present
    }
    let path = try RedisJSONPath(words[2])
    let found = try document(words[1], &access)
    let value = try Self.compact(words[3])
    guard let found else {
      if condition == .present { return writer.null() }
      guard path.path.isRoot else {
        throw RedisError("new objects must be created at the root")
      }
      try value.withRawBytes { value throws(RedisError) in
        try redis { () throws(QrrotError) in try access.put(words[1], .json, value) }
      }
      return writer.simple("OK")
    }
    if path.path.isRoot, condition == .absent { return writer.null() }
    if path.path.isRoot {
      try value.withRawBytes { value throws(RedisError) in
        try redis { () throws(QrrotError) in try access.put(words[1], .json, value, expiry: .keep) }
      }
      return writer.simple("OK")
    }
    let isDone = try set(path, to: value, condition, words[1], found, &access)
    if isDone { writer.simple("OK") } else { writer.null() }
  }

  /// - Returns: whether anything was set.
  private func set(
    _ path: RedisJSONPath, to value: [UInt8], _ condition: SetCondition?,
    _ key: UnsafeRawBufferPointer, _ found: KeyAccess.Found, _ access: inout KeyAccess
  ) throws(RedisError) -> Bool {
    let places = try path.outermost(in: found.bytes)
    if places.isEmpty {
      guard condition != .present else { return false }
      return try add(path, value, key, found, &access)
    }
    if condition == .absent {
      guard path.path.isSingular else { throw Self.notStatic }
      return false
    }
    try edit(key, found, &access) { text throws(RedisError) in
      try Self.splice(places, in: found.bytes, into: &text) { _ in value }
    }
    return true
  }

  private static let notStatic = RedisError("wrong static path", code: "Err")

  /// Adds a member that is not there.
  ///
  /// - Returns: false if there is no object to hold it.
  private func add(
    _ path: RedisJSONPath, _ value: [UInt8], _ key: UnsafeRawBufferPointer,
    _ found: KeyAccess.Found, _ access: inout KeyAccess
  ) throws(RedisError) -> Bool {
    guard path.path.isSingular else { throw Self.notStatic }
    if case .index? = path.path.steps.last { throw RedisError("array index out of range") }
    var isAdded = true
    var text: [UInt8] = []
    var scratch = RedisJSONPath.scratch
    do throws(QrrotError) {
      try value.withRawBytes { value throws(QrrotError) in
        try JSONEdit.set(path.path, to: value, in: found.bytes, scratch: &scratch, into: &text)
      }
    } catch {
      guard error.code == .path else { throw RedisError(error) }
      isAdded = false
    }
    guard isAdded else { return false }
    try edit(key, found, &access) { $0 = text }
    return true
  }

  /// A text as documents are kept.
  ///
  /// - Throws: what is wrong with it.
  private static func compact(_ text: UnsafeRawBufferPointer) throws(RedisError) -> [UInt8] {
    guard text.count <= Limits.valueByteCount else { throw .tooLong }
    var compact: [UInt8] = []
    do throws(JSONSyntaxError) {
      try JSONText.appendCompact(text.bindMemory(to: UInt8.self).span, to: &compact)
    } catch {
      throw RedisError("not JSON, \(error)")
    }
    return compact
  }

  /// Appends `document` with what `body` makes of each place; places are in order and lie apart.
  private static func splice(
    _ places: [Range<Int>], in document: UnsafeRawBufferPointer, into text: inout [UInt8],
    _ body: (Range<Int>) -> [UInt8]
  ) throws(RedisError) {
    var written = 0
    for place in places {
      text.append(contentsOf: document[written..<place.lowerBound])
      text.append(contentsOf: body(place))
      written = place.upperBound
      guard text.count <= Limits.valueByteCount else { throw .tooLong }
    }
    text.append(contentsOf: document[written...])
  }

  // MARK: - JSON.DEL

  mutating func deleteJSON(_ words: Arguments, _ access: inout KeyAccess) throws(RedisError) {
    guard words.count <= 3 else { throw .wrongArity(of: words.text(0).lowercased()) }
    let path = words.count == 3 ? try RedisJSONPath(words[2]) : try .root
    let key = words[1]
    guard let found = try document(key, &access) else { return writer.integer(0) }
    if path.path.isRoot {
      _ = try redis { () throws(QrrotError) in try access.remove([key]) }
      return writer.integer(1)
    }
    // What lies in what is removed is not counted.
    let count = try path.outermost(in: found.bytes).count
    if count > 0 {
      try edit(key, found, &access) { text throws(RedisError) in
        var scratch = RedisJSONPath.scratch
        _ = try redis { () throws(QrrotError) in
          try JSONEdit.remove(path.path, from: found.bytes, scratch: &scratch, into: &text)
        }
      }
    }
    writer.integer(Int64(count))
  }

  // MARK: - JSON.NUMINCRBY

  mutating func addToJSON(_ words: Arguments, _ access: inout KeyAccess) throws(RedisError) {
    let path = try RedisJSONPath(words[2])
    let key = words[1]
    guard let found = try document(key, &access) else {
      throw RedisError("could not perform this operation on a key that doesn't exist")
    }
    let number = try Self.number(words[3])
    let document = found.bytes
    // What the path matches twice is added to twice, as in the module.
    var sums: [Int: JSONNumber] = [:]
    var places: [Int: Range<Int>] = [:]
    var answers: [JSONNumber?] = []
    for match in try path.matches(in: document) {
      guard Self.isNumber(document[match.lowerBound]) else {
        answers.append(nil)
        continue
      }
      let before =
        sums[match.lowerBound] ?? JSONNumber(UnsafeRawBufferPointer(rebasing: document[match]))
      guard let sum = before.adding(number) else { throw RedisError("result is not a number") }
      sums[match.lowerBound] = sum
      places[match.lowerBound] = match
      answers.append(sum)
    }
    if writer.version == .resp2, path.isLegacy, places.isEmpty {
      throw path.missing(" or does not contains a number")
    }
    if !places.isEmpty {
      let sorted = places.values.sorted { $0.lowerBound < $1.lowerBound }
      try edit(key, found, &access) { text throws(RedisError) in
        try Self.splice(sorted, in: document, into: &text) { sums[$0.lowerBound]?.text ?? [] }
      }
    }
    write(answers, of: path)
  }

  /// The sums: as an array in version 3; else as the text of one, or of the last sum alone.
  private mutating func write(_ answers: [JSONNumber?], of path: RedisJSONPath) {
    if writer.version == .resp3 {
      writer.array(count: answers.count)
      for answer in answers {
        switch answer {
        case .integer(let value)?: writer.integer(value)
        case .double(let value)?: writer.double(value)
        case nil: writer.null()
        }
      }
    } else if path.isLegacy {
      writer.bulk(answers.compactMap { $0 }.last?.text ?? [])
    } else {
      let texts = answers.map { $0?.text ?? Array("null".utf8) }
      writer.bulk(
        [UInt8(ascii: "[")] + texts.joined(separator: [UInt8(ascii: ",")]) + [UInt8(ascii: "]")])
    }
  }

  private static func isNumber(_ first: UInt8) -> Bool {
    first == UInt8(ascii: "-") || first &- UInt8(ascii: "0") <= 9
  }

  /// The number that is added.
  private static func number(_ text: UnsafeRawBufferPointer) throws(RedisError) -> JSONNumber {
    let compact = try compact(text)
    guard let first = compact.first, isNumber(first) else { throw RedisError("bad input number") }
    return compact.withUnsafeBytes { JSONNumber($0) }
  }
}

internal import QrrotCore
internal import QrrotStore
internal import QrrotWire

/// Documents, with the commands of the JSON module: its replies and its texts.
extension Conversation {
  mutating func runJSON(
    _ command: RedisCommand, _ words: Arguments, _ access: inout KeyAccess
  ) throws(RedisError) {
    switch command {
    case .jsonSet: try setJSON(words, &access)
    case .jsonGet: try getJSON(words, &access)
    case .jsonType: try typeOfJSON(words, &access)
    case .jsonNumIncrBy: try addToJSON(words, &access)
    default: try deleteJSON(words, &access)
    }
  }

  /// The document of a key; nil if there is no such key.
  ///
  /// - Throws: if it holds something else.
  func document(
    _ key: UnsafeRawBufferPointer, _ access: inout KeyAccess
  ) throws(RedisError) -> KeyAccess.Found? {
    guard let found = access.find(key) else { return nil }
    // The module's own words; the first one is where others have a code.
    guard found.type == .json else {
      throw RedisError("key has wrong Redis type", code: "Existing")
    }
    return found
  }

  /// Gives a key the document that `body` makes of the one that is there, and keeps its expiry.
  ///
  /// - Throws: also `json` if it has become too deep, and `too-large`.
  func edit(
    _ key: UnsafeRawBufferPointer, _ found: KeyAccess.Found, _ access: inout KeyAccess,
    _ body: (inout [UInt8]) throws(RedisError) -> Void
  ) throws(RedisError) {
    // The new text stands beside the old one for a while.
    if found.bytes.count > Self.uncountedByteCount {
      try redis { () throws(QrrotError) in try access.requireMemory(found.bytes.count) }
    }
    var text: [UInt8] = []
    try body(&text)
    do throws(JSONSyntaxError) { try JSONText.validate(text.span) } catch {
      throw RedisError("the document would be wrong: \(error)")
    }
    try text.withRawBytes { text throws(RedisError) in
      try redis { () throws(QrrotError) in try access.put(key, .json, text, expiry: .keep) }
    }
  }

  private static var uncountedByteCount: Int { 1 << 20 }

  // MARK: - JSON.GET

  private mutating func getJSON(_ words: Arguments, _ access: inout KeyAccess) throws(RedisError) {
    var format = JSONFormat()
    var paths: [RedisJSONPath] = []
    var index = 2
    while index < words.count {
      let isOption =
        words.isWord(index, "indent") || words.isWord(index, "newline")
        || words.isWord(index, "space") || words.isWord(index, "format")
      guard isOption else {
        if !words.isWord(index, "noescape") { paths.append(try RedisJSONPath(words[index])) }
        index += 1
        continue
      }
      guard index + 1 < words.count else { throw .wrongArity(of: "json.get") }
      let value = Array(words[index + 1])
      switch true {
      case words.isWord(index, "indent"): format.indent = value
      case words.isWord(index, "newline"): format.newline = value
      case words.isWord(index, "space"): format.space = value
      default: throw RedisError("FORMAT argument is not supported")
      }
      index += 2
    }
    if paths.isEmpty { paths.append(try .root) }
    guard let found = try document(words[1], &access) else {
      tally.noteLookUp(found: false)
      return writer.null()
    }
    tally.noteLookUp(found: true)
    if format.isCompact, paths.count == 1, paths[0].path.isRoot {
      let isListed = !paths[0].isLegacy
      if isStreamed(found.bytes.count) {
        return stream([words[1]], as: .document(isListed: isListed), &access)
      }
      if !isListed { return writer.bulk(found.bytes) }
    }
    writer.bulk(try Self.text(of: paths, in: found.bytes, format, limit: replyLimit(found.bytes)))
  }

  /// How long a reply may become that is made of a document: a request of few bytes may lay it out widely,
  /// or name its parts again and again.
  private func replyLimit(_ document: UnsafeRawBufferPointer) -> Int {
    max(service.configuration.replyByteCount, document.count) + 16
  }

  private static func text(
    of paths: [RedisJSONPath], in document: UnsafeRawBufferPointer, _ format: JSONFormat, limit: Int
  ) throws(RedisError) -> [UInt8] {
    var output: [UInt8] = []
    let isLegacy = paths.allSatisfy(\.isLegacy)
    guard paths.count > 1 else {
      try append(
        paths[0], in: document, format, isLegacy: isLegacy, depth: 0, limit, to: &output)
      return output
    }
    var seen: Set<[UInt8]> = []
    output.append(UInt8(ascii: "{"))
    for path in paths where seen.insert(path.original).inserted {
      if seen.count > 1 { output.append(UInt8(ascii: ",")) }
      try format.breakLine(1, limit, &output)
      JSONText.append(string: path.original.span, to: &output)
      output.append(UInt8(ascii: ":"))
      output.append(contentsOf: format.space)
      try append(
        path, in: document, format, isLegacy: isLegacy, depth: 1, limit, to: &output)
    }
    try format.breakLine(0, limit, &output)
    output.append(UInt8(ascii: "}"))
    return output
  }

  /// Appends the first match of a path, or all of them as an array.
  private static func append(
    _ path: RedisJSONPath, in document: UnsafeRawBufferPointer, _ format: JSONFormat,
    isLegacy: Bool, depth: Int, _ limit: Int, to output: inout [UInt8]
  ) throws(RedisError) {
    let matches = try path.matches(in: document)
    func part(_ match: Range<Int>) -> UnsafeRawBufferPointer {
      UnsafeRawBufferPointer(rebasing: document[match])
    }
    if isLegacy {
      guard let match = matches.first else { throw path.missing() }
      return try format.append(part(match), depth: depth, limit: limit, to: &output)
    }
    output.append(UInt8(ascii: "["))
    for (index, match) in matches.enumerated() {
      if index > 0 { output.append(UInt8(ascii: ",")) }
      try format.breakLine(depth + 1, limit, &output)
      try format.append(part(match), depth: depth + 1, limit: limit, to: &output)
    }
    if !matches.isEmpty { try format.breakLine(depth, limit, &output) }
    output.append(UInt8(ascii: "]"))
  }

  // MARK: - JSON.TYPE

  private mutating func typeOfJSON(
    _ words: Arguments, _ access: inout KeyAccess
  ) throws(RedisError) {
    guard words.count <= 3 else { throw .wrongArity(of: "json.type") }
    let path = words.count == 3 ? try RedisJSONPath(words[2]) : try .root
    let found = try document(words[1], &access)
    // In version 3 the module puts its answer into one more array.
    if writer.version == .resp3 { writer.array(count: 1) }
    guard let found else { return writer.null() }
    let matches = try path.matches(in: found.bytes)
    func name(_ match: Range<Int>) -> String {
      Self.typeName(ofJSON: UnsafeRawBufferPointer(rebasing: found.bytes[match]))
    }
    if path.isLegacy {
      guard let match = matches.first else { return writer.null() }
      return writer.bulk(name(match))
    }
    writer.array(count: matches.count)
    for match in matches { writer.bulk(name(match)) }
  }

  /// What the module calls the type of a value.
  private static func typeName(ofJSON value: UnsafeRawBufferPointer) -> String {
    switch value.first {
    case UInt8(ascii: "{"): "object"
    case UInt8(ascii: "["): "array"
    case UInt8(ascii: "\""): "string"
    case UInt8(ascii: "t"), UInt8(ascii: "f"): "boolean"
    case UInt8(ascii: "n"): "null"
    default: JSONNumber(value).isInteger ? "integer" : "number"
    }
  }
}

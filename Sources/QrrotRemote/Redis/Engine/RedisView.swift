internal import QrrotCore
internal import QrrotWire

/// The JSON texts as which the language shows what Redis keeps in forms of its own.
///
/// A hash is an object, its fields in byte order; a list is an array; a set an array in byte order; a sorted set
/// an array of `{"member":…,"score":…}` by score; a stream an array of `{"id":…,"fields":{…}}`. What stands in
/// them is read as a text under a key is: a canonical integer is a number, an object or an array is itself, other
/// text is a string, and what is not UTF-8 is `{"base64":…}`.
struct RedisView {
  private(set) var text: [UInt8] = []
  private var reader = RedisText()

  /// The command that reads all of a key of this kind; nil for one that can't be read.
  static func reading(_ kind: RedisRecord.Kind, _ key: [UInt8]) -> [[UInt8]]? {
    func words(_ words: String...) -> [[UInt8]] {
      [Array(words[0].utf8), key] + words.dropFirst().map { Array($0.utf8) }
    }
    return switch kind {
    case .absent, .other: nil
    case .string: words("GET")
    case .json: words("JSON.GET")
    case .hash: words("HGETALL")
    case .list: words("LRANGE", "0", "-1")
    case .set: words("SMEMBERS")
    case .sortedSet: words("ZRANGE", "0", "-1", "WITHSCORES")
    case .stream: words("XRANGE", "-", "+")
    }
  }

  /// Makes the text of what ``reading(_:_:)`` was answered.
  init(_ kind: RedisRecord.Kind, _ reply: RedisReply) {
    switch kind {
    case .hash: object(Self.pairs(reply))
    case .list: array(Self.children(reply))
    case .set: array(Self.children(reply).sorted { $0.lexicographicallyPrecedes($1) })
    case .sortedSet: members(reply)
    case .stream: entries(reply)
    case .absent, .string, .json, .other: append("null")
    }
  }

  private static func children(_ reply: RedisReply) -> [[UInt8]] {
    var children: [[UInt8]] = []
    reply.forEach { children.append($0.content) }
    return children
  }

  /// Names and values that stand in turn, by name.
  private static func pairs(_ reply: RedisReply) -> [(name: [UInt8], value: [UInt8])] {
    let all = children(reply)
    let pairs = stride(from: 0, to: all.count - all.count % 2, by: 2).map { (all[$0], all[$0 + 1]) }
    return pairs.sorted { $0.0.lexicographicallyPrecedes($1.0) }.map { (name: $0.0, value: $0.1) }
  }

  private mutating func append(_ text: String) { self.text.append(contentsOf: text.utf8) }

  private mutating func object(_ pairs: [(name: [UInt8], value: [UInt8])]) {
    append("{")
    for (index, pair) in pairs.enumerated() {
      if index > 0 { append(",") }
      string(Self.memberName(pair.name))
      append(":")
      element(pair.value)
    }
    append("}")
  }

  private mutating func array(_ elements: [[UInt8]]) {
    append("[")
    for (index, each) in elements.enumerated() {
      if index > 0 { append(",") }
      element(each)
    }
    append("]")
  }

  private mutating func members(_ reply: RedisReply) {
    // With RESP3 each member stands in an array with its score, with RESP2 they stand in turn.
    var pairs: [(member: [UInt8], score: [UInt8])] = []
    var waiting: [UInt8]?
    reply.forEach { each in
      if each.kind == .array {
        pairs.append((each[0].content, each[1].content))
      } else if let member = waiting.take() {
        pairs.append((member, each.content))
      } else {
        waiting = each.content
      }
    }
    append("[")
    for (index, pair) in pairs.enumerated() {
      append(index > 0 ? #",{"member":"# : #"{"member":"#)
      element(pair.member)
      append(#","score":"#)
      number(pair.score)
      append("}")
    }
    append("]")
  }

  private mutating func entries(_ reply: RedisReply) {
    append("[")
    var isFirst = true
    reply.forEach { entry in
      append(isFirst ? #"{"id":"# : #",{"id":"#)
      isFirst = false
      string(entry[0].content)
      append(#","fields":"#)
      object(Self.pairs(entry[1]))
      append("}")
    }
    append("]")
  }

  /// A number as Redis writes scores; infinities are strings, for JSON has none.
  private mutating func number(_ score: [UInt8]) {
    do throws(JSONSyntaxError) {
      try JSONText.appendCompact(score.span, to: &text)
    } catch {
      string(score)
    }
  }

  private mutating func string(_ utf8: [UInt8]) { JSONText.append(string: utf8.span, to: &text) }

  /// What stands in a hash, a list, a set.
  private mutating func element(_ content: [UInt8]) {
    var output = text
    text = []
    content.withUnsafeBytes { bytes in
      reader.with(bytes) { type, stored in
        switch type {
        case .int: output.append(contentsOf: content)
        case .json: output.append(contentsOf: stored)
        case .string where Escaping.isValidUTF8(content.span):
          JSONText.append(string: content.span, to: &output)
        case .string:
          output.append(contentsOf: #"{"base64":""#.utf8)
          Escaping.appendBase64(content.span, to: &output)
          output.append(contentsOf: #""}"#.utf8)
        }
      }
    }
    text = output
  }

  /// The field that a name in the view is of.
  static func field(ofMember name: [UInt8]) -> [UInt8] {
    let mark = Array("base64:".utf8)
    guard name.starts(with: mark) else { return name }
    var field: [UInt8] = []
    let isBase64 = name.dropFirst(mark.count).withUnsafeBytes {
      Base64Decoding.append($0, to: &field)
    }
    // A field may have a name of that form itself: then it is UTF-8.
    return isBase64 && !Escaping.isValidUTF8(field.span) ? field : name
  }

  /// What a field is called in the view: itself, where it is UTF-8.
  static func memberName(_ field: [UInt8]) -> [UInt8] {
    guard !Escaping.isValidUTF8(field.span) else { return field }
    var name = Array("base64:".utf8)
    Escaping.appendBase64(field.span, to: &name)
    return name
  }
}

/// The fields of a hash whose view was changed.
struct RedisHashChange {
  /// The fields that get a text, each with it.
  private(set) var written: [(field: [UInt8], text: [UInt8])] = []
  /// The fields that go.
  private(set) var removed: [[UInt8]] = []

  /// Compares two views.
  ///
  /// - Throws: `type` where the new one is no object any more.
  init(from before: [UInt8], to after: [UInt8]) throws(QrrotError) {
    let (old, new) = (try Self.members(before), try Self.members(after))
    guard let old, let new else {
      throw QrrotError(
        .type,
        "a hash of Redis has fields and nothing else; set one of them with put KEY $.field VALUE")
    }
    for (field, value) in new.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) })
    where old[field] != value {
      written.append((RedisView.field(ofMember: field), Self.text(value)))
    }
    removed = old.keys.filter { new[$0] == nil }.map(RedisView.field(ofMember:))
      .sorted { $0.lexicographicallyPrecedes($1) }
  }

  private static func members(_ object: [UInt8]) throws(QrrotError) -> [[UInt8]: [UInt8]]? {
    var members: [[UInt8]: [UInt8]] = [:]
    var failure: QrrotError?
    let isObject = object.withUnsafeBytes { bytes in
      do throws(QrrotError) {
        return try JSONText.forEachMember(of: bytes) { name, value in
          var field: [UInt8] = []
          JSONText.appendContent(ofString: object[name].span, to: &field)
          members[field] = Array(bytes[value])
          return true
        }
      } catch {
        failure = error
        return false
      }
    }
    if let failure { throw failure }
    return isObject ? members : nil
  }

  /// The text that a field gets: of a JSON string its characters, of anything else its JSON text.
  private static func text(_ value: [UInt8]) -> [UInt8] {
    guard value.first == UInt8(ascii: "\"") else { return value }
    var text: [UInt8] = []
    JSONText.appendContent(ofString: value.span, to: &text)
    return text
  }
}

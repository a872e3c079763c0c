internal import QrrotCore

/// How the key of an imported record is made of its parts.
///
/// Written as the name of a member (`email`); as a singular path (`$.user.id`); or as a text with
/// singular paths in braces (`movie:{$.year}:{$.title}`), where `{name}` is short for the member of
/// that name and `{{` and `}}` stand for a brace.
struct KeyTemplate {
  private enum Part {
    case text([UInt8])
    case path(JSONPath)
  }

  /// What became of a record's key.
  enum Outcome: Equatable {
    case made
    /// A part is absent or null, or all of it is empty.
    case missing
  }

  private var parts: [Part] = []

  /// - Throws: `syntax` for a brace without its counterpart, for a path that may have several matches
  ///   and for a template without any path; `path` for one that is wrong.
  init(_ text: [UInt8]) throws(QrrotError) {
    guard !text.isEmpty else { throw QrrotError(.syntax, "--key needs the name of a field") }
    guard text.contains(where: { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "}") }),
      !Self.isPath(text)
    else {
      parts = [.path(try Self.path(text))]
      return
    }
    try read(text)
    let hasPath = parts.contains {
      if case .path = $0 { return true }
      return false
    }
    guard hasPath else {
      throw QrrotError(
        .syntax, "--key names no field, so all keys would be the same; write one as {$.field}")
    }
  }

  private mutating func read(_ text: [UInt8]) throws(QrrotError) {
    var literal: [UInt8] = []
    var index = 0
    while index < text.count {
      let byte = text[index]
      let isBrace = byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}")
      if isBrace, index + 1 < text.count, text[index + 1] == byte {
        literal.append(byte)
        index += 2
      } else if byte == UInt8(ascii: "{") {
        guard let end = Self.closingBrace(of: text, from: index + 1) else {
          throw QrrotError(
            .syntax,
            "--key: the brace at byte \(index) is never closed; a brace itself is written {{")
        }
        if !literal.isEmpty { parts.append(.text(literal)) }
        literal = []
        parts.append(.path(try Self.path(Array(text[(index + 1)..<end]))))
        index = end + 1
      } else if byte == UInt8(ascii: "}") {
        throw QrrotError(
          .syntax, "--key: the brace at byte \(index) closes nothing; a brace itself is written }}")
      } else {
        literal.append(byte)
        index += 1
      }
    }
    if !literal.isEmpty { parts.append(.text(literal)) }
  }

  /// The first closing brace that does not stand inside quotes.
  private static func closingBrace(of text: [UInt8], from start: Int) -> Int? {
    var quote: UInt8?
    var index = start
    while index < text.count {
      let byte = text[index]
      if let open = quote {
        if byte == UInt8(ascii: "\\") {
          index += 1
        } else if byte == open {
          quote = nil
        }
      } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
        quote = byte
      } else if byte == UInt8(ascii: "}") {
        return index
      }
      index += 1
    }
    return nil
  }

  private static func isPath(_ text: [UInt8]) -> Bool {
    text == [UInt8(ascii: "$")] || text.starts(with: "$.".utf8) || text.starts(with: "$[".utf8)
  }

  /// The path that `text` is, or that leads to the member of that name.
  private static func path(_ text: [UInt8]) throws(QrrotError) -> JSONPath {
    guard isPath(text) else {
      guard !text.isEmpty else { throw QrrotError(.syntax, "--key: {} names no field") }
      guard Escaping.isValidUTF8(text.span) else {
        throw QrrotError(.syntax, "--key: the name of a field is UTF-8")
      }
      var path = Array("$[".utf8)
      Escaping.appendJSONString(text.span, to: &path)
      path.append(UInt8(ascii: "]"))
      return try JSONPath(path)
    }
    let path = try JSONPath(text)
    guard path.isSingular else {
      throw QrrotError(
        .path,
        "--key: \(QrrotError.excerpt(text)) may have several matches; a key is made of single ones")
    }
    return path
  }

  /// Appends the key of `document`, a compact JSON text, to `key`; of other bytes, nothing or anything.
  ///
  /// Strings stand for their characters; numbers, true and false as they are written.
  ///
  /// - Throws: `type` for an array or an object.
  func append(
    of document: UnsafeRawBufferPointer, scratch: inout JSONScratch, to key: inout [UInt8]
  ) throws(QrrotError) -> Outcome {
    let start = key.count
    for part in parts {
      switch part {
      case .text(let text): key.append(contentsOf: text)
      case .path(let path):
        guard let range = try path.first(in: document, scratch: &scratch), !range.isEmpty else {
          return .missing
        }
        switch document[range.lowerBound] {
        case UInt8(ascii: "\""):
          // Only a text that is no JSON has half a string.
          guard range.count >= 2 else { return .missing }
          Self.appendString(
            UnsafeRawBufferPointer(
              rebasing: document[(range.lowerBound + 1)..<(range.upperBound - 1)]),
            to: &key)
        case UInt8(ascii: "n"): return .missing
        case UInt8(ascii: "{"), UInt8(ascii: "["):
          throw QrrotError(
            .type,
            "\(String(decoding: path.text, as: UTF8.self)) holds an array or an object; a key is made of strings, numbers, true and false"
          )
        default: key.append(contentsOf: document[range])
        }
      }
    }
    return key.count == start ? .missing : .made
  }

  /// Appends what the inside of a JSON string stands for.
  static func appendString(_ content: UnsafeRawBufferPointer, to output: inout [UInt8]) {
    guard content.contains(UInt8(ascii: "\\")) else {
      return output.append(contentsOf: content)
    }
    let quoted = [UInt8(ascii: "\"")] + content + [UInt8(ascii: "\"")]
    JSONText.appendContent(ofString: quoted.span, to: &output)
  }
}

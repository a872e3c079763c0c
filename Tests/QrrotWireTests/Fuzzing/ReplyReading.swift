import QrrotCore
import QrrotWire

/// What a reader made of the replies of one connection, in a form that can be compared.
struct ReplyReading: Equatable, CustomStringConvertible {
  /// A node with its content.
  enum Part: Equatable {
    case text(ReplyNode.Kind, [UInt8])
    case integer(Int64)
    case boolean(Bool)
    case double(String)
    case null
    case head(ReplyNode.Kind, Int)
  }

  /// Each reply as its parts in order.
  var replies: [[Part]] = []
  var error: ReplyError?
  var byteCount = 0

  var description: String {
    replies.map { "\($0)" }.joined(separator: "\n")
      + "\n\(byteCount) bytes, \(String(describing: error))"
  }

  init(_ bytes: [UInt8], limits: ReplyLimits = .standard) {
    self.init(parts: [bytes[...]], limits: limits)
  }

  init(_ text: String, limits: ReplyLimits = .standard) {
    self.init(Array(text.utf8), limits: limits)
  }

  /// Reads bytes that arrive in parts.
  init(parts: [ArraySlice<UInt8>], limits: ReplyLimits = .standard) {
    var reader = ReplyReader(limits: limits)
    byteCount = Arrivals.feed(parts) { bytes in
      var done = 0
      do throws(ReplyError) {
        while true {
          let input = UnsafeRawBufferPointer(rebasing: bytes[done...])
          guard let count = try reader.next(input) else { break }
          replies.append(reader.nodes.map { Self.part($0, input) })
          done += count
        }
      } catch {
        self.error = error
      }
      return (done, error == nil)
    }
  }

  private static func part(_ node: ReplyNode, _ input: UnsafeRawBufferPointer) -> Part {
    switch node.kind {
    case .array, .map, .set, .push: .head(node.kind, node.childCount)
    case .null: .null
    case .integer: .integer(node.integer(in: input) ?? .min)
    case .boolean: .boolean(node.integer(in: input) == 1)
    case .double: .double(text(of: node.double(in: input)))
    default: .text(node.kind, Array(input[node.range]))
    }
  }

  /// Zero and what is no number have one form each.
  static func text(of value: Double?) -> String {
    guard let value else { return "none" }
    return value.isNaN ? "nan" : value == 0 ? "0" : value.description
  }

  /// Whether the parts of a reply are just those that its heads announce.
  static func isWhole(_ parts: [Part]) -> Bool {
    var missing = 1
    for part in parts {
      guard missing > 0 else { return false }
      missing -= 1
      if case .head(_, let count) = part { missing += count }
    }
    return missing == 0
  }

  /// Writes a reply again; false if it has a part for which the server has no use.
  static func write(_ parts: [Part], to writer: inout ReplyWriter) -> Bool {
    for part in parts {
      switch part {
      case .null: writer.null()
      case .integer(let value): writer.integer(value)
      case .boolean(let value): writer.boolean(value)
      case .double(let text): writer.double(Double(text) ?? .nan)
      case .head(.map, let count): writer.map(count: count / 2)
      case .head(.set, let count): writer.set(count: count)
      case .head(.push, let count): writer.push(count: count)
      case .head(_, let count): writer.array(count: count)
      case .text(.bulk, let content): writer.bulk(content)
      case .text(let kind, let content):
        guard let text = String(validating: content, as: UTF8.self), write(kind, text, to: &writer)
        else { return false }
      }
    }
    return true
  }

  private static func write(
    _ kind: ReplyNode.Kind, _ text: String, to writer: inout ReplyWriter
  ) -> Bool {
    switch kind {
    case .simple: writer.simple(text)
    case .bigNumber: writer.bigNumber(text)
    case .verbatim: writer.verbatim(text)
    case .error:
      guard let blank = text.utf8.firstIndex(of: UInt8(ascii: " ")) else { return false }
      writer.error(
        String(text[text.index(after: blank)...]), code: String(text[..<blank]))
    default: return false
    }
    return true
  }
}

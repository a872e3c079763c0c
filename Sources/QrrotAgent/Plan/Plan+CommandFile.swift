internal import QrrotCore

extension Plan {
  /// Appends a command file that does what the plan does: `put`, `del`, `expireat` and `persist`, key by
  /// key in byte order.
  ///
  /// Run on the state before, it gives the state after, byte for byte, as long as no expiry in it has
  /// passed. A place inside a json value is set by itself where that is shorter and comes out just the
  /// same. Everything is printable: what could drive a terminal or an editor is escaped in a form that
  /// reads back as the same bytes.
  ///
  /// - Parameter request: stands in front, as comments; nothing in it can become a command.
  /// - Complexity: O(bytes of the values).
  public func appendCommandFile(request: String?, to output: inout [UInt8]) {
    let lines = request?.utf8.split(separator: 0x0A, omittingEmptySubsequences: false) ?? []
    for line in lines {
      output.append(contentsOf: "# ".utf8)
      Escaping.appendDisplayed(Array(line).span, to: &output)
      output.append(UInt8(ascii: "\n"))
    }
    for (change, effect) in zip(changes, effects) {
      PlanCommands(change, effect).append(to: &output)
    }
  }
}

/// Writes the commands for one key.
private struct PlanCommands {
  private let change: Plan.Change
  private let effect: PlanEffect
  /// The key as a token.
  private let key: [UInt8]

  init(_ change: Plan.Change, _ effect: PlanEffect) {
    self.change = change
    self.effect = effect
    var key: [UInt8] = []
    Escaping.appendKey(change.key.span, to: &key)
    self.key = key
  }

  func append(to output: inout [UInt8]) {
    guard let after = change.after else {
      return append("del", nil, to: &output)
    }
    // What the key's expiry is before the last line.
    var expiry = change.before?.expiry ?? 0
    if change.before?.value != after.value {
      if let edits = edits() {
        output += edits
      } else {
        output += whole(after.value)
        expiry = 0
      }
    }
    if expiry == after.expiry { return }
    if after.expiry == 0 {
      append("persist", nil, to: &output)
    } else {
      append("expireat", Array(String(after.expiry).utf8), to: &output)
    }
  }

  private func append(_ name: String, _ argument: [UInt8]?, to output: inout [UInt8]) {
    output += name.utf8
    output.append(UInt8(ascii: " "))
    output += key
    if let argument {
      output.append(UInt8(ascii: " "))
      output += argument
    }
    output.append(UInt8(ascii: "\n"))
  }

  private func whole(_ value: Value) -> [UInt8] {
    var output: [UInt8] = []
    append("put", Self.literal(value), to: &output)
    return output
  }

  /// The value as a token of the command language, to the byte.
  private static func literal(_ value: Value) -> [UInt8] {
    var token: [UInt8] = []
    guard case .json(let text) = value else {
      TextForm.append(value, to: &token)
      return token
    }
    var escaped: [UInt8] = []
    Escaping.appendJSONText(text.span, to: &escaped)
    let isContainer = text.first == UInt8(ascii: "{") || text.first == UInt8(ascii: "[")
    if escaped == text, isContainer { return text }
    // In quotes the escapes are those of the token, and so the JSON text stays as it is.
    token += "as json ".utf8
    if escaped == text, text.first != UInt8(ascii: "\"") { return token + text }
    Escaping.appendQuoted(text.span, to: &token)
    return token
  }
}

/// Setting places instead of the whole value.
extension PlanCommands {
  /// The lines that change the value place by place; nil if they don't give exactly the value after, or
  /// are longer than it.
  private func edits() -> [UInt8]? {
    guard case .edited(let difference) = effect.content, difference.isWhole,
      case .json(let before)? = change.before?.value, case .json(let after)? = change.after?.value
    else { return nil }
    var text = before
    var lines: [UInt8] = []
    // Each removal leaves the indices in front of it as they are.
    let removed = difference.places.reversed().filter { $0.kind == .removed }
    let changed = difference.places.filter { $0.kind == .number || $0.kind == .replaced }
    let added = difference.places.filter { $0.kind == .added }
    let wholeByteCount = whole(.json(after)).count
    for place in changed + removed + added {
      let steps = before.withUnsafeBytes { before in
        after.withUnsafeBytes { difference.steps(to: place, before: before, after: $0) }
      }
      let path = Array(PlanPath(steps).whole.utf8)
      let value = place.after.map { Array(after[$0]) }
      guard let edited = Self.edit(text, path, value) else { return nil }
      text = edited
      var argument = path
      if let value { argument += [UInt8(ascii: " ")] + Self.partLiteral(value) }
      append(value == nil ? "del" : "put", argument, to: &lines)
      guard lines.count < wholeByteCount else { return nil }
    }
    return text == after ? lines : nil
  }

  /// The text as a command would leave it; nil if it would fail.
  private static func edit(_ text: [UInt8], _ path: [UInt8], _ value: [UInt8]?) -> [UInt8]? {
    guard let path = try? JSONPath(path) else { return nil }
    var edited: [UInt8] = []
    var scratch = JSONScratch()
    let isDone = text.withUnsafeBytes { text in
      guard let value else {
        return (try? JSONEdit.remove(path, from: text, scratch: &scratch, into: &edited)) == 1
      }
      return value.withUnsafeBytes { value in
        (try? JSONEdit.set(path, to: value, in: text, scratch: &scratch, into: &edited)) != nil
      }
    }
    return isDone ? edited : nil
  }

  /// A JSON text as a token behind a path, to the byte: there a scalar stands for itself.
  private static func partLiteral(_ text: [UInt8]) -> [UInt8] {
    if text.first == UInt8(ascii: "\"") {
      // A quoted token is written anew, with no more escapes than JSON needs.
      var escaped: [UInt8] = []
      Escaping.appendJSONText(text.span, to: &escaped)
      return escaped == text && !text.contains(UInt8(ascii: "\\")) ? text : literal(.json(text))
    }
    guard text.first == UInt8(ascii: "{") || text.first == UInt8(ascii: "[") else { return text }
    return literal(.json(text))
  }
}

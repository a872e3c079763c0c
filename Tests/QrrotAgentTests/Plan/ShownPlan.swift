import QrrotAgent
import QrrotCore
import QrrotParser
import QrrotTesting

/// A database as a person sees it: keys, values and expiries in the texts that a plan shows.
typealias ShownContents = [String: ShownState]

/// A key's value and its expiry, as they are shown.
struct ShownState: Equatable {
  var value: String
  var expiry: Int64 = 0
}

/// Reads the lines of a plan back, and does what they say.
struct ShownPlan {
  /// Why a line can't be understood, or does not fit what it is about.
  struct Mistake: Error {
    var line: String
    var reason: String
  }

  /// What is to be done with one key's json value.
  private struct Edits {
    var changed: [([Int], WrittenJSON)] = []
    var removed: Set<[Int]> = []
    var added: [([Int], WrittenJSON.Member?, WrittenJSON)] = []
  }

  private(set) var contents: ShownContents
  private var edits: [String: Edits] = [:]

  /// Applies `lines`, which are those of a whole plan shown whole.
  init(_ lines: [PlanLine], to contents: ShownContents) throws {
    self.contents = contents
    for line in lines { try apply(line) }
    for (key, edits) in edits { try finish(edits, key) }
  }

  /// The contents of a database as they are shown.
  static func contents(of records: [[UInt8]: StoredRecord]) -> ShownContents {
    var contents: ShownContents = [:]
    for (key, record) in records {
      var name: [UInt8] = []
      Escaping.appendQuoted(key.span, to: &name)
      var text: [UInt8] = []
      switch record.value {
      case .int(let integer): text = Array(String(integer).utf8)
      case .string(let content): Escaping.appendQuoted(content.span, to: &text)
      case .json(let json):
        if json.first != 0x5B, json.first != 0x7B { text = Array("as json ".utf8) }
        Escaping.appendJSONText(json.span, to: &text)
      }
      contents[String(decoding: name, as: UTF8.self)] = ShownState(
        value: String(decoding: text, as: UTF8.self), expiry: record.expiry)
    }
    return contents
  }

  private mutating func apply(_ line: PlanLine) throws {
    func texts(_ kind: PlanLine.Kind) -> String? { line.parts.first { $0.kind == kind }?.text }
    guard let token = texts(.key), let key = Self.key(token) else {
      throw Mistake(line: line.text, reason: "no key")
    }
    func require(_ condition: Bool, _ reason: String) throws {
      if !condition { throw Mistake(line: line.text, reason: reason) }
    }
    let before = texts(.before)
    let after = texts(.after)
    let expiryBefore = texts(.expiryBefore).map(Self.moment)
    let expiryAfter = texts(.expiryAfter).map(Self.moment)
    switch line.sign {
    case .added:
      try require(contents[key] == nil, "there is such a key")
      contents[key] = ShownState(value: after ?? "", expiry: expiryAfter ?? 0)
    case .removed:
      try require(
        contents[key] == ShownState(value: before ?? "", expiry: expiryBefore ?? 0),
        "that is not what is there")
      contents[key] = nil
    case .changed:
      if let expiryAfter {
        try require(contents[key]?.expiry == expiryBefore, "that is not its expiry")
        contents[key]?.expiry = expiryAfter
      }
      if let path = texts(.path) {
        try require(
          add(path, before, after, key), "the path does not fit \(contents[key]?.value ?? "")")
      } else if let after {
        try require(contents[key]?.value == before, "that is not its value")
        contents[key]?.value = after
      }
    case .more:
      throw Mistake(line: line.text, reason: "this is not all")
    }
  }

  private mutating func add(
    _ path: String, _ before: String?, _ after: String?, _ key: String
  ) -> Bool {
    guard let text = contents[key]?.value else { return false }
    let tree = WrittenJSON(parsing: Array(text.utf8))
    let mark = path.hasPrefix("$") ? "" : String(path.prefix(2))
    guard let steps = ShownStep.steps(of: String(path.dropFirst(mark.count))) else { return false }
    func value(_ text: String) -> WrittenJSON { WrittenJSON(parsing: Array(text.utf8)) }
    guard mark == "+ ", let after else {
      guard let place = ShownStep.place(of: steps[...], in: tree), let before,
        tree[place].text == before
      else { return false }
      if mark == "- " {
        edits[key, default: Edits()].removed.insert(place)
      } else if let after {
        edits[key, default: Edits()].changed.append((place, value(after)))
      }
      return true
    }
    guard let place = ShownStep.place(of: steps.dropLast(), in: tree) else { return false }
    let member: WrittenJSON.Member?
    switch (steps.last, tree[place]) {
    case (.name(let name), .object):
      // A name of its own, so that it does not go with a removed one.
      member = .init(name: "added \(name)", text: "\"\(name)\"", value: value(after))
    case (.index, .array): member = nil
    default: return false
    }
    edits[key, default: Edits()].added.append((place, member, value(after)))
    return true
  }

  private mutating func finish(_ edits: Edits, _ key: String) throws {
    guard let text = contents[key]?.value else { return }
    var tree = WrittenJSON(parsing: Array(text.utf8))
    for (place, value) in edits.changed { tree[place] = value }
    for (place, member, value) in edits.added {
      switch tree[place] {
      case .array(let elements): tree[place] = .array(elements + [value])
      case .object(let members): tree[place] = .object(members + (member.map { [$0] } ?? []))
      case .scalar: throw Mistake(line: key, reason: "nothing can be added to \(tree[place].text)")
      }
    }
    // Places in front of additions stay what they were.
    tree = tree.removing(edits.removed)
    contents[key]?.value = tree.text
  }

  /// The key in the form in which all keys are quoted.
  private static func key(_ token: String) -> String? {
    var command = Command()
    var parser = Parser()
    let line = Array("get \(token)".utf8)
    guard (try? parser.parse(line.span, isFinal: true, into: &command)) != nil,
      command.arguments.count == 1
    else { return nil }
    var name: [UInt8] = []
    Escaping.appendQuoted(command.content(0).span, to: &name)
    return String(decoding: name, as: UTF8.self)
  }

  /// A date and a time in milliseconds since 1970; 0 for none.
  private static func moment(_ text: String) -> Int64 {
    if text == "none" { return 0 }
    let fields = text.split { !$0.isNumber }.map { Int64($0) ?? 0 }
    guard fields.count >= 6 else { return -1 }
    func isLeap(_ year: Int64) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }
    var days = (1970..<max(1970, fields[0])).reduce(Int64(0)) { $0 + (isLeap($1) ? 366 : 365) }
    let lengths: [Int64] = [
      31, isLeap(fields[0]) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31,
    ]
    days += lengths.prefix(Int(fields[1]) - 1).reduce(0, +) + fields[2] - 1
    let seconds = ((days * 24 + fields[3]) * 60 + fields[4]) * 60 + fields[5]
    return seconds * 1_000 + (fields.count > 6 ? fields[6] : 0)
  }
}

/// A step of a path as it is shown.
enum ShownStep: Equatable {
  /// The content of a JSON string.
  case name(String)
  case index(Int)

  /// Reads a path; nil if it can't be understood.
  static func steps(of path: String) -> [ShownStep]? {
    var rest = Array(path.unicodeScalars)[...]
    guard rest.popFirst() == "$" else { return nil }
    var steps: [ShownStep] = []
    while let opening = rest.popFirst() {
      var text = String.UnicodeScalarView()
      switch opening {
      case ".":
        while let next = rest.first, next != ".", next != "[" {
          text.append(next)
          rest.removeFirst()
        }
        steps.append(.name(String(text)))
      case "[" where rest.first == "'":
        rest.removeFirst()
        while let next = rest.popFirst(), next != "'" {
          if next == "\\", let letter = rest.popFirst() {
            text.append(contentsOf: letter == "'" ? [letter] : [next, letter])
          } else {
            text.append(contentsOf: next == "\"" ? ["\\", next] : [next])
          }
        }
        guard rest.popFirst() == "]" else { return nil }
        steps.append(.name(String(text)))
      case "[":
        while let next = rest.popFirst(), next != "]" { text.append(next) }
        guard let index = Int(String(text)) else { return nil }
        steps.append(.index(index))
      default: return nil
      }
    }
    return steps
  }

  /// The place of `steps` in `tree`, an index for each level; nil if there is none.
  static func place(of steps: ArraySlice<ShownStep>, in tree: WrittenJSON) -> [Int]? {
    guard let first = steps.first else { return [] }
    let index: Int?
    switch (first, tree) {
    case (.name(let name), .object(let members)):
      index = members.firstIndex { Array($0.text.utf8) == Array("\"\(name)\"".utf8) }
    case (.index(let number), .array(let elements)):
      index = elements.indices.contains(number) ? number : nil
    default: index = nil
    }
    guard let index, let rest = place(of: steps.dropFirst(), in: tree.parts[index]) else {
      return nil
    }
    return [index] + rest
  }
}

/// A random query, as a line of the language and as what a plain program makes of it.
public struct RandomQuery: Sendable {
  /// A filter with what it means.
  struct Filter: Sendable {
    var text: String
    var holds: @Sendable (ModelValue) -> Bool
  }

  /// The line.
  public private(set) var line: String
  private let name: String
  private var target: String?
  private var prefix = ""
  private var filter: Filter?
  private var columns: [String]?
  private var group: String?
  private var order: (path: String, isDescending: Bool)?
  private var limit: Int?

  /// A key of the model: its value as JSON, and what is behind the key when it prints without select.
  public struct Item: Sendable {
    /// The key.
    public var key: String
    /// Nil for a string that is not UTF-8.
    public var value: ModelValue?
    /// Type and value as `find` prints them.
    public var shown: String

    /// Describes a key.
    public init(key: String, value: ModelValue?, shown: String) {
      self.key = key
      self.value = value
      self.shown = shown
    }
  }

  static let paths = [
    "$", "$.a", "$.b", "$.b.c", "$.b.d", "$.s", "$.t", "$.t[*]", "$.none", "$[*]",
  ]

  /// Makes up a query.
  public init(using random: inout SeededGenerator) {
    let names = ["find", "find", "find", "count", "count", "sum", "avg", "min", "max"]
    name = names.randomElement(using: &random) ?? "find"
    line = name
    func chance(_ random: inout SeededGenerator) -> Bool { Bool.random(using: &random) }
    func path(_ random: inout SeededGenerator) -> String {
      Self.paths.randomElement(using: &random) ?? "$"
    }
    if name != "find", name != "count" {
      target = path(&random)
      line += " \(target ?? "")"
    }
    if chance(&random) {
      prefix = ["k", "k1", "k2", ""].randomElement(using: &random) ?? ""
      line += " \(prefix)*"
    }
    if chance(&random) {
      let filter = Self.filter(using: &random)
      line += " where \(filter.text)"
      self.filter = filter
    }
    if name == "find" {
      if chance(&random) {
        let columns = Array(
          Self.paths.shuffled(using: &random).prefix(Int.random(in: 1...3, using: &random)))
        line += " select " + columns.joined(separator: chance(&random) ? ", " : ",")
        self.columns = columns
      }
      if chance(&random) {
        let order = (path: path(&random), isDescending: chance(&random))
        line += " order by \(order.path)" + (order.isDescending ? " desc" : "")
        self.order = order
      }
    } else if Int.random(in: 0..<3, using: &random) > 0 {
      group = path(&random)
      line += " by \(group ?? "")"
    }
    if chance(&random) {
      limit = [0, 1, 2, 5, 20, 1_000].randomElement(using: &random) ?? 1
      line += " limit \(limit ?? 0)"
    }
  }

  private static func filter(using random: inout SeededGenerator) -> Filter {
    let number = Double(Int.random(in: -4...12, using: &random))
    let member = ["a", "s"].randomElement(using: &random) ?? "a"
    func value(_ document: ModelValue) -> ModelValue? { document[member] }
    let simple: [Filter] = [
      Filter(text: "@.\(member)") { $0[member] != nil },
      Filter(text: "!@.\(member)") { $0[member] == nil },
      Filter(text: "@.\(member) > \(Int(number))") {
        guard case .number(let value, _)? = $0[member] else { return false }
        return value > number
      },
      Filter(text: "@.\(member) <= \(Int(number)).0") {
        guard case .number(let value, _)? = $0[member] else { return false }
        return value <= number
      },
      Filter(text: "@.\(member) == 'x'") {
        guard case .string("x", _)? = $0[member] else { return false }
        return true
      },
      Filter(text: "@ == 7") {
        guard case .number(7, _) = $0 else { return false }
        return true
      },
      Filter(text: "$.t[?@ == null]") { document in
        document.values(at: "$.t[*]").contains { if case .null = $0 { true } else { false } }
      },
    ]
    let first = simple.randomElement(using: &random) ?? simple[0]
    guard Bool.random(using: &random) else { return first }
    let second = simple.randomElement(using: &random) ?? simple[0]
    if Bool.random(using: &random) {
      return Filter(text: "\(first.text) && \(second.text)") { first.holds($0) && second.holds($0) }
    }
    return Filter(text: "(\(first.text) || \(second.text))") { first.holds($0) || second.holds($0) }
  }

  /// What the query answers, in text form, line by line.
  public func answer(over items: [Item]) -> [String] {
    let matches = items.filter { item in
      guard item.key.hasPrefix(prefix) else { return false }
      guard let filter else { return true }
      return item.value.map { filter.holds($0) } ?? false
    }.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    return name == "find" ? rows(of: matches) : measures(of: matches)
  }

  private static func isSingular(_ path: String) -> Bool { !path.contains("*") }

  private static func column(_ path: String, of item: Item) -> String? {
    guard let value = item.value else { return nil }
    let values = value.values(at: path)
    if isSingular(path) { return values.first?.text }
    return "[" + values.map(\.text).joined(separator: ",") + "]"
  }

  private func rows(of matches: [Item]) -> [String] {
    var sorted = matches
    if let order, Self.isSingular(order.path) {
      let values = matches.map { $0.value?.values(at: order.path).first }
      let indices = matches.indices.sorted { left, right in
        switch (values[left], values[right]) {
        case (let a?, let b?):
          let comparison = ModelValue.compare(a, b) * (order.isDescending ? -1 : 1)
          return comparison != 0 ? comparison < 0 : left < right
        case (_?, nil): return true
        case (nil, _?): return false
        case (nil, nil): return left < right
        }
      }
      sorted = indices.map { matches[$0] }
    } else if order != nil {
      sorted = matches.filter { $0.value != nil } + matches.filter { $0.value == nil }
    }
    return sorted.prefix(limit ?? .max).map { item in
      guard let columns else { return "\(item.key) \(item.shown)" }
      var cells = columns.map { Self.column($0, of: item) }
      while let last = cells.last, last == nil { cells.removeLast() }
      return ([item.key] + cells.map { $0 ?? "(nil)" }).joined(separator: " ")
    }
  }

  private func measures(of matches: [Item]) -> [String] {
    guard let group else { return [measure(of: matches)?.text ?? "(nil)"] }
    var groups: [String: (value: ModelValue, items: [Item])] = [:]
    for item in matches {
      var seen: Set<String> = []
      for value in item.value?.values(at: group) ?? [] where seen.insert(value.canonical).inserted {
        groups[value.canonical, default: (value, [])].items.append(item)
      }
    }
    let rows = groups.map {
      (text: $0.key, value: $0.value.value, measure: measure(of: $0.value.items))
    }
    let sorted = rows.sorted { left, right in
      switch (left.measure, right.measure) {
      case (let a?, let b?):
        let order = ModelValue.compare(a, b)
        if order != 0 { return order > 0 }
      case (_?, nil): return true
      case (nil, _?): return false
      case (nil, nil): break
      }
      let order = ModelValue.compare(left.value, right.value)
      return order != 0 ? order < 0 : left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }
    return sorted.prefix(limit ?? .max).map { row in
      row.measure.map { "\(row.text) \($0.text)" } ?? row.text
    }
  }

  private func measure(of items: [Item]) -> ModelValue? {
    func number(_ value: Double) -> ModelValue { .number(value, text: ModelValue.text(of: value)) }
    guard let target else { return number(Double(items.count)) }
    let values = items.flatMap { $0.value?.values(at: target) ?? [] }
    let numbers = values.compactMap { value -> Double? in
      if case .number(let number, _) = value { number } else { nil }
    }
    switch name {
    // Halves and whole numbers of this size are added without rounding, in any order.
    case "sum": return number(numbers.reduce(0, +))
    case "avg": return numbers.isEmpty ? nil : number(numbers.reduce(0, +) / Double(numbers.count))
    default:
      if let best = name == "min" ? numbers.min() : numbers.max() { return number(best) }
      let strings = values.filter { if case .string = $0 { true } else { false } }
      let sorted = strings.sorted { ModelValue.compare($0, $1) < 0 }
      guard case .string(let characters, _)? = name == "min" ? sorted.first : sorted.last else {
        return nil
      }
      return .string(characters, text: "\"\(characters)\"")
    }
  }
}

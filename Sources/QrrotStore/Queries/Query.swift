internal import QrrotCore

/// A query as it was compiled from a command.
struct Query {
  /// A column of `select`.
  struct Column {
    let path: JSONPath
    let name: String
  }

  /// What `order by` says.
  struct Order {
    let path: JSONPath
    let isDescending: Bool
  }

  private(set) var pattern: Glob?
  /// The path of `sum`, `avg`, `min` and `max`.
  private(set) var target: JSONPath?
  private(set) var filter: JSONFilter?
  /// Nil without `select`.
  private(set) var columns: [Column]?
  private(set) var group: JSONPath?
  private(set) var order: Order?
  private(set) var limit: Int?

  /// Whether there is a path or a filter.
  var looksIntoValues: Bool {
    filter != nil || group != nil || target != nil || order != nil || columns != nil
  }

  /// Compiles a command.
  ///
  /// - Throws: `path`, `filter`, and `syntax` for a pattern.
  init(_ command: Command) throws(QrrotError) {
    for (index, argument) in command.arguments.enumerated() {
      let content = command.content(index)
      switch argument.kind {
      case .pattern: pattern = try Glob(content)
      case .path: target = try JSONPath(content)
      case .clause(.filter): filter = try JSONFilter(content)
      case .clause(.column):
        let column = Column(
          path: try JSONPath(content), name: Self.name(ofColumnAt: index, in: command))
        columns = (columns ?? []) + [column]
      case .clause(.columnName): continue
      case .clause(.group): group = try JSONPath(content)
      case .clause(.ascending):
        order = Order(path: try JSONPath(content), isDescending: false)
      case .clause(.descending):
        order = Order(path: try JSONPath(content), isDescending: true)
      case .clause(.limit): limit = Int(clamping: argument.integer)
      case .key, .value, .number, .word, .text, .option:
        throw QrrotError(.arity, "usage: \(command.name.spec.usage)")
      }
    }
  }

  private static func name(ofColumnAt index: Int, in command: Command) -> String {
    let next = index + 1
    let isNamed =
      next < command.arguments.count && command.arguments[next].kind == .clause(.columnName)
    return command.text(isNamed ? next : index)
  }
}

/// A key as a query looks at it; its bytes are good for the time of a call.
struct QueryItem {
  let key: UnsafeRawBufferPointer
  let value: StoredValue
  /// Nil for what the session's own transaction has written.
  let version: UInt64?
}

/// What is made of the keys that a query looks at.
protocol QueryConsumer {
  /// Whether values are looked at, and not keys alone.
  var readsValues: Bool { get }

  /// Takes the next key that the pattern matches; they come in any order.
  ///
  /// - Throws: what ends the query.
  mutating func take(_ item: QueryItem) throws(QrrotError)
}

/// What an argument of a query says, behind its pattern: the kind
/// ``Command/Argument/Kind/clause(_:)`` of `find`, `count`, `sum`, `avg`, `min` and `max`.
public enum QueryPart: UInt8, CaseIterable, Sendable {
  /// Behind `where`: an RFC 9535 filter expression, raw.
  case filter
  /// One path of `select`.
  case column
  /// The name that `as` gives the column before it.
  case columnName
  /// The path of `by`.
  case group
  /// The path of `order by`, the least first.
  case ascending
  /// The path of `order by … desc`, the greatest first.
  case descending
  /// The number of `limit`, 0 or more; it has no bytes.
  case limit
}

extension CommandSpec {
  /// A part of a query that begins with a word of its own.
  ///
  /// Clauses stand in the order of the cases, each once at most; which of them a command has stands in
  /// its entry.
  public enum Clause: Int, CaseIterable, Sendable {
    /// `where FILTER`
    case filter
    /// `select PATH [as NAME], …`
    case select
    /// `by PATH`
    case group
    /// `order by PATH [desc]`
    case order
    /// `limit N`
    case limit

    /// The word that it begins with. Such a word has to be quoted to be a pattern.
    public var word: String {
      switch self {
      case .filter: "where"
      case .select: "select"
      case .group: "by"
      case .order: "order"
      case .limit: "limit"
      }
    }

    /// How it is written, for the usage line.
    public var usage: String {
      switch self {
      case .filter: "where FILTER"
      case .select: "select PATH [as NAME], …"
      case .group: "by PATH"
      case .order: "order by PATH [desc]"
      case .limit: "limit N"
      }
    }

    /// What it says, for the reference.
    public var meaning: String {
      switch self {
      case .filter:
        "only keys whose value an RFC 9535 filter expression holds for; `@` is the value"
      case .select: "the columns behind the key: paths, each with a name if that is wanted"
      case .group: "a row for each value at this path"
      case .order: "by the value at this path, with `desc` the greatest first; absent comes last"
      case .limit: "at most so many rows, 0 or more"
      }
    }
  }
}

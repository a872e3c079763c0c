/// One line of a plan as a person sees it: escaped, so that nothing stored can drive a terminal or forge
/// a line.
///
/// Keys and strings that are more than letters, digits and a few signs stand in quotes, and so do names
/// in paths; what is cut says how long it is, behind a closed quote. So ` → ` and `…` outside of quotes
/// are the plan's own.
public struct PlanLine: Equatable, Sendable {
  /// What becomes of the key.
  public enum Sign: String, Sendable {
    /// It is new.
    case added = "+"
    /// It is changed.
    case changed = "~"
    /// It is removed.
    case removed = "-"
    /// The line stands for several keys that are not shown.
    case more = "…"
  }

  /// What a part of the line shows.
  public enum Kind: Sendable {
    /// The key, or as much of it as fits.
    case key
    /// Where inside a json value, with `+ ` or `- ` in front where that place is new or goes.
    case path
    /// What is there before.
    case before
    /// What is there after.
    case after
    /// When the key expires, before.
    case expiryBefore
    /// When the key expires, after.
    case expiryAfter
    /// Blanks, arrows and words in between.
    case word
  }

  /// A piece of the line, for colours.
  public struct Part: Equatable, Sendable {
    /// What it shows.
    public var kind: Kind
    /// The text.
    public var text: String
  }

  /// What becomes of the key.
  public var sign: Sign
  /// What stands behind the sign and a blank.
  public var parts: [Part] = []
  /// Whether what the line says destroys something.
  public var destroys = false

  /// The whole line, without a line feed.
  public var text: String { sign.rawValue + " " + parts.map(\.text).joined() }

  mutating func append(_ kind: Kind, _ text: String) {
    parts.append(Part(kind: kind, text: text))
  }
}

/// How much of a plan is shown.
public struct PlanLimits: Equatable, Sendable {
  /// The width of a line; nil for no limit, of values neither.
  public var columns: Int?
  /// How many keys are shown; nil for all. Those that destroy something come before others.
  public var keyCount: Int?
  /// How many places of one json value are shown.
  public var placeCount: Int
  /// The time, in milliseconds since 1970, to say how long it is until a key expires; nil to leave that
  /// out.
  public var now: Int64?

  /// One line for each of at most a hundred keys.
  ///
  /// - Parameter columns: the room for a line.
  public init(columns: Int = 80, keyCount: Int? = 100, placeCount: Int = 3, now: Int64? = nil) {
    self.columns = columns
    self.keyCount = keyCount
    self.placeCount = max(1, placeCount)
    self.now = now
  }

  /// Everything, whole: a line for each place. A json value in which more places differ than
  /// ``placeCount`` is shown before and after, whole too.
  public static func all(now: Int64? = nil) -> PlanLimits {
    var limits = PlanLimits(keyCount: nil, placeCount: 100_000, now: now)
    limits.columns = nil
    return limits
  }
}

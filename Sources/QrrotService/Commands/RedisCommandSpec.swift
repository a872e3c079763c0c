/// The facts about one command of Redis, as data: dispatch, arity, MULTI, `COMMAND` and the checks of keys
/// read this and nothing else.
struct RedisCommandSpec: Sendable {
  /// What a command does, as `COMMAND` names it, and how it is carried out.
  struct Flags: OptionSet, Sendable {
    let rawValue: UInt16

    /// It changes data.
    static let write = Flags(rawValue: 1 << 0)
    /// It reads data.
    static let readOnly = Flags(rawValue: 1 << 1)
    /// It can take memory.
    static let denyOOM = Flags(rawValue: 1 << 2)
    /// It takes constant or logarithmic time.
    static let fast = Flags(rawValue: 1 << 3)
    /// It is for those who run the server.
    static let admin = Flags(rawValue: 1 << 4)
    /// It may be given before logging in.
    static let noAuth = Flags(rawValue: 1 << 5)
    /// It is refused inside MULTI.
    static let noMulti = Flags(rawValue: 1 << 6)
    /// It is carried out inside MULTI at once, and not queued.
    static let notQueued = Flags(rawValue: 1 << 7)
    /// It works on the data with the lock held; others are the connection's own business.
    static let data = Flags(rawValue: 1 << 8)
    /// Its arguments are secret.
    static let sensitive = Flags(rawValue: 1 << 9)
    /// Its second word is a subcommand: see ``RedisSubcommandSpec``.
    static let container = Flags(rawValue: 1 << 10)
    /// It is not shown to those who watch.
    static let skipMonitor = Flags(rawValue: 1 << 11)
    /// It is for those who run the server, and given so often by their tools that the log leaves it out.
    static let unlogged = Flags(rawValue: 1 << 12)
    /// What has to be looked at before a command is carried out that most have not.
    static let special: Flags = [.admin, .container]
  }

  let name: String
  /// How many words it has, its name among them; negative: at least so many.
  let arity: Int
  let flags: Flags
  /// Where its keys stand: first, last (negative: counted from the end) and the step; 0 for none.
  let keys: (first: Int, last: Int, step: Int)
  /// `COMMAND DOCS`: the group, the version of Redis that had it first, what it does.
  let group: String
  let since: String
  let summary: String
  let complexity: String

  init(
    _ name: String, _ arity: Int, _ flags: Flags, _ first: Int = 0, _ last: Int = 0,
    _ step: Int = 0,
    _ group: String, _ since: String, _ complexity: String, _ summary: String
  ) {
    self.name = name
    self.arity = arity
    self.flags = flags
    keys = (first, last, step)
    self.group = group
    self.since = since
    self.summary = summary
    self.complexity = complexity
  }

  /// Whether so many words are right.
  func allows(_ count: Int) -> Bool { arity >= 0 ? count == arity : count >= -arity }
}

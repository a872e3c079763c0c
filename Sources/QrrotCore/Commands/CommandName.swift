/// Every word that can begin a command.
///
/// What each one takes and does stands in ``CommandSpec/all``; this type only names them. At most
/// eight ASCII letters each: the parser looks names up as one machine word.
public enum CommandName: UInt8, CaseIterable, Sendable {
  case put, get, del, exists, type, incr, decr
  case all, keys, size, info, clear
  case find, count, sum, avg, min, max
  case expire, expireat, ttl, persist
  case begin, commit, rollback, undo
  case help, source, output, timing, history, exit, quit
  case save, load
  case `import`, export
  case ask, ai

  /// The name as it is typed, in lower case.
  public var text: String { Self.texts[Int(rawValue)] }

  private static let texts = allCases.map { "\($0)" }
}

/// A command that a model asks for: what stood behind `QUERY READ:` or `QUERY WRITE:`.
struct ModelTag: Equatable, Sendable {
  /// What the tag claims.
  var claim: AgentStep.Tag
  /// The command's text, without what only decorated it; nothing about it has been checked.
  var command: String
}

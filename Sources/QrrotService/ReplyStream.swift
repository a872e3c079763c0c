internal import QrrotCore
internal import QrrotStore
internal import QrrotWire

/// What is left of a reply that is too long to be there all at once: it is made piece by piece, out of the
/// table, as the client takes it.
struct ReplyStream {
  /// Adds the next piece.
  ///
  /// - Returns: whether there is more.
  mutating func append(upTo count: Int, to writer: inout ReplyWriter, _ engine: LocalEngine) -> Bool
  {
    false
  }
}

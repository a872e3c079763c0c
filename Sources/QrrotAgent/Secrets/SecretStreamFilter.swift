/// Finds keys in a text that comes in pieces, also where a key is cut by the border of two.
///
/// What may be the beginning of a key is held back until it is decided. All pieces that come out,
/// joined, are what ``SecretFilter/redacted(_:)`` makes of all that went in, joined.
public struct SecretStreamFilter: Sendable {
  private let filter: SecretFilter
  private var held: [UInt8] = []

  /// Begins a text.
  public init(_ filter: SecretFilter) { self.filter = filter }

  /// Takes the next piece.
  ///
  /// - Returns: what is decided so far and was not returned yet; whole characters.
  /// - Complexity: O(n) for a piece and what is held back, which is as long as a key's longest form.
  public mutating func append(_ piece: String) -> String {
    guard !filter.isEmpty else { return piece }
    held.append(contentsOf: piece.utf8)
    return take(isWhole: false)
  }

  /// Ends the text, and begins another one.
  ///
  /// - Returns: what was held back.
  public mutating func finish() -> String { take(isWhole: true) }

  private mutating func take(isWhole: Bool) -> String {
    var output: [UInt8] = []
    // A key's forms are ASCII, so no character is cut.
    let count = filter.appendRedacted(held.span, to: &output, isWhole: isWhole)
    held.removeFirst(count)
    return String(decoding: output, as: UTF8.self)
  }
}

public import QrrotCore

/// What a request would change: the exact difference between the database before it and the overlay
/// at its end, by keys.
public struct Plan: Sendable {
  /// A key's state: what it holds and when it expires.
  public struct State: Equatable, Sendable {
    /// What it holds.
    public var value: Value
    /// When it expires, in milliseconds since 1970; 0 for never.
    public var expiry: Int64

    /// Makes a state.
    public init(value: Value, expiry: Int64 = 0) {
      self.value = value
      self.expiry = expiry
    }
  }

  /// What becomes of one key.
  public struct Change: Equatable, Sendable {
    /// The key.
    public var key: [UInt8]
    /// What it is before; nil if it is absent.
    public var before: State?
    /// What it is after; nil if it is absent. It differs from `before`.
    public var after: State?

    /// Makes a change.
    public init(key: [UInt8], before: State?, after: State?) {
      self.key = key
      self.before = before
      self.after = after
    }
  }

  /// The changes, in byte order of keys.
  public var changes: [Change]

  /// Makes a plan of changes that are in byte order of keys.
  public init(changes: [Change]) { self.changes = changes }
}

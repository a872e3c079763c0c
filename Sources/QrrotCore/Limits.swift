/// The sizes beyond which the engine answers `too-large` and changes nothing.
public enum Limits {
  /// The longest key, in bytes (64 KiB).
  public static let keyByteCount = 64 << 10
  /// The longest value, in bytes (512 MiB).
  public static let valueByteCount = 512 << 20
  /// The longest command, in bytes as written: one value and some room.
  public static let commandByteCount = (512 << 20) + (64 << 10)
  /// How many writes of a session `undo` can take back.
  public static let undoWriteCount = 1_000
  /// How many bytes of before-images a session keeps for `undo` (64 MiB).
  public static let undoByteCount = 64 << 20
  /// Past this many keys, a scan inside a transaction counts as a read of the whole keyspace.
  public static let transactionScanCount = 10_000
  /// How deep command files may include one another.
  public static let sourceDepth = 16
}

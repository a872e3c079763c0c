/// When what was written is made to survive a power failure.
///
/// Whatever the policy, a write is handed to the operating system before it is acknowledged, so it
/// survives the end of this process.
public enum SyncPolicy: String, CaseIterable, Sendable {
  /// Before it is acknowledged; commands that are acknowledged together share one sync.
  case always
  /// Once a second. A power failure takes at most the last second; while a sync takes more than two,
  /// writers wait.
  case second
  /// When the database is closed, and when the operating system likes.
  case never
}

internal import QrrotCore
internal import QrrotStore
internal import QrrotWire
internal import Synchronization

/// What concerns the server as a whole.
extension Conversation {
  mutating func runServer(_ command: RedisCommand, _ words: Arguments) throws(RedisError) {
    throw .syntax
  }

  mutating func info(_ words: Arguments, _ access: inout KeyAccess) throws(RedisError) {
    throw .syntax
  }

  /// Shows a command to those who have given MONITOR.
  func showToMonitors(_ words: Arguments, _ command: RedisCommand) {}

  /// Shows a line of our own language to them.
  func showToMonitors(line: UnsafeRawBufferPointer) {}
}

internal import QrrotCore
internal import QrrotStore
internal import QrrotWire

/// Documents, with the commands of the JSON module.
extension Conversation {
  mutating func runJSON(
    _ command: RedisCommand, _ words: Arguments, _ access: inout KeyAccess
  ) throws(RedisError) {
    throw .syntax
  }
}

internal import QrrotCore
internal import QrrotStore
internal import QrrotWire
internal import Synchronization

/// `CLIENT`.
extension Conversation {
  mutating func runClient(_ words: Arguments) throws(RedisError) {
    throw .unknownSubcommand(words)
  }
}

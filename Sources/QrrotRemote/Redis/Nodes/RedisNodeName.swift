/// One server of those behind an address, as it is at present: started anew it has another name.
struct RedisNodeName: Hashable, Sendable {
  let host: RedisAddress.Host
  /// Nil if the server does not say.
  let runID: String?
  /// Whether it is asked as a replica.
  let isReplica: Bool

  /// The host and the port, as errors name it.
  var text: String { host.name }
}

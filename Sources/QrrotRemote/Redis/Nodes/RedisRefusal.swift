/// An error reply that says: not carried out, try elsewhere or later.
enum RedisRefusal {
  /// The slot belongs to another node.
  case moved(slot: Int32, RedisAddress.Host)
  /// This time another node has it.
  case ask(RedisAddress.Host)
  /// Keys of one slot are on two nodes at present.
  case tryAgain
  /// The server reads its data still.
  case loading
  /// The cluster has lost nodes, or the server is not the primary any more.
  case stale

  /// Whether another server has the key.
  var isRedirection: Bool {
    switch self {
    case .moved, .ask: true
    case .tryAgain, .loading, .stale: false
    }
  }

  /// - Parameters:
  ///   - host: whose reply it is.
  ///   - hasOthers: whether another server could take over: of a cluster or sentinels.
  init?(_ reply: RedisReply, from host: RedisAddress.Host, hasOthers: Bool) {
    guard reply.isError else { return nil }
    let words = reply.text.split(separator: " ", maxSplits: 3)
    switch words.first {
    case "MOVED" where hasOthers && words.count > 2:
      guard let slot = Int32(words[1]), (0..<Int32(RedisSlot.count)).contains(slot),
        let other = Self.host(words[2], host)
      else { return nil }
      self = .moved(slot: slot, other)
    case "ASK" where hasOthers && words.count > 2:
      guard let other = Self.host(words[2], host) else { return nil }
      self = .ask(other)
    case "TRYAGAIN": self = .tryAgain
    case "LOADING": self = .loading
    case "CLUSTERDOWN", "MASTERDOWN": self = .stale
    case "READONLY" where hasOthers: self = .stale
    default: return nil
    }
  }

  /// `HOST:PORT`; an address of IPv6 has no brackets there, and an empty host is the one that says it.
  private static func host(
    _ text: Substring, _ sayer: RedisAddress.Host
  ) -> RedisAddress.Host? {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]),
      port > 0
    else { return nil }
    let name = String(text[..<colon])
    return RedisAddress.Host(host: name.isEmpty ? sayer.host : name, port: Int(port))
  }
}

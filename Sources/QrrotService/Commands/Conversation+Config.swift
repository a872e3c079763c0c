internal import QrrotCore
internal import QrrotStore
internal import QrrotWire

/// `CONFIG`. It tells; nothing changes a configuration over the network.
extension Conversation {
  mutating func config(_ words: Arguments) throws(RedisError) {
    switch true {
    case words.isWord(1, "get"): getParameters(words)
    case words.isWord(1, "help"): writeHelp(of: .config)
    default:
      throw RedisError(
        "CONFIG \(words.text(1).uppercased()) is refused: no command changes the configuration over the network"
      )
    }
  }

  private mutating func getParameters(_ words: Arguments) {
    let patterns = (2..<words.count).map { index in
      Array(words.text(index).lowercased().utf8).withUnsafeBytes { RedisPattern($0) }
    }
    let found = service.parameters.filter { parameter in
      Array(parameter.name.utf8).withUnsafeBytes { name in
        patterns.contains { $0.matches(name) }
      }
    }
    writer.map(count: found.count)
    for parameter in found {
      writer.bulk(parameter.name)
      writer.bulk(parameter.value)
    }
  }
}

extension Service {
  /// The parameters of Redis that have a meaning here, with what is so. No secret is among them.
  var parameters: [(name: String, value: String)] {
    let configuration = configuration
    func word(_ isSo: Bool) -> String { isSo ? "yes" : "no" }
    return [
      ("appendfsync", policyText),
      ("appendonly", word(engine.needsSettling)),
      ("bind", configuration.host),
      ("cluster-enabled", "no"),
      ("databases", "1"),
      ("io-threads", String(configuration.threadCount)),
      ("maxclients", String(configuration.clientLimit)),
      ("maxmemory", String(maximumMemory)),
      ("maxmemory-policy", "noeviction"),
      ("notify-keyspace-events", ""),
      ("port", String(configuration.hasTLS ? 0 : port)),
      ("proto-max-bulk-len", String(Limits.valueByteCount)),
      ("save", ""),
      ("slowlog-log-slower-than", "-1"),
      ("stop-writes-on-bgsave-error", "no"),
      ("timeout", String(configuration.idleSeconds)),
      ("tls-port", String(configuration.hasTLS ? port : 0)),
    ]
  }

  /// What data and clients may take; 0 for no limit.
  var maximumMemory: Int { configuration.memoryLimit == .max ? 0 : configuration.memoryLimit }

  /// The sync policy in the words of Redis.
  private var policyText: String {
    switch configuration.policy {
    case .always?: "always"
    case .second?: "everysec"
    case .never?, nil: "no"
    }
  }
}

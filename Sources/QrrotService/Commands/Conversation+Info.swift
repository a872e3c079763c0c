internal import QrrotCore
internal import QrrotStore
internal import QrrotWire
internal import Synchronization

/// `INFO`.
extension Conversation {
  mutating func info(_ words: Arguments, _ access: inout KeyAccess) throws(RedisError) {
    var wanted: Set<InfoSection> = []
    for index in 1..<words.count {
      let word = words.text(index).lowercased()
      switch word {
      case "default": wanted.formUnion(InfoSection.byDefault)
      case "all", "everything": wanted.formUnion(InfoSection.allCases)
      default:
        // A section that there is not is no error, as in Redis.
        if let section = InfoSection(rawValue: word) { wanted.insert(section) }
      }
    }
    if words.count == 1 { wanted = InfoSection.byDefault }
    var reply = Reply()
    try redis { () throws(QrrotError) in
      try access.execute(Command(.info), into: &reply)
    }
    let report = InfoReport(
      service: service, engine: reply, keyCount: access.count(),
      expiringCount: access.expiringCount())
    writer.verbatim(report.text(of: wanted))
  }
}

/// The sections of INFO, in the order in which they stand.
enum InfoSection: String, CaseIterable {
  case server, clients, memory, persistence, stats, replication, cpu, modules, commandstats,
    errorstats
  case cluster, keyspace

  /// Those that INFO without words shows.
  static var byDefault: Set<InfoSection> { Set(allCases).subtracting([.commandstats]) }
}

/// What INFO says, in the format of Redis. What Redis counts and we don't is left out: nothing here is made
/// up.
struct InfoReport {
  let service: Service
  /// What the engine's own `info` says.
  let engine: Reply
  let keyCount: Int
  let expiringCount: Int

  private typealias Lines = [(name: String, value: String)]

  /// The sections, each behind its title, an empty line between them.
  func text(of sections: Set<InfoSection>) -> String {
    InfoSection.allCases.filter(sections.contains).map { section in
      let title = section.rawValue.prefix(1).uppercased() + section.rawValue.dropFirst()
      let lines = lines(of: section).map { "\($0.name):\($0.value)\r\n" }
      return "# \(section == .cpu ? "CPU" : title)\r\n" + lines.joined()
    }.joined(separator: "\r\n")
  }

  private func lines(of section: InfoSection) -> Lines {
    switch section {
    case .server: server
    case .clients: clients
    case .memory: memory
    case .persistence: persistence
    case .stats: stats
    case .replication:
      [
        ("role", "master"), ("connected_slaves", "0"), ("master_failover_state", "no-failover"),
        ("master_repl_offset", "0"),
      ]
    case .cpu: processor
    case .modules: []
    case .commandstats: commands
    case .errorstats:
      service.errorCounts.all.map { ("errorstat_\($0.code)", "count=\($0.count)") }
    case .cluster: [("cluster_enabled", "0")]
    case .keyspace:
      keyCount == 0 ? [] : [("db0", "keys=\(keyCount),expires=\(expiringCount),avg_ttl=0")]
    }
  }

  // MARK: - The sections

  private var server: Lines {
    let configuration = service.configuration
    let uptime = max(0, service.milliseconds - service.startedAt) / 1_000
    return [
      ("redis_version", Conversation.redisVersion), ("qrrot_version", Version.current),
      ("redis_mode", "standalone"), ("os", service.system.system),
      ("arch_bits", String(Int.bitWidth)), ("process_id", String(service.system.processID)),
      ("run_id", service.runID), ("tcp_port", String(service.port)),
      ("server_time_usec", String(configuration.microseconds())),
      ("uptime_in_seconds", String(uptime)), ("uptime_in_days", String(uptime / 86_400)),
      ("io_threads_active", configuration.threadCount > 1 ? "1" : "0"),
      ("config_file", configuration.configurationFile),
    ]
  }

  private var clients: Lines {
    let all = service.clients.all
    return [
      ("connected_clients", String(all.count)),
      ("maxclients", String(service.configuration.clientLimit)), ("blocked_clients", "0"),
      ("tracking_clients", "0"),
      ("monitoring_clients", String(all.count { $0.isMonitor.load(ordering: .relaxed) })),
    ]
  }

  private var memory: Lines {
    let data = integer("memory")
    let used = data + service.clientByteCount
    var lines: Lines = [
      ("used_memory", String(used)), ("used_memory_human", Self.human(used)),
    ]
    if let resident = SystemFacts.residentByteCount() {
      lines += [
        ("used_memory_rss", String(resident)), ("used_memory_rss_human", Self.human(resident)),
      ]
    }
    let limit = service.maximumMemory
    let machine = service.system.memoryByteCount
    return lines + [
      ("used_memory_dataset", String(integer("bytes"))),
      ("total_system_memory", String(machine)),
      ("total_system_memory_human", Self.human(machine)), ("maxmemory", String(limit)),
      ("maxmemory_human", Self.human(limit)), ("maxmemory_policy", "noeviction"),
      ("mem_clients_normal", String(service.clientByteCount)),
    ]
  }

  private var persistence: Lines {
    let statistics = service.statistics
    let isDurable = service.engine.needsSettling
    let isSaving = statistics.isSaving.load(ordering: .relaxed)
    let isGood = statistics.lastSaveSucceeded.load(ordering: .relaxed)
    let milliseconds = statistics.lastSaveMilliseconds.load(ordering: .relaxed)
    var lines: Lines = [
      ("loading", "0"), ("async_loading", "0"),
      ("rdb_bgsave_in_progress", isSaving ? "1" : "0"),
      ("rdb_last_save_time", String(statistics.lastSave.load(ordering: .relaxed) / 1_000)),
      ("rdb_last_bgsave_status", isGood ? "ok" : "err"),
      ("rdb_last_bgsave_time_sec", milliseconds < 0 ? "-1" : String(milliseconds / 1_000)),
      ("rdb_saves", String(statistics.saveCount.load(ordering: .relaxed))),
      ("aof_enabled", isDurable ? "1" : "0"), ("aof_rewrite_in_progress", "0"),
    ]
    if isDurable { lines.append(("aof_current_size", String(integer("log-size")))) }
    return lines
  }

  private var stats: Lines {
    let statistics = service.statistics
    func count(_ counter: borrowing Atomic<Int>) -> String {
      String(counter.load(ordering: .relaxed))
    }
    return [
      ("total_connections_received", count(statistics.connections)),
      ("total_commands_processed", count(statistics.commands)),
      ("total_net_input_bytes", count(statistics.inputBytes)),
      ("total_net_output_bytes", count(statistics.outputBytes)),
      ("rejected_connections", count(statistics.refusedConnections)),
      ("evicted_keys", "0"), ("evicted_clients", "0"),
      ("keyspace_hits", count(statistics.hits)), ("keyspace_misses", count(statistics.misses)),
      ("pubsub_channels", "0"), ("pubsub_patterns", "0"),
      ("acl_access_denied_auth", count(statistics.failedLogins)),
      ("total_error_replies", count(statistics.errors)),
    ]
  }

  private var processor: Lines {
    let time = SystemFacts.processorTime()
    func seconds(_ microseconds: Int) -> String {
      let fraction = String(microseconds % 1_000_000)
      return "\(microseconds / 1_000_000)."
        + String(repeating: "0", count: 6 - fraction.utf8.count) + fraction
    }
    return [("used_cpu_sys", seconds(time.system)), ("used_cpu_user", seconds(time.user))]
  }

  private var commands: Lines {
    RedisCommand.allCases.compactMap { command in
      let counter = service.statistics.calls[Int(command.rawValue)]
      let calls = counter.value.load(ordering: .relaxed)
      let rejected = counter.rejected.load(ordering: .relaxed)
      let failed = counter.failed.load(ordering: .relaxed)
      guard calls + rejected + failed > 0 else { return nil }
      return (
        "cmdstat_\(command.text)",
        "calls=\(calls),rejected_calls=\(rejected),failed_calls=\(failed)"
      )
    }
  }

  // MARK: - Forms

  /// A number out of the engine's `info`; 0 if it has none of that name.
  private func integer(_ property: String) -> Int {
    for row in 0..<engine.rowCount {
      let cells = engine.cells[(row * 2)..<(row * 2 + 2)]
      guard let name = cells.first, let value = cells.last,
        engine.bytes[name.range].elementsEqual(property.utf8)
      else { continue }
      return Int(value.integer)
    }
    return 0
  }

  /// A size as Redis writes it for people: `1.70M`.
  static func human(_ byteCount: Int) -> String {
    var unit = 0
    var size = Double(byteCount)
    while size >= 1_024, unit < 5 {
      size /= 1_024
      unit += 1
    }
    guard unit > 0 else { return "\(byteCount)B" }
    let hundredths = Int((size * 100).rounded())
    let fraction = hundredths % 100
    let letter = ["B", "K", "M", "G", "T", "P"][unit]
    return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)\(letter)"
  }
}

internal import QrrotCore
internal import QrrotService
internal import QrrotStore
internal import Synchronization

extension Server {
  /// All numbers of the server, in the text format of Prometheus. Any thread may ask.
  ///
  /// - Complexity: O(commands), whatever the number of keys and clients.
  public func metrics() -> [UInt8] {
    let (service, statistics) = (core.service, core.service.statistics)
    var text = MetricsText()
    text.add(
      "qrrot_info", "What runs; always 1.",
      labels: [
        ("version", Version.current),
        ("policy", service.configuration.policy?.rawValue ?? "none"),
        ("address", listening),
      ])
    text.add(
      "qrrot_uptime_seconds", .gauge, "Seconds since the server began to listen.", uptimeSeconds)
    addClients(to: &text)
    text.add(
      "qrrot_commands_total", .counter, "Commands that were carried out or refused.",
      statistics.commands.load(ordering: .relaxed))
    text.add(
      "qrrot_commands_by_name_total", .counter, "Commands of the Redis protocol, by name.",
      by: "command", statistics.commandCounts.map { ($0.name, $0.count) })
    text.add(
      "qrrot_errors_total", .counter, "Replies that were errors.",
      statistics.errors.load(ordering: .relaxed))
    text.add(
      "qrrot_keyspace_hits_total", .counter, "Look-ups that found their key.",
      statistics.hits.load(ordering: .relaxed))
    text.add(
      "qrrot_keyspace_misses_total", .counter, "Look-ups that did not.",
      statistics.misses.load(ordering: .relaxed))
    addData(to: &text)
    text.add(
      "qrrot_event_loop_lag_seconds", .gauge,
      "How late an event loop was, when last looked at; every half second.",
      Double(core.loopLag.lastNanoseconds) / 1e9)
    text.add(
      "qrrot_event_loop_lag_max_seconds", .gauge, "The longest of these since the start.",
      Double(core.loopLag.maxNanoseconds) / 1e9)
    return text.bytes
  }

  /// Why the server is not well; nil if it is: what is written can't be made durable any more.
  public var illness: String? { core.service.engine.writeFailure?.message }

  private func addClients(to text: inout MetricsText) {
    let (service, statistics) = (core.service, core.service.statistics)
    text.add("qrrot_clients", .gauge, "Clients that are connected.", service.clients.count)
    text.add(
      "qrrot_clients_limit", .gauge, "How many there may be (--max-clients).",
      service.configuration.clientLimit)
    text.add(
      "qrrot_connections_total", .counter, "Connections that were taken in.",
      statistics.connections.load(ordering: .relaxed))
    text.add(
      "qrrot_connections_refused_total", .counter, "Connections for which there was no room.",
      statistics.refusedConnections.load(ordering: .relaxed))
    text.add(
      "qrrot_logins_failed_total", .counter, "Wrong passwords.",
      statistics.failedLogins.load(ordering: .relaxed))
    text.add(
      "qrrot_input_bytes_total", .counter, "Bytes of commands that were read.",
      statistics.inputBytes.load(ordering: .relaxed))
    text.add(
      "qrrot_output_bytes_total", .counter, "Bytes of replies that were sent.",
      statistics.outputBytes.load(ordering: .relaxed))
    text.add(
      "qrrot_memory_clients_bytes", .gauge, "Memory of what clients have sent and are to be sent.",
      service.clientByteCount)
  }

  private func addData(to text: inout MetricsText) {
    let service = core.service
    let facts = service.engine.facts
    text.add("qrrot_keys", .gauge, "Keys that have not expired.", facts.keyCount)
    text.add("qrrot_keys_expiring", .gauge, "Keys that will expire.", facts.expiringKeyCount)
    text.add("qrrot_memory_data_bytes", .gauge, "Memory of the data.", facts.dataByteCount)
    text.add(
      "qrrot_memory_limit_bytes", .gauge, "What data and clients may take (--max-memory).",
      service.configuration.memoryLimit)
    text.add(
      "qrrot_log_bytes", .gauge, "The log behind the last snapshot.", facts.logByteCount)
    text.add(
      "qrrot_log_syncs_total", .counter, "How often the log was made durable.", facts.syncCount)
    text.add(
      "qrrot_log_sync_failures_total", .counter, "How often it could not be.",
      facts.failedSyncCount)
    text.add(
      "qrrot_writable", .gauge, "Whether what is written can be made durable.",
      illness == nil ? 1 : 0)
    text.add("qrrot_last_commit", .counter, "The number of the last commit.", facts.lastCommit)
    let statistics = service.statistics
    text.add(
      "qrrot_last_save_timestamp_seconds", .gauge,
      "When SAVE or BGSAVE last wrote a snapshot; 0 for never.",
      statistics.lastSave.load(ordering: .relaxed))
    text.add(
      "qrrot_last_save_succeeded", .gauge, "Whether the last of them could.",
      statistics.lastSaveSucceeded.load(ordering: .relaxed) ? 1 : 0)
  }
}

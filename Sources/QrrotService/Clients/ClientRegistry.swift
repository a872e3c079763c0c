internal import QrrotStore
internal import Synchronization

/// All clients that are connected.
public final class ClientRegistry: Sendable {
  private let clients = Guarded<[UInt64: ClientRecord]>([:])
  private let lastID = Atomic<UInt64>(0)
  /// Those who watch all commands; an empty one is asked for at every command.
  private let monitors = Guarded<[ClientRecord]>([])
  /// Whether there are some.
  let hasMonitors = Atomic<Bool>(false)

  init() {}

  /// How many there are.
  public var count: Int { clients.withLock { $0.count } }

  /// All of them, in the order in which they came.
  public var all: [ClientRecord] {
    clients.withLock { $0.values.sorted { $0.id < $1.id } }
  }

  /// The client of this number; nil if there is none.
  func find(_ id: UInt64) -> ClientRecord? { clients.withLock { $0[id] } }

  /// Takes a client in.
  ///
  /// - Returns: nil if there are as many as there may be.
  func add(
    limit: Int, address: String, localAddress: String, now: Int64, actions: ClientRecord.Actions
  ) -> ClientRecord? {
    let id = lastID.add(1, ordering: .relaxed).newValue
    let record = ClientRecord(
      id: id, address: address, localAddress: localAddress, now: now, actions: actions)
    return clients.withLock { clients in
      guard clients.count < limit else { return nil }
      clients[id] = record
      return record
    }
  }

  /// Takes a client out.
  func remove(_ record: ClientRecord) {
    clients.withLock { _ = $0.removeValue(forKey: record.id) }
    stopMonitoring(record)
  }

  /// Shows a client all commands from now on.
  func monitor(_ record: ClientRecord) {
    record.isMonitor.store(true, ordering: .relaxed)
    monitors.withLock { monitors in
      if !monitors.contains(where: { $0 === record }) { monitors.append(record) }
      hasMonitors.store(true, ordering: .relaxed)
    }
  }

  /// Ends that.
  func stopMonitoring(_ record: ClientRecord) {
    guard record.isMonitor.exchange(false, ordering: .relaxed) else { return }
    monitors.withLock { monitors in
      monitors.removeAll { $0 === record }
      hasMonitors.store(!monitors.isEmpty, ordering: .relaxed)
    }
  }

  /// Sends a line to all who watch, but for one who does not want to see its own.
  func show(_ line: [UInt8]) {
    for monitor in monitors.value { monitor.actions.send(line) }
  }
}

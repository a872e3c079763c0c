internal import QrrotWire

/// Which server has what.
struct RedisTopology: Sendable {
  /// The servers that take writes.
  var primaries: [RedisAddress.Host]
  /// Of each of them the replicas.
  var replicas: [[RedisAddress.Host]]
  /// Of each slot the number of its primary; ``none`` if it has none. Empty: the first one has all.
  private var owners: [UInt16] = []

  private static var none: UInt16 { .max }

  /// One server that has everything.
  init(_ host: RedisAddress.Host) {
    primaries = [host]
    replicas = [[]]
  }

  /// Reads the reply to `CLUSTER SLOTS`; nil if it is none, or nobody has a slot.
  ///
  /// - Parameter host: whose reply it is.
  init?(slots reply: RedisReply, from host: RedisAddress.Host) {
    guard reply.kind == .array, (1...RedisSlot.count).contains(reply.count) else { return nil }
    primaries = []
    replicas = []
    owners = Array(repeating: Self.none, count: RedisSlot.count)
    var indexes: [RedisAddress.Host: Int] = [:]
    var isValid = true
    reply.forEach { range in
      guard range.count >= 3, let first = range[0].integer, let last = range[1].integer,
        0 <= first, first <= last, last < RedisSlot.count
      else { return isValid = false }
      var hosts: [RedisAddress.Host] = []
      for index in 2..<min(range.count, 2 + Self.replicaLimit) {
        if let host = Self.host(range[index], host) { hosts.append(host) }
      }
      guard let primary = hosts.first, Self.host(range[2], host) != nil else { return }
      let index = indexes[primary] ?? primaries.count
      if index == primaries.count {
        indexes[primary] = index
        primaries.append(primary)
        replicas.append(Array(hosts.dropFirst()))
      }
      for slot in first...last { owners[Int(slot)] = UInt16(truncatingIfNeeded: index) }
    }
    guard isValid, !primaries.isEmpty else { return nil }
  }

  private static var replicaLimit: Int { 64 }

  private static func host(
    _ reply: RedisReply, _ sayer: RedisAddress.Host
  ) -> RedisAddress.Host? {
    guard reply.kind == .array, reply.count >= 2, let port = reply[1].integer,
      (1...65_535).contains(port)
    else { return nil }
    let name = reply[0].text
    guard name != "?" else { return nil }
    return RedisAddress.Host(host: name.isEmpty ? sayer.host : name, port: Int(port))
  }

  /// The number of the primary that has a slot; nil if nobody has it. Any for -1.
  func primaryIndex(of slot: Int32) -> Int? {
    guard slot >= 0, !owners.isEmpty else { return primaries.isEmpty ? nil : 0 }
    let owner = owners[Int(slot)]
    return owner == Self.none ? nil : Int(owner)
  }

  /// Notes that a slot has gone to another server.
  mutating func move(_ slot: Int32, to host: RedisAddress.Host) {
    guard !owners.isEmpty else { return }
    if let index = primaries.firstIndex(of: host) {
      owners[Int(slot)] = UInt16(truncatingIfNeeded: index)
    } else if primaries.count < RedisSlot.count {
      owners[Int(slot)] = UInt16(truncatingIfNeeded: primaries.count)
      primaries.append(host)
      replicas.append([])
    }
  }

  /// Whether a primary has anything.
  func hasSlots(_ index: Int) -> Bool {
    owners.isEmpty || owners.contains(UInt16(truncatingIfNeeded: index))
  }

  var isCluster: Bool { !owners.isEmpty }
}

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A cluster of three primaries and three replicas on loopback, as redis-cli makes it.
public final class RedisCluster: Sendable {
  private let servers: RedisServer

  /// The ports of all six.
  public var ports: [Int] { servers.ports }

  /// Starts it, and waits until every node says that it is whole.
  ///
  /// - Parameter nodeMilliseconds: how long a node may be silent before the others take it for dead.
  public init(nodeMilliseconds: Int = 1_500) throws(RedisUnready) {
    servers = try RedisServer(
      count: 6,
      options: [
        "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-node-timeout",
        "\(nodeMilliseconds)",
      ])
    let nodes = servers.ports.map { "127.0.0.1:\($0)" }
    let words = ["redis-cli", "--cluster", "create"] + nodes
    let child = try Spawned.start(
      words + ["--cluster-replicas", "1", "--cluster-yes"], input: nil, output: nil)
    let status = Spawned.wait(for: child)
    guard status == 0 else { throw RedisUnready("redis-cli --cluster create ended with \(status)") }
    try waitUntilWhole()
  }

  /// Waits until every node sees all slots served, and every replica follows its primary.
  public func waitUntilWhole() throws(RedisUnready) {
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
      let isWhole = ports.allSatisfy { port in
        guard let line = try? RedisProbe(port: port),
          let info = try? line.ask("CLUSTER", "INFO"), info.hasPrefix("cluster_state:ok"),
          info.contains("cluster_known_nodes:\(ports.count)"),
          let role = try? line.ask("INFO", "replication")
        else { return false }
        return role.contains("role:master")
          ? role.contains("state=online")
          : role.contains("master_link_status:up")
      }
      if isWhole { return }
      usleep(50_000)
    }
    throw RedisUnready("the cluster does not become whole")
  }

  /// The ports of those that are primaries now.
  public func primaries() throws -> [Int] {
    try ports.filter { try RedisProbe(port: $0).ask("INFO", "replication").contains("role:master") }
  }

  /// Removes all data.
  public func empty() throws { try servers.empty() }
}

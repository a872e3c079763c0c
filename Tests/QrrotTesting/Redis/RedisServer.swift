internal import QrrotStore

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Redis is not here, or does not start.
public struct RedisUnready: Error, CustomStringConvertible {
  /// Why.
  public let description: String

  init(_ description: String) { self.description = description }
}

/// A redis-server of the system's package on a free port of loopback, or several, in a folder of their
/// own; they write nothing to disk that matters, and end with the process of the tests.
public final class RedisServer: Sendable {
  /// Their ports.
  public let ports: [Int]
  private let folder: String
  private let script: ChildScript

  /// The port of the first one.
  public var port: Int { ports[0] }

  /// Starts each with these options, and waits until they answer.
  ///
  /// - Parameters:
  ///   - count: how many.
  ///   - options: what is said to each beside its port and its folder.
  public init(count: Int = 1, options: [String] = []) throws(RedisUnready) {
    guard Self.isInstalled else { throw RedisUnready(Self.advice) }
    var failure = RedisUnready("no port is free")
    // Another process may take a port between the look at it and its use.
    for _ in 0..<5 {
      do throws(RedisUnready) {
        (ports, folder, script) = try Self.start(Self.freePorts(count), options)
        return
      } catch {
        failure = error
      }
    }
    throw failure
  }

  private static func start(
    _ ports: [Int], _ options: [String]
  ) throws(RedisUnready) -> ([Int], String, ChildScript) {
    var name = Array("/tmp/qrrot-redis-XXXXXX".utf8CString)
    guard mkdtemp(&name) != nil else { throw RedisUnready("no folder for redis-server") }
    let folder = String(decoding: name.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    let script = try ChildScript(
      servers, [folder, ports.map(String.init).joined(separator: " ")] + options)
    for port in ports { try waitForAnswer(of: port, folder) }
    return (ports, folder, script)
  }

  /// `$1` is the folder, `$2` the ports; the rest are options of each server.
  private static let servers = """
    folder=$1 ports=$2 pids=
    shift 2
    for port in $ports; do
      mkdir "$folder/$port"
      redis-server --port "$port" --bind 127.0.0.1 --dir "$folder/$port" --logfile log --save '' \
    --appendonly no --daemonize no "$@" &
      pids="$pids $!"
    done
    cat >/dev/null
    kill -9 $pids 2>/dev/null
    wait
    rm -rf "$folder"
    """

  private static func waitForAnswer(of port: Int, _ folder: String) throws(RedisUnready) {
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
      if let answer = try? RedisProbe(port: port).ask("PING"), answer == "PONG" { return }
      usleep(10_000)
    }
    throw RedisUnready(
      "the redis-server on port \(port) does not answer; see \(folder)/\(port)/log")
  }

  /// Runs redis-cli to its end; its output is dropped.
  ///
  /// - Returns: its exit status.
  public func client(_ words: String...) throws(RedisUnready) -> Int32 {
    let child = try Spawned.start(
      ["redis-cli"] + words, input: nil, output: "\(folder)/redis-cli.log")
    return Spawned.wait(for: child)
  }

  /// What the first one answers to a command: the text of a reply that is one.
  public func ask(_ words: String...) throws -> String {
    try RedisProbe(port: port).ask(words)
  }

  /// Removes all data of all of them; replicas follow.
  public func empty() throws {
    for port in ports {
      let answer = try RedisProbe(port: port).ask("FLUSHALL")
      guard answer == "OK" || answer.hasPrefix("READONLY") else {
        throw RedisUnready("FLUSHALL: \(answer)")
      }
    }
  }

  // MARK: - What is installed

  /// Whether both programs are here.
  public static let isInstalled = ["redis-server", "redis-cli"].allSatisfy { name in
    searchPath.split(separator: ":").contains { access("\($0)/\(name)", X_OK) == 0 }
  }

  /// Whether tests that need it run: where it is installed, and always in CI, where they then fail.
  public static let isExpected =
    isInstalled || getenv("CI").map { String(cString: $0) } == "true"

  /// What to do where it is missing.
  public static let advice = "redis-server is not installed; .ci/install installs it"

  static let searchPath =
    getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"

  /// Ports that nobody listens at, nor 10,000 above, where nodes of a cluster speak to each other; below
  /// those that the system gives to connections.
  private static func freePorts(_ count: Int) -> [Int] {
    var random = SystemRandomNumberGenerator()
    var ports: [Int] = []
    for _ in 0..<10_000 where ports.count < count {
      let port = Int.random(in: 11_000..<22_000, using: &random)
      if !ports.contains(port), TestSocket.isFree(port), TestSocket.isFree(port + 10_000) {
        ports.append(port)
      }
    }
    return ports
  }
}

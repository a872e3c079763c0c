import NIOConcurrencyHelpers
import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotRemote

@Suite("A cluster of Redis", .serialized)
struct RedisClusterTests {
  /// Of two nodes the first has the slots up to 8191: `b` (3300) is there, `a` (15495) is not.
  private func echo(_ number: Int, _ words: [String]) -> ScriptedRedis.Answer {
    words[0] == "SET" ? "+\(number):\(words[1])\r\n" : .ordinary
  }

  @Test("a batch is split by node, and its replies are in order")
  func splitting() async throws {
    let cluster = try await ScriptedCluster(count: 3) { [self] in echo($0, $1) }
    let nodes = try connect(cluster.url)
    #expect(nodes.facts.isCluster)
    var requests = RedisBatch()
    var wanted: [String] = []
    for index in 0..<1_000 {
      let key = Array("key\(index)".utf8)
      requests.append("SET", key, [49], isRead: false)
      wanted.append("\(RedisNodes.slot(of: key) * 3 / 16_384):key\(index)")
    }
    #expect(nodes.outcome(requests).values == wanted)
    let pending = try nodes.start(requests)
    #expect(try pending.wait(interrupt: Interrupt()).map(\.text) == wanted)
    let ports = try nodes.primaries(interrupt: Interrupt()).map(\.host.port)
    #expect(Set(ports) == Set(cluster.nodes.map(\.port)))
    nodes.close()
    await cluster.stop()
  }

  @Test("a slot that has moved is found again, and the map with it")
  func moved() async throws {
    let cluster = try await ScriptedCluster(count: 2) { _, _ in .ordinary }
    let second = cluster.nodes[1].port
    cluster.nodes[0].follow { [answer = script(of: cluster)] words, connection in
      words[0] == "CLUSTER"
        ? answer() : words[0] == "SET" ? "-MOVED 3300 127.0.0.1:\(second)\r\n" : .ordinary
    }
    let nodes = try connect(cluster.url)
    cluster.owners.withLockedValue { $0[3_300] = 1 }
    #expect(nodes.outcome(batch("SET b 1", "SET a 1", "SET b 2", isRead: false)).values?.count == 3)
    #expect(cluster.nodes[0].requests.filter { $0.words[0] == "SET" }.count == 2)
    let wanted = [["SET", "a", "1"], ["SET", "b", "1"], ["SET", "b", "2"]]
    #expect(cluster.nodes[1].data == wanted)
    #expect(nodes.outcome(batch("SET b 3", isRead: false)).values == ["OK"])
    #expect(cluster.nodes[0].requests.filter { $0.words[0] == "SET" }.count == 2)
    nodes.close()
    await cluster.stop()
  }

  /// The answer to CLUSTER SLOTS, for a node with a script of its own.
  private func script(of cluster: ScriptedCluster) -> @Sendable () -> ScriptedRedis.Answer {
    let ports = cluster.nodes.map(\.port)
    let owners = cluster.owners
    return { .say(ScriptedCluster.map(owners.withLockedValue { $0 }, ports)) }
  }

  @Test("a key that moves is asked for with ASKING, once")
  func ask() async throws {
    let cluster = try await ScriptedCluster(count: 2) { _, _ in .ordinary }
    let second = cluster.nodes[1].port
    cluster.nodes[0].follow { [answer = script(of: cluster)] words, _ in
      words[0] == "CLUSTER"
        ? answer() : words.last == "moving" ? "-ASK 3300 127.0.0.1:\(second)\r\n" : .ordinary
    }
    let nodes = try connect(cluster.url)
    #expect(
      nodes.outcome(batch("SET b moving", "SET b{b} there", "GET b moving")).values
        == ["OK", "OK", "OK"])
    let wanted = [["ASKING"], ["SET", "b", "moving"], ["ASKING"], ["GET", "b", "moving"]]
    #expect(cluster.nodes[1].data == wanted)
    nodes.close()
    await cluster.stop()
  }

  @Test(
    "nodes that send one to and fro have an end, and so has a cluster that is down",
    arguments: [
      "MOVED 3300 127.0.0.1:OTHER", "ASK 3300 127.0.0.1:OTHER", "TRYAGAIN Multiple keys",
      "CLUSTERDOWN x",
    ])
  func loops(says: String) async throws {
    let ports = NIOLockedValueBox<[Int]>([])
    let cluster = try await ScriptedCluster(count: 2) { number, words in
      let other = ports.withLockedValue { $0.isEmpty ? 0 : $0[1 - number] }
      return words[0] == "GET"
        ? "-\(says.replacing("OTHER", with: "\(other)"))\r\n" : .ordinary
    }
    ports.withLockedValue { $0 = cluster.nodes.map(\.port) }
    let nodes = try connect(cluster.url) { $0.recoveryMilliseconds = 300 }
    let outcome = nodes.outcome(batch("GET b"))
    #expect(outcome.values?.first?.hasPrefix(String(says.prefix(5))) == true)
    #expect((3...40).contains(cluster.requests.filter { $0[0] == "GET" }.count))
    nodes.close()
    await cluster.stop()
  }

  @Test("a primary that dies is survived: what was not sent goes to the one that takes its place")
  func failOver() async throws {
    let cluster = try await ScriptedCluster(count: 2) { [self] in echo($0, $1) }
    let nodes = try connect(cluster.url)
    #expect(nodes.outcome(batch("SET b 1", "SET a 1", isRead: false)).values == ["0:b", "1:a"])
    await cluster.nodes[0].stop()
    cluster.owners.withLockedValue { $0 = $0.map { _ in 1 } }
    #expect(nodes.outcome(batch("SET b 1", "SET a 1", isRead: false)).values == ["1:b", "1:a"])
    #expect(try nodes.primaries(interrupt: Interrupt()).map(\.host) == [cluster.nodes[1].host])
    await cluster.nodes[1].stop()
    nodes.close()
  }

  @Test("a primary that has become a replica: the new one is looked for")
  func demoted() async throws {
    let cluster = try await ScriptedCluster(count: 2) { _, _ in .ordinary }
    cluster.nodes[0].follow { [answer = script(of: cluster)] words, _ in
      words[0] == "CLUSTER" ? answer() : words[0] == "SET" ? "-READONLY replica\r\n" : .ordinary
    }
    let nodes = try connect(cluster.url)
    cluster.owners.withLockedValue { $0 = $0.map { _ in 1 } }
    #expect(nodes.outcome(batch("SET b 1", isRead: false)).values == ["OK"])
    nodes.close()
    await cluster.stop()
  }

  @Test("a transaction follows its slot: MOVED, ASK with ASKING, a lost connection")
  func conversation() async throws {
    let cluster = try await ScriptedCluster(count: 2) { _, _ in .ordinary }
    let second = cluster.nodes[1].port
    let nodes = try connect(cluster.url)
    let refusals = NIOLockedValueBox(["-ASK 3300 127.0.0.1:\(second)\r\n", "CLOSE", "QUEUED"])
    cluster.nodes[0].follow { [answer = script(of: cluster)] words, _ in
      guard words[0] == "WATCH" || words[0] == "SET" else {
        return words[0] == "CLUSTER" ? answer() : .ordinary
      }
      let next = refusals.withLockedValue { $0.isEmpty ? "QUEUED" : $0.removeFirst() }
      if next == "CLOSE" { return .sayAndClose([]) }
      return next == "QUEUED" ? .ordinary : .say(Array(next.utf8))
    }
    cluster.nodes[1].follow { [answer = script(of: cluster)] words, _ in
      switch words[0] {
      case "CLUSTER": answer()
      case "SET": "-TRYAGAIN keys\r\n"
      case "EXEC": "-EXECABORT x\r\n"
      default: .ordinary
      }
    }
    var count = 0
    let text = try nodes.converse(slot: 3_300, interrupt: Interrupt()) {
      conversation throws(RedisDetour) in
      count += 1
      _ = try conversation.send(batch("WATCH b", "GET b"))
      let replies = try conversation.send(
        batch("MULTI", "SET b 1", "EXEC", isRead: false), commits: true)
      return replies.map(\.text).joined(separator: " ")
    }
    #expect(text == "OK OK OK")
    // Refused with ASK; with TRYAGAIN at the other node; with a lost connection; and then not.
    #expect(count == 4)
    let said: [String] = cluster.nodes[1].data.map { $0[0] }
    let wanted = ["ASKING", "WATCH", "ASKING", "GET", "ASKING", "MULTI", "SET", "EXEC"]
    #expect(said == wanted)
    nodes.close()
    await cluster.stop()
  }

  @Test("the loss of EXEC's answer is an unknown outcome")
  func lostCommit() async throws {
    let server = try await ScriptedRedis { words, _ in
      words[0] == "EXEC" ? .sayAndClose([]) : .ordinary
    }
    let nodes = try connect(server.url)
    var count = 0
    do throws(QrrotError) {
      try nodes.converse(slot: nil, interrupt: Interrupt()) { conversation throws(RedisDetour) in
        count += 1
        _ = try conversation.send(batch("WATCH b"))
        _ = try conversation.send(batch("MULTI", "SET b 1", "EXEC"), commits: true)
      }
      Issue.record("it was committed")
    } catch {
      #expect(error.code == .unknownOutcome)
    }
    #expect(count == 1)
    // What a failed body leaves is not left to the next one.
    #expect(throws: QrrotError.self) {
      try nodes.converse(slot: nil, interrupt: Interrupt()) { conversation throws(RedisDetour) in
        _ = try conversation.send(batch("WATCH b"))
        throw RedisDetour.failure(QrrotError(.conflict, "x"))
      }
    }
    #expect(server.requests.last?.words == ["UNWATCH"])
    nodes.close()
    await server.stop()
  }

  @Test("reads go to replicas if that is asked for, and to the primary if the replica is gone")
  func replicas() async throws {
    let replica = try await ScriptedRedis(isCluster: true) { words, _ in
      words[0] == "GET" ? "+replica\r\n" : .ordinary
    }
    let primary = try await ScriptedRedis(isCluster: true)
    var map = "*1\r\n*4\r\n:0\r\n:16383\r\n"
    for port in [primary.port, replica.port] {
      map += "*2\r\n$9\r\n127.0.0.1\r\n:\(port)\r\n"
    }
    primary.follow { [map] words, _ in
      words[0] == "CLUSTER"
        ? .say(Array(map.utf8)) : words[0] == "GET" ? "+primary\r\n" : .ordinary
    }
    let plain = try connect("redis+cluster://127.0.0.1:\(primary.port)")
    #expect(plain.outcome(batch("GET a")).values == ["primary"])
    plain.close()
    let nodes = try connect("redis+cluster://127.0.0.1:\(primary.port)") {
      $0.readsFromReplicas = true
    }
    var mixed = batch("GET a", "GET b")
    mixed.append("SET", [97], [49], isRead: false)
    #expect(nodes.outcome(mixed).values == ["replica", "replica", "OK"])
    #expect(replica.data == [["READONLY"], ["GET", "a"], ["GET", "b"]])
    #expect(try nodes.primaries(interrupt: Interrupt()).map(\.host) == [replica.host])
    await replica.stop()
    #expect(nodes.outcome(batch("GET a")).values == ["primary"])
    #expect(try nodes.primaries(interrupt: Interrupt()).map(\.host) == [primary.host])
    nodes.close()
    await primary.stop()
  }

  @Test("a server alone is no cluster, and a node of one is taken for one")
  func kinds() async throws {
    let server = try await ScriptedRedis()
    #expect {
      try connect("redis+cluster://127.0.0.1:\(server.port)")
    } throws: {
      ($0 as? QrrotError)?.message.contains("no node of a cluster") == true
    }
    await server.stop()
    let cluster = try await ScriptedCluster(count: 2) { [self] in echo($0, $1) }
    let nodes = try connect(cluster.nodes[1].url)
    #expect(nodes.outcome(batch("SET b 1", "SET a 1")).values == ["0:b", "1:a"])
    nodes.close()
    // The first host that is named need not be there.
    let port = cluster.nodes[0].port
    await cluster.nodes[0].stop()
    let more = try connect("redis+cluster://127.0.0.1:\(port),127.0.0.1:\(cluster.nodes[1].port)")
    #expect(more.outcome(batch("SET a 1")).values == ["1:a"])
    more.close()
    await cluster.nodes[1].stop()
  }
}

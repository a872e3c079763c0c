import QrrotCore
import QrrotService
import QrrotStore
import QrrotTesting
import QrrotWire
import Testing

@Suite("The server as a whole")
struct ServerCommandTests {
  /// The lines of INFO, by name.
  private func info(_ talk: Talk, _ sections: String...) -> [String: String] {
    var values: [String: String] = [:]
    for line in talk(["INFO"] + sections).split(separator: "\n").dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      values[String(line[..<colon])] = String(line[line.index(after: colon)...])
    }
    return values
  }

  @Test("INFO has the format and the sections of Redis, and says what is so")
  func report() throws {
    let clock = TestClock()
    let service = Talk.service(clock: clock) {
      $0.memoryLimit = 1 << 30
      $0.port = 7_401
    }
    let talk = try #require(Talk(service))
    _ = talk("SET", "a", "1")
    _ = talk("SET", "b", "1", "EX", "100")
    _ = talk("GET", "a")
    _ = talk("GET", "none")
    _ = talk("NOPE")
    clock.advance(milliseconds: 90_000_000)
    #expect(info(talk)["db0"] == "keys=1,expires=0,avg_ttl=0")
    let values = info(talk, "everything")
    #expect(values["redis_version"] == "7.0.15" && values["qrrot_version"] == Version.current)
    #expect(values["redis_mode"] == "standalone" && values["role"] == "master")
    #expect(values["tcp_port"] == "7401" && values["run_id"]?.count == 40)
    #expect(values["uptime_in_seconds"] == "90000" && values["uptime_in_days"] == "1")
    #expect(values["connected_clients"] == "1" && values["maxclients"] == "1024")
    #expect(values["maxmemory"] == "1073741824" && values["maxmemory_human"] == "1.00G")
    #expect(values["keyspace_hits"] == "1" && values["keyspace_misses"] == "1")
    #expect(values["errorstat_ERR"] == "count=1" && values["total_error_replies"] == "1")
    #expect(values["cmdstat_set"] == "calls=2,rejected_calls=0,failed_calls=0")
    #expect(values["aof_enabled"] == "0" && values["rdb_last_bgsave_status"] == "ok")
    #expect(values["rdb_last_save_time"] == "1000000000")
    #expect(Int(values["used_memory"] ?? "") ?? 0 > 0)
    #expect(Int(values["process_id"] ?? "") ?? 0 > 0)
    #expect(values["used_cpu_user"]?.contains(".") == true)
  }

  @Test("INFO of some sections, in Redis' order, with an empty line between them")
  func sections() throws {
    let talk = try #require(Talk())
    #expect(
      talk("INFO", "cluster", "REPLICATION")
        == "$137\n# Replication\nrole:master\nconnected_slaves:0\nmaster_failover_state:no-failover\nmaster_repl_offset:0\n\n# Cluster\ncluster_enabled:0\n"
    )
    #expect(talk("INFO", "nope") == "$0\n")
    let all = talk("INFO").split(separator: "\n").filter { $0.hasPrefix("# ") }
    #expect(
      all == [
        "# Server", "# Clients", "# Memory", "# Persistence", "# Stats", "# Replication", "# CPU",
        "# Modules", "# Errorstats", "# Cluster", "# Keyspace",
      ])
    #expect(talk("INFO", "all").contains("# Commandstats"))
    #expect(talk("INFO", "default") != talk("INFO", "all"))
    _ = talk("HELLO", "3")
    #expect(talk("INFO", "cluster") == "=34\ntxt:# Cluster\ncluster_enabled:0\n")
  }

  @Test("refused and failed calls are counted by command")
  func callCounts() throws {
    let talk = try #require(Talk())
    _ = talk("SET", "a", "x")
    _ = talk("INCR", "a")
    _ = talk("INCR")
    _ = talk("INCR", "")
    let values = info(talk, "commandstats")
    #expect(values["cmdstat_incr"] == "calls=2,rejected_calls=2,failed_calls=1")
  }

  @Test("CONFIG GET tells what is so; nothing else of CONFIG is done")
  func config() throws {
    let service = Talk.service(password: "secret") {
      $0.memoryLimit = 1 << 20
      $0.policy = .second
      $0.idleSeconds = 12
      $0.threadCount = 3
    }
    let talk = try #require(Talk(service))
    #expect(talk("AUTH", "secret") == "+OK")
    #expect(talk("CONFIG", "GET", "maxmemory") == "*2\n$9\nmaxmemory\n$7\n1048576")
    #expect(
      talk("CONFIG", "GET", "MAXMEM*", "timeout")
        == "*6\n$9\nmaxmemory\n$7\n1048576\n$16\nmaxmemory-policy\n$10\nnoeviction\n$7\ntimeout\n$2\n12"
    )
    #expect(talk("CONFIG", "GET", "io-threads") == "*2\n$10\nio-threads\n$1\n3")
    #expect(talk("CONFIG", "GET", "appendfsync") == "*2\n$11\nappendfsync\n$8\neverysec")
    #expect(talk("CONFIG", "GET", "save") == "*2\n$4\nsave\n$0\n")
    #expect(talk("CONFIG", "GET", "requirepass") == "*0")
    #expect(!talk("CONFIG", "GET", "*").contains("secret"))
    for (words, name) in [
      (["SET", "maxmemory", "1"], "SET"), (["RESETSTAT"], "RESETSTAT"), (["rewrite"], "REWRITE"),
    ] {
      #expect(
        talk(["CONFIG"] + words)
          == "-ERR CONFIG \(name) is refused: no command changes the configuration over the network"
      )
    }
    _ = talk("HELLO", "3")
    #expect(talk("CONFIG", "GET", "port") == "%1\n$4\nport\n$4\n7379")
  }

  @Test("COMMAND tells of every command, in a form that can be read")
  func command() throws {
    let talk = try #require(Talk())
    let count = talk("COMMAND", "COUNT").dropFirst()
    #expect(talk("COMMAND").hasPrefix("*\(count)\n*10\n"))
    #expect(talk("COMMAND", "DOCS").hasPrefix("*\((Int(count) ?? 0) * 2)\n"))
    #expect(
      talk("COMMAND", "INFO", "GET", "nope")
        == """
        *2
        *10
        $3
        get
        :2
        *2
        +readonly
        +fast
        :1
        :1
        :1
        *3
        +@read
        +@string
        +@fast
        *0
        *1
        *6
        $5
        flags
        *2
        +RO
        +access
        $12
        begin_search
        *4
        $4
        type
        $5
        index
        $4
        spec
        *2
        $5
        index
        :1
        $9
        find_keys
        *4
        $4
        type
        $5
        range
        $4
        spec
        *6
        $7
        lastkey
        :0
        $7
        keystep
        :1
        $5
        limit
        :0
        *0
        $-1
        """)
    for version in ["2", "3"] {
      _ = talk("HELLO", version)
      for words in [["COMMAND"], ["COMMAND", "DOCS"], ["COMMAND", "LIST"], ["COMMAND", "INFO"]] {
        let bytes = talk.send(Talk.encoded(words.map { Array($0.utf8) }))
        var reader = ReplyReader()
        let read = try bytes.withUnsafeBytes { try reader.next($0) }
        #expect(read == bytes.count, "\(words) in version \(version)")
      }
    }
    #expect(
      talk("COMMAND", "DOCS", "config|get").hasPrefix("%1\n$10\nconfig|get\n%5\n$7\nsummary\n"))
  }

  @Test("COMMAND LIST with filters")
  func commandList() throws {
    let talk = try #require(Talk())
    #expect(talk("COMMAND", "LIST", "FILTERBY", "PATTERN", "JSON.T*") == "*1\n$9\njson.type")
    #expect(talk("COMMAND", "LIST", "FILTERBY", "MODULE", "x") == "*0")
    #expect(talk("COMMAND", "LIST", "FILTERBY", "ACLCAT", "transaction").hasPrefix("*5\n"))
  }

  @Test("TIME and LASTSAVE")
  func time() throws {
    let clock = TestClock()
    let talk = try #require(Talk(Talk.service(clock: clock)))
    clock.advance(milliseconds: 1_500)
    #expect(talk("TIME") == "*2\n$10\n1000000001\n$6\n500025")
    #expect(talk("LASTSAVE") == ":1000000000")
  }

  @Test("the empty key is an error, and DBSIZE counts no key that has expired")
  func meantDifferences() throws {
    let clock = TestClock()
    let talk = try #require(Talk(Talk.service(clock: clock)))
    for command in [
      ["GET", ""], ["SET", "", "x"], ["DEL", "a", ""], ["MSET", "a", "1", "", "2"],
    ] {
      #expect(talk(command) == "-ERR a key has at least one byte", "\(command)")
    }
    #expect(
      talk("GET", String(repeating: "k", count: 65_537))
        == "-ERR a key may be 65536 bytes long; this one has 65537")
    _ = talk("SET", "a", "1", "PX", "10")
    _ = talk("SET", "b", "1")
    #expect(talk("DBSIZE") == ":2")
    clock.advance(milliseconds: 10)
    #expect(talk("DBSIZE") == ":1")
    #expect(talk("KEYS", "*") == "*1\n$1\nb")
    #expect(talk("RANDOMKEY") == "$1\nb")
  }
}

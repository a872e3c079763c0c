import QrrotCore
import QrrotStore

/// Whole-table commands, in milliseconds.
struct Scans {
  /// A table of `count` keys `user:0`, `user:1`, and so on.
  static func engine(count: Int) -> LocalEngine {
    let engine = LocalEngine()
    for index in 0..<count {
      let key = Array("user:\(index)".utf8)
      key.withUnsafeBytes { key in
        thirtyTwoBytes.withUnsafeBytes { ManyKeys.put(engine, key, $0) }
      }
    }
    return engine
  }

  /// How long a command takes, with its reply made but not shown: the median of five runs.
  static func milliseconds(_ command: Command, on engine: LocalEngine) -> Double {
    var session = Session()
    var reply = Reply()
    var results: [Double] = []
    for _ in 0..<5 {
      results.append(
        time {
          do {
            try engine.execute(command, in: &session, into: &reply)
          } catch {
            preconditionFailure("\(error)")
          }
        } / 1_000_000)
      consume(reply.rowCount)
    }
    results.sort()
    return results[2]
  }

  static func command(_ name: CommandName, _ pattern: String? = nil) -> Command {
    var command = Command(name)
    if let pattern { command.append(.pattern, Array(pattern.utf8)) }
    return command
  }

  /// How long completion looks for keys, as the shell asks for them.
  static func completionMilliseconds(_ prefix: String, on engine: LocalEngine) -> Double {
    var results: [Double] = []
    for _ in 0..<5 {
      results.append(
        time {
          let sample = engine.sampleKeys(
            startingWith: Array(prefix.utf8), in: Session(), limit: 1_000,
            timeLimit: .milliseconds(40))
          consume(sample.keys.count)
        } / 1_000_000)
    }
    results.sort()
    return results[2]
  }

  /// How long the agent looks for records to describe the database by.
  static func sampleMilliseconds(on engine: LocalEngine) async -> Double {
    var results: [Double] = []
    for _ in 0..<5 {
      let start = ContinuousClock.now
      let sample = await engine.sampleRecords(
        limit: 256, timeLimit: .milliseconds(25), in: Session())
      results.append((ContinuousClock.now - start) / .milliseconds(1))
      consume(sample.records.count)
    }
    results.sort()
    return results[2]
  }
}

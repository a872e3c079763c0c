import QrrotCore
import QrrotStore
import QrrotTesting

/// Measures the store and the parser; Benchmarks/store.py runs it beside the reference.
///
///     qrrot-bench-store one              one key, one thread
///     qrrot-bench-store many COUNT       COUNT keys in random order, one thread
///     qrrot-bench-store threads COUNT    two threads, on one key and on COUNT keys
///     qrrot-bench-store grow COUNT       each put timed while the table grows
///     qrrot-bench-store scan COUNT       keys and completion among COUNT keys, all over a tenth
///     qrrot-bench-store paths            reads inside a JSON value
///     qrrot-bench-store compact FOLDER COUNT  single writes while COUNT keys are saved
///     qrrot-bench-store expire COUNT     COUNT keys that get an expiry and vanish at once
///     qrrot-bench-store dialogue COUNT   a client's commands, from bytes to bytes, on COUNT keys
///     qrrot-bench-store loop NAME COUNT  one loop by name, for an instruction counter
///     qrrot-bench-store loops            the names of these
@main
struct Main {
  static func main() async {
    let arguments = CommandLine.arguments.dropFirst()
    let count = arguments.last.flatMap { Int($0) } ?? 1_000_000
    switch arguments.first {
    case "one": oneKey()
    case "many": manyKeys(count)
    case "threads": await threads(count)
    case "grow": grow(count)
    case "scan": await scans(count)
    case "paths": paths()
    case "compact": await compact(count, arguments.dropFirst().first ?? "")
    case "expire": await expire(count)
    case "dialogue": dialogue(count)
    case "loops": print((OneKey.loopNames + Dialogue.names).joined(separator: "\n"))
    case "loop":
      let name = arguments.dropFirst().first ?? ""
      (OneKey().loop(name) ?? Dialogue(keyCount: 1_000).loop(name))?(count)
    default:
      print(
        "usage: qrrot-bench-store one|many|threads|grow|scan|paths|expire|compact|dialogue|loop|loops [NAME|FOLDER] [COUNT]"
      )
    }
  }

  static func oneKey() {
    let measures = OneKey()
    for name in OneKey.names {
      guard let loop = measures.loop(name) else { continue }
      report(name, nanoseconds(loop))
      let made = allocations { loop(100_000) }
      if let made { report(name + "-allocations", Double(made) / 100_000) }
    }
  }

  static func paths() {
    let measures = Paths()
    report("get-path", nanoseconds(measures.get))
    report("get-path-line", nanoseconds(measures.line))
    report("get-path-bytes", Double(Paths.documentByteCount))
    let made = allocations { measures.get(100_000) }
    if let made { report("get-path-allocations", Double(made) / 100_000) }
  }

  static func dialogue(_ count: Int) {
    let measures = Dialogue(keyCount: count)
    for name in Dialogue.names {
      guard let loop = measures.loop(name) else { continue }
      report(name, nanoseconds(loop))
    }
  }

  static func manyKeys(_ count: Int) {
    let measures = ManyKeys(count: count)
    var place = 0
    report("bytes-per-key", measures.bytesPerKey)
    report("random-get", nanoseconds { measures.get($0, from: &place) })
    report("random-put", nanoseconds { measures.put($0, from: &place) })
  }

  static func threads(_ count: Int) async {
    let one = OneKey()
    one.put(1)
    report("hot-get-2-threads", await nanosecondsOfTwo(count: 1_000_000) { _, n in one.get(n) })
    let many = ManyKeys(count: count)
    let bytes = many.probes.count
    report(
      "mixed-2-threads",
      await nanosecondsOfTwo(count: 500_000) { thread, n in
        var place = thread * (bytes / 2 / Keys.byteCount) * Keys.byteCount
        many.mix(n, from: &place)
      })
  }

  static func grow(_ count: Int) {
    let growth = Growth(count: count)
    report("grow-p99.99", growth.percentile99_99)
    report("grow-slowest", growth.slowest)
    report("grow-mean", growth.meanNanoseconds)
  }

  static func compact(_ count: Int, _ folder: String) async {
    do {
      let found = try await Compaction.measure(count: count, folder: folder)
      report("compact-p99.9", found.percentile99_9)
      report("compact-slowest", found.slowest)
      report("compact-writes", Double(found.writeCount))
      report("compact-save", found.saveMilliseconds)
    } catch {
      print("compact: \(error)")
    }
  }

  static func expire(_ count: Int) async {
    let found = await Expiry.measure(count: count)
    report("expire", found.nanosecondsPerExpire)
    report("expire-bytes-per-key", found.bytesPerKey)
    report("sweep", found.sweepMilliseconds)
    report("sweep-p99.9", found.percentile99_9)
    report("sweep-slowest", found.slowest)
  }

  static func scans(_ count: Int) async {
    let engine = Scans.engine(count: count)
    let keys = Scans.command(.keys, "user:12*")
    report("scan-keys", Scans.milliseconds(keys, on: engine))
    report("scan-completion", Scans.completionMilliseconds("user:12", on: engine))
    report("scan-completion-none", Scans.completionMilliseconds("nothing", on: engine))
    report("scan-sample", await Scans.sampleMilliseconds(on: engine))
    let tenth = Scans.engine(count: count / 10)
    report("scan-all", Scans.milliseconds(Scans.command(.all), on: tenth))
  }
}

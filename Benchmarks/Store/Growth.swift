import CBenchmark
import QrrotStore

/// How long single insertions take while a table grows, in microseconds.
struct Growth {
  var percentile99_99 = 0.0
  var slowest = 0.0
  var meanNanoseconds = 0.0
  /// Insertions during which the system gave the processor to somebody else: they are left out.
  var preempted = 0

  init(count: Int) {
    let keys = Keys(count: count)
    let engine = LocalEngine()
    var times: [UInt32] = []
    times.reserveCapacity(count)
    var switches = benchmark_involuntary_switches()
    let begin = monotonicNanoseconds()
    keys.bytes.withUnsafeBytes { bytes in
      thirtyTwoBytes.withUnsafeBytes { value in
        for index in 0..<count {
          let start = monotonicNanoseconds()
          ManyKeys.put(engine, ManyKeys.key(bytes, index * Keys.byteCount), value)
          let time = monotonicNanoseconds() - start
          if time > 20_000 {
            let now = benchmark_involuntary_switches()
            if now != switches {
              switches = now
              preempted += 1
              continue
            }
          } else if index & 1_023 == 0 {
            switches = benchmark_involuntary_switches()
          }
          times.append(UInt32(clamping: time))
        }
      }
    }
    meanNanoseconds = Double(monotonicNanoseconds() - begin) / Double(count)
    times.sort()
    percentile99_99 = Double(times[Int(Double(times.count - 1) * 0.9999)]) / 1_000
    slowest = Double(times[times.count - 1]) / 1_000
  }
}

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// What the system says of itself and of this process.
package struct SystemFacts: Sendable {
  /// The system, its version and its processor: `Linux 6.1.0 x86_64`.
  let system: String
  /// The number of this process.
  let processID: Int
  /// The memory of the machine, in bytes; 0 if it does not say.
  let memoryByteCount: Int

  init() {
    var names = utsname()
    if uname(&names) == 0 {
      system = [
        Self.text(names.sysname), Self.text(names.release), Self.text(names.machine),
      ].joined(separator: " ")
    } else {
      system = "unknown"
    }
    processID = Int(getpid())
    let pages = sysconf(Int32(_SC_PHYS_PAGES))
    memoryByteCount = pages > 0 ? pages * max(0, sysconf(Int32(_SC_PAGESIZE))) : 0
  }

  /// The text in one of the fields of `uname`, an array of characters that ends with a zero.
  private static func text<Field>(_ field: Field) -> String {
    withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  /// The processor's time that this process has taken, in microseconds: its own and the system's.
  static func processorTime() -> (user: Int, system: Int) {
    var usage = rusage()
    #if canImport(Glibc)
      let status = getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    #else
      let status = getrusage(RUSAGE_SELF, &usage)
    #endif
    guard status == 0 else { return (0, 0) }
    func microseconds(_ time: timeval) -> Int {
      Int(time.tv_sec) * 1_000_000 + Int(time.tv_usec)
    }
    return (microseconds(usage.ru_utime), microseconds(usage.ru_stime))
  }

  /// The memory of this process that is in the machine's, in bytes; nil where the system does not say.
  static func residentByteCount() -> Int? {
    let file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 128)
    let count = read(file, &bytes, bytes.count)
    guard count > 0 else { return nil }
    let fields = String(decoding: bytes[..<count], as: UTF8.self).split(separator: " ")
    guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
    return pages * max(0, sysconf(Int32(_SC_PAGESIZE)))
  }

  /// The system's time, in microseconds since 1970.
  package static let microseconds: @Sendable () -> Int64 = {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
  }
}

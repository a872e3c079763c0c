import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// How much memory there is for this process.
enum SystemMemory {
  /// What `--max-memory` is unless it is said: 80 % of the machine's memory, or of the control
  /// group's if that is less.
  static var defaultLimit: Int { byteCount / 10 * 8 }

  private static var byteCount: Int {
    let pages = sysconf(Int32(_SC_PHYS_PAGES))
    let pageSize = sysconf(Int32(_SC_PAGESIZE))
    let (machine, overflow) = Int(pages).multipliedReportingOverflow(by: Int(pageSize))
    let known = pages > 0 && pageSize > 0 && !overflow ? machine : .max
    return controlGroupLimits.reduce(known, min)
  }

  /// The limits of the process's control group and of those around it. Version 2 has one tree and
  /// names the limit `memory.max`; version 1 has a tree for memory.
  private static var controlGroupLimits: [Int] {
    var limits: [Int] = []
    for line in text(of: "/proc/self/cgroup").split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let isVersion2 = parts[1].isEmpty
      guard isVersion2 || parts[1].split(separator: ",").contains("memory") else { continue }
      let root: FilePath = isVersion2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory"
      let name = isVersion2 ? "memory.max" : "memory.limit_in_bytes"
      var group = FilePath(String(parts[2]))
      repeat {
        let file = root.appending(group.components).appending(name)
        // "max" is no number, and no limit.
        let digits = text(of: file).prefix { $0.isNumber }
        if let limit = Int(digits) { limits.append(limit) }
      } while group.removeLastComponent()
    }
    return limits
  }

  /// The beginning of a small file; empty if it can't be read.
  private static func text(of path: FilePath) -> String {
    guard let file = try? FileDescriptor.open(path, .readOnly, options: .closeOnExec) else {
      return ""
    }
    var bytes = [UInt8](repeating: 0, count: 4_096)
    let count = try? file.closeAfter {
      try bytes.withUnsafeMutableBytes { try file.read(into: $0) }
    }
    return String(decoding: bytes.prefix(count ?? 0), as: UTF8.self)
  }
}

import QrrotCore
import QrrotService

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The files that the system lets this process have open; each client is one.
enum DescriptorLimit {
  /// What the server needs beside its clients: listening, log, database, pipes, those that it refuses.
  private static let reserve = 256

  /// Raises the limit for so many clients, as far as that is allowed.
  ///
  /// - Parameter wanted: how many clients there may be, if that was said.
  /// - Returns: how many there can be; nil if the system does not say.
  /// - Throws: `refused` if there can't be as many as was said.
  static func clientLimit(_ wanted: Int?) throws(QrrotError) -> Int? {
    var limit = rlimit()
    guard getrlimit(resource, &limit) == 0 else { return wanted }
    let clients = wanted ?? ServiceConfiguration().clientLimit
    let needed = rlim_t(clients + reserve)
    if limit.rlim_cur < needed {
      var raised = limit
      raised.rlim_cur = min(needed, limit.rlim_max)
      if setrlimit(resource, &raised) == 0 { limit = raised }
    }
    guard limit.rlim_cur < needed else { return clients }
    let open = Int(clamping: limit.rlim_cur)
    guard wanted == nil else {
      throw QrrotError(
        .refused,
        "--max-clients \(clients) needs \(needed) open files, and this process may have \(open); raise that (ulimit -n, LimitNOFILE= of systemd), or allow fewer clients"
      )
    }
    return max(1, open - reserve)
  }

  #if canImport(Glibc)
    private static var resource: __rlimit_resource_t { __rlimit_resource_t(RLIMIT_NOFILE.rawValue) }
  #else
    private static var resource: Int32 { RLIMIT_NOFILE }
  #endif
}

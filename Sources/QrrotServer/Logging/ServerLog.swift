public import Logging
public import QrrotCore
public import QrrotService
internal import QrrotStore

/// What a server tells those who run it: each event is one line that says who and what, and no secret.
///
/// Nobody who logs waits for the disk. What clients can cause without an end is logged 20 times a second
/// at most, each kind of event for itself; the next line of that kind says how many were left out
/// (`unlogged`).
public final class ServerLog: ServiceJournal {
  private let logger: Logger
  private let output: LogOutput
  private let throttle = EventThrottle()
  private let clock: WallClock

  /// Begins to log.
  ///
  /// - Throws: `io` if the file can't be opened, `refused` if it is a link or no regular file.
  public convenience init(_ options: LogOptions) throws(QrrotError) {
    let (format, clock) = (options.format, WallClock.system)
    let output = try LogOutput(file: options.file) { count in
      var line: [UInt8] = []
      LogLine.append(
        "log-lines-dropped", level: .warning, fields: ["count": .stringConvertible(count)],
        milliseconds: clock.milliseconds(), as: format, to: &line)
      return line
    }
    self.init(output, options, clock)
  }

  init(_ output: LogOutput, _ options: LogOptions, _ clock: WallClock) {
    self.output = output
    self.clock = clock
    let handler = LineLogHandler(
      output: output, format: options.format, clock: clock, logLevel: options.level)
    logger = Logger(label: "qrrot") { _ in handler }
  }

  /// Logs an event of the server as a whole.
  ///
  /// - Parameters:
  ///   - name: what has happened, as one word: `started`.
  ///   - fields: with whom and with what; numbers as `.stringConvertible`.
  public func log(_ level: Logger.Level, _ name: String, _ fields: Logger.Metadata = [:]) {
    logger.log(level: level, "\(name)", metadata: fields)
  }

  /// Logs what has happened to a client or for one. It does not wait.
  public func note(_ event: ServiceEvent) {
    let entry = LogEntry(event)
    guard entry.level >= logger.logLevel else { return }
    var fields = entry.fields
    if entry.isThrottled {
      guard let unlogged = throttle.admit(entry.name, milliseconds: clock.milliseconds()) else {
        return
      }
      if unlogged > 0 { fields["unlogged"] = .stringConvertible(unlogged) }
    }
    log(entry.level, entry.name, fields)
  }

  /// Opens the log's file anew, as it has to be after a rotation. With standard error nothing happens.
  ///
  /// - Throws: as ``init(_:)``; the log goes on in the file that was open.
  public func reopen() throws(QrrotError) {
    if try output.reopen() { log(.notice, "log-reopened") }
  }

  /// Writes what waits, for a second at most, and ends.
  public func close() { output.close() }
}

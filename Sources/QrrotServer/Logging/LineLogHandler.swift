internal import Logging
internal import QrrotStore

/// swift-log's way to our lines: one event, one line.
struct LineLogHandler: LogHandler {
  let output: LogOutput
  let format: LogOptions.Format
  let clock: WallClock
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]

  subscript(metadataKey key: String) -> Logger.MetadataValue? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var line: [UInt8] = []
    LogLine.append(
      event.message.description, level: event.level,
      fields: metadata.merging(event.metadata ?? [:]) { _, new in new },
      milliseconds: clock.milliseconds(), as: format, to: &line)
    output.append(line)
  }
}

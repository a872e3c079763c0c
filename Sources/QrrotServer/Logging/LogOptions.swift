public import Logging

/// What is logged, how and where.
public struct LogOptions: Sendable {
  /// How an event is written.
  public enum Format: String, CaseIterable, Sendable {
    /// `time=… level=… event=… name=value …`
    case logfmt
    /// One JSON object.
    case json
  }

  /// Events below this level are not logged.
  public var level = Logger.Level.info
  /// How an event is written; each is one line.
  public var format = Format.logfmt
  /// The file; nil for standard error. It is made with mode 0600, and added to where it is there.
  public var file: String?

  /// The defaults.
  public init() {}
}

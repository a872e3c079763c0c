public import QrrotCore

/// What flags, the environment and the configuration file say about `qrrot serve`.
///
/// A setting's name is that of its flag without the dashes. What must be said anew for each run
/// (`--insecure`) is no setting.
public struct ServeSettings: Equatable, Sendable {
  /// `host`: the address to listen on.
  public var host: String?
  /// `port`: the port, 0 for a free one.
  public var port: Int?
  /// `threads`: how many event loops answer.
  public var threadCount: Int?
  /// `password-file`: a file of mode 0600 with the clients' password.
  public var passwordFile: String?
  /// `tls-cert`: a PEM file with the certificates.
  public var certificateFile: String?
  /// `tls-key`: a PEM file with the key of the first of them.
  public var keyFile: String?
  /// `max-clients`: how many clients there may be at once.
  public var clientLimit: Int?
  /// `idle-timeout`: the seconds after which a silent client is closed; 0 for never.
  public var idleSeconds: Int?
  /// `stall-timeout`: the seconds after which a client is closed that takes none of its replies.
  public var stallSeconds: Int?
  /// `login-timeout`: the seconds in which a client has to log in.
  public var loginSeconds: Int?
  /// `drain-timeout`: the seconds that clients have for their last replies when the server ends.
  public var drainSeconds: Int?
  /// `max-reply-buffer`: the bytes of replies that may wait for one client.
  public var replyByteCount: Int?
  /// `max-reply-memory`: the bytes of replies that may wait for all clients together.
  public var totalReplyByteCount: Int?
  /// `max-line`: the longest plain line, in bytes.
  public var lineByteCount: Int?
  /// `metrics-port`: the port of 127.0.0.1 for metrics, 0 for a free one.
  public var metricsPort: Int?
  /// `log-file`: where the log goes; nil for standard error.
  public var logFile: String?
  /// `log-level`: the least level that is logged.
  public var logLevel: String?
  /// `log-format`: `logfmt` or `json`.
  public var logFormat: String?

  /// The values of `log-level`, the most talkative first.
  public static let logLevels = ["debug", "info", "notice", "warning", "error"]
  /// The values of `log-format`.
  public static let logFormats = ["logfmt", "json"]

  /// Every setting's name.
  public static let names = entries.map(\.name)

  /// Makes settings that say nothing.
  public init() {}

  /// Makes the setting `name`.
  ///
  /// - Returns: nil if it is made; else what it takes, as in "is a number from 1 to 64".
  public mutating func set(_ name: String, to value: String) -> String? {
    guard let entry = Self.entries.first(where: { $0.name == name }) else { return "is no setting" }
    return entry.set(&self, value) ? nil : entry.takes
  }

  /// These settings where they say something, else those of `other`.
  public func winning(over other: ServeSettings) -> ServeSettings {
    var settings = self
    for entry in Self.entries { entry.fill(&settings, other) }
    return settings
  }

  /// What can't be meant.
  ///
  /// - Throws: `syntax`.
  public func check() throws(QrrotError) {
    if (certificateFile == nil) != (keyFile == nil) {
      throw QrrotError(.syntax, "tls-cert and tls-key go together: a certificate and its key")
    }
    if let one = replyByteCount, let all = totalReplyByteCount, one > all {
      throw QrrotError(
        .syntax,
        "max-reply-buffer is for one client and max-reply-memory for all of them, so it can't be more"
      )
    }
  }
}

extension ServeSettings {
  /// One setting: how it is written, and where it goes.
  private struct Entry: Sendable {
    var name: String
    /// What it takes, in words.
    var takes: String
    var set: @Sendable (inout ServeSettings, String) -> Bool
    var fill: @Sendable (inout ServeSettings, ServeSettings) -> Void

    private init<Value: Sendable>(
      _ name: String, _ field: any WritableKeyPath<ServeSettings, Value?> & Sendable,
      _ takes: String, _ parse: @escaping @Sendable (String) -> Value?
    ) {
      self.name = name
      self.takes = takes
      set = { settings, text in
        guard let value = parse(text) else { return false }
        settings[keyPath: field] = value
        return true
      }
      fill = { settings, other in
        settings[keyPath: field] = settings[keyPath: field] ?? other[keyPath: field]
      }
    }

    static func number(
      _ name: String, _ field: any WritableKeyPath<ServeSettings, Int?> & Sendable,
      _ range: ClosedRange<Int>, of unit: String = ""
    ) -> Entry {
      Entry(
        name, field, "is a number \(unit)from \(range.lowerBound) to \(range.upperBound)"
      ) { text in
        Int(text).flatMap { range.contains($0) ? $0 : nil }
      }
    }

    static func size(
      _ name: String, _ field: any WritableKeyPath<ServeSettings, Int?> & Sendable,
      _ range: ClosedRange<Int>
    ) -> Entry {
      let (least, most) = (ByteSize.text(range.lowerBound), ByteSize.text(range.upperBound))
      return Entry(name, field, "is a size such as 512K or 32M, from \(least) to \(most)") { text in
        ByteSize.parse(text).flatMap { range.contains($0) ? $0 : nil }
      }
    }

    static func text(
      _ name: String, _ field: any WritableKeyPath<ServeSettings, String?> & Sendable
    ) -> Entry {
      Entry(name, field, "names something") { $0.isEmpty ? nil : $0 }
    }

    static func choice(
      _ name: String, _ field: any WritableKeyPath<ServeSettings, String?> & Sendable,
      _ choices: [String]
    ) -> Entry {
      Entry(name, field, "is one of \(choices.joined(separator: ", "))") {
        choices.contains($0) ? $0 : nil
      }
    }
  }

  /// In the order of the command line's help.
  private static let entries: [Entry] = [
    .text("host", \.host),
    .number("port", \.port, 0...65_535),
    .number("threads", \.threadCount, 1...64),
    .text("password-file", \.passwordFile),
    .text("tls-cert", \.certificateFile),
    .text("tls-key", \.keyFile),
    .number("max-clients", \.clientLimit, 1...1_000_000),
    .number("idle-timeout", \.idleSeconds, 0...longest, of: "of seconds "),
    .number("stall-timeout", \.stallSeconds, 1...longest, of: "of seconds "),
    .number("login-timeout", \.loginSeconds, 1...3_600, of: "of seconds "),
    .number("drain-timeout", \.drainSeconds, 0...3_600, of: "of seconds "),
    .size("max-reply-buffer", \.replyByteCount, (64 << 10)...(1 << 40)),
    .size("max-reply-memory", \.totalReplyByteCount, (64 << 10)...(1 << 40)),
    .size("max-line", \.lineByteCount, (1 << 10)...Limits.commandByteCount),
    .number("metrics-port", \.metricsPort, 0...65_535),
    .text("log-file", \.logFile),
    .choice("log-level", \.logLevel, logLevels),
    .choice("log-format", \.logFormat, logFormats),
  ]

  /// A year, in seconds.
  private static var longest: Int { 31_536_000 }
}

public import QrrotCore
internal import SystemPackage

/// The settings that a configuration file and the environment can make; flags win over both.
///
/// The file holds lines of `name = value`; blank lines and lines that begin with `#` are passed.
/// The environment's names are those of the file in capitals behind `QRROT_`, with `_` for `-`.
/// What must be said anew for each run (`--yes`) is no setting.
public struct Settings: Equatable, Sendable {
  /// `output`: how replies are printed.
  public var output: OutputMode?
  /// `read-only`: whether writes are refused.
  public var isReadOnly: Bool?
  /// `keep-going`: whether a failed command does not end a run.
  public var keepsGoing: Bool?
  /// `no-color`: whether colours are left out.
  public var leavesColorOut: Bool?
  /// `fsync`: when writes are synced, as a name of the engine's policies.
  public var fsync: String?
  /// `max-memory`: the bytes that the data may take.
  public var memoryLimit: Int?

  /// `ai` and the settings that begin with `ai-`.
  public var agent = AgentSettings()

  /// The settings of `qrrot serve`.
  public var server = ServeSettings()

  /// The configuration file that was read; nil if none was.
  public private(set) var file: String?

  /// Every setting's name in the file.
  public static let names =
    ["output", "read-only", "keep-going", "no-color", "max-memory", "fsync"] + AgentSettings.names
    + ServeSettings.names
  private static let fsyncNames = ["always", "second", "never"]
  private static let prefix = "QRROT_"
  /// Names behind the prefix that are no settings: where the file is, a server's user and password,
  /// which must not stand in the file, and what the project's own build reads.
  private static let otherNames: Set<String> = [
    "QRROT_CONFIG", "QRROT_USER", "QRROT_PASSWORD", "QRROT_ENGINE_ONLY", "QRROT_FUZZ",
  ]

  /// Makes settings that say nothing.
  public init() {}

  /// Makes the setting `name`, as written at `place`.
  ///
  /// - Throws: `syntax`, naming the place, if there is no such setting or the value does not fit.
  public mutating func set(_ name: String, to value: String, at place: String) throws(QrrotError) {
    switch name {
    case "output":
      guard let mode = OutputMode(rawValue: value) else {
        let modes = OutputMode.allCases.map(\.rawValue).joined(separator: ", ")
        throw QrrotError(.syntax, "\(place): output is one of \(modes), not \(value)")
      }
      output = mode
    case "read-only": isReadOnly = try Self.truth(value, name, place)
    case "keep-going": keepsGoing = try Self.truth(value, name, place)
    case "fsync":
      guard Self.fsyncNames.contains(value) else {
        throw QrrotError(
          .syntax, "\(place): fsync is \(Self.fsyncNames.joined(separator: ", ")), not \(value)")
      }
      fsync = value
    case "max-memory":
      guard let size = ByteSize.parse(value) else {
        throw QrrotError(.syntax, "\(place): max-memory is a size such as 512M or 2G, not \(value)")
      }
      memoryLimit = size
    case "no-color": leavesColorOut = try Self.truth(value, name, place)
    case _ where AgentSettings.names.contains(name):
      if let fault = agent.set(name, to: value) {
        throw QrrotError(
          .syntax, "\(place): \(name) \(fault), not \(value.isEmpty ? "nothing" : value)")
      }
    case _ where ServeSettings.names.contains(name):
      if let fault = server.set(name, to: value) {
        throw QrrotError(
          .syntax, "\(place): \(name) \(fault), not \(value.isEmpty ? "nothing" : value)")
      }
    default:
      let nearest = NearestName.nearest(to: name.utf8, among: Self.names)
      let advice =
        nearest.map { "did you mean \($0)?" } ?? "there are \(Self.names.joined(separator: ", "))"
      throw QrrotError(.syntax, "\(place): there is no setting \(name); \(advice)")
    }
  }

  /// Reads a configuration file's text.
  public mutating func read(_ text: String, name: String) throws(QrrotError) {
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      let place = "\(name):\(index + 1)"
      let content = Self.trimmed(line)
      if content.isEmpty || content.hasPrefix("#") { continue }
      guard let sign = content.firstIndex(of: "=") else {
        throw QrrotError(.syntax, "\(place): a setting is written name = value")
      }
      try set(
        Self.trimmed(content[..<sign]), to: Self.trimmed(content[content.index(after: sign)...]),
        at: place)
    }
  }

  /// Reads the environment's settings; any other name behind `QRROT_` is an error, because a
  /// misspelt `QRROT_READ_ONLY` must not be passed over.
  public mutating func read(environment: [String: String]) throws(QrrotError) {
    for (name, value) in environment.sorted(by: { $0.key < $1.key })
    where name.hasPrefix(Self.prefix) {
      if Self.otherNames.contains(name) { continue }
      let setting = String(name.dropFirst(Self.prefix.count).map { $0 == "_" ? "-" : $0 })
        .lowercased()
      try set(setting, to: value, at: "environment variable \(name)")
    }
  }

  /// The settings of the file and the environment of this run.
  ///
  /// - Parameter file: the file that `--config` names; it must exist. Else `QRROT_CONFIG`, else
  ///   `$XDG_CONFIG_HOME/qrrot/config`, which may be missing.
  public static func load(
    file: String?, environment: [String: String]
  ) throws(QrrotError) -> Settings {
    var settings = Settings()
    let named = file ?? environment["QRROT_CONFIG"]
    if let path = named ?? defaultPath(environment) {
      if let text = try read(FilePath(path), mustExist: named != nil) {
        try settings.read(text, name: path)
        settings.file = path
      }
    }
    try settings.read(environment: environment)
    return settings
  }

  private static func defaultPath(_ environment: [String: String]) -> String? {
    if let folder = environment["XDG_CONFIG_HOME"], folder.hasPrefix("/") {
      return "\(folder)/qrrot/config"
    }
    return environment["HOME"].map { "\($0)/.config/qrrot/config" }
  }

  private static func read(_ path: FilePath, mustExist: Bool) throws(QrrotError) -> String? {
    do {
      let descriptor = try FileDescriptor.open(
        path, .readOnly, options: [.closeOnExec, .nonBlocking])
      return try descriptor.closeAfter {
        // A pipe would be empty, and its settings lost without a word; /dev/null is empty on purpose.
        let type = try descriptor.stat().type
        guard type == .regular || type == .characterSpecial else {
          throw QrrotError(.refused, "it is not a regular file")
        }
        var bytes = [UInt8](repeating: 0, count: sizeLimit + 1)
        let count = try bytes.withUnsafeMutableBytes { try descriptor.read(into: $0) }
        guard count <= sizeLimit else {
          throw QrrotError(.tooLarge, "it may be \(sizeLimit) bytes long")
        }
        return String(decoding: bytes.prefix(count), as: UTF8.self)
      }
    } catch {
      if !mustExist, error as? Errno == .noSuchFileOrDirectory { return nil }
      let reason = (error as? QrrotError)?.message ?? describe(error)
      throw QrrotError(.io, "can't read the configuration \(path.string): \(reason)")
    }
  }

  private static let sizeLimit = 64 << 10

  private static func truth(
    _ value: String, _ name: String, _ place: String
  ) throws(QrrotError) -> Bool {
    switch value {
    case "true", "1": return true
    case "false", "0": return false
    default: throw QrrotError(.syntax, "\(place): \(name) is true or false, not \(value)")
    }
  }

  /// `text` without the blanks around it, which a paste may bring along.
  static func trimmed(_ text: some StringProtocol) -> String {
    var rest = text[...]
    while let first = rest.first, first.isWhitespace { rest = rest.dropFirst() }
    while let last = rest.last, last.isWhitespace { rest = rest.dropLast() }
    return String(rest)
  }
}

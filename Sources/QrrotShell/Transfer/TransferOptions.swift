public import QrrotCore

/// What `import` is told to do.
public struct ImportOptions: Sendable {
  /// The format; nil for what the file's name says.
  public var format: TransferFormat?
  /// Which part of a record is its key, as written; nil for records that say it themselves.
  public var key: [UInt8]?
  /// What becomes of a key that is there or comes twice.
  public var onConflict = ConflictPolicy.error
  /// Whether a record without a key is an error.
  public var requiresKeys = false
  /// Whether records that are wrong are passed over.
  public var keepsGoing = false

  /// The defaults.
  public init() {}

  /// Checks what can be checked before a database is opened.
  ///
  /// - Throws: `syntax` if nobody says what format the file has, and for a wrong template; `path` for a
  ///   wrong path in it.
  public func check(with file: TransferFile) throws(QrrotError) {
    _ = try Importer.format(of: file, self)
    if let key { _ = try KeyTemplate(key) }
  }

  /// Those of a command.
  init(_ command: Command) {
    for (name, value) in command.options {
      switch name {
      case "format": format = TransferFormat(rawValue: String(decoding: value, as: UTF8.self))
      case "key": key = value
      case "on-conflict":
        onConflict = ConflictPolicy(rawValue: String(decoding: value, as: UTF8.self)) ?? .error
      case "on-missing-key": requiresKeys = value.elementsEqual("error".utf8)
      case "keep-going": keepsGoing = true
      default: break
      }
    }
  }
}

/// What `export` is told to do.
public struct ExportOptions: Sendable {
  /// The format; nil for what the file's name says.
  public var format: TransferFormat?
  /// Which keys are written; nil for all.
  public var pattern: [UInt8]?

  /// The defaults.
  public init() {}

  /// Those of a command.
  init(_ command: Command) {
    for (name, value) in command.options where name == "format" {
      format = TransferFormat(rawValue: String(decoding: value, as: UTF8.self))
    }
    for argument in command.arguments where argument.kind == .pattern {
      pattern = Array(command.bytes[argument.range])
    }
  }
}

extension Command {
  /// The options that it has, each with its value.
  var options: [(name: String, value: [UInt8])] {
    let known = name.spec.options
    return arguments.compactMap { argument in
      guard case .option(let index) = argument.kind, known.indices.contains(index) else {
        return nil
      }
      return (known[index].name, Array(bytes[argument.range]))
    }
  }
}

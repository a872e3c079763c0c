import QrrotCore

/// What the parser needs of a command's entry in the table, in a form that is quick to read.
struct Signature {
  /// How an argument is read, without the bounds and choices that only `CommandSpec` has.
  enum Slot: UInt8 { case key, value, pattern, path, number, word, file, commandName, text }

  var minimumCount = 0
  var maximumCount = 0
  /// The first argument that may be a value, where a bracket begins a JSON literal.
  var firstValueIndex = Int.max
  /// When the second argument is a path.
  var pathForm = CommandSpec.PathForm.never
  /// Whether clauses may follow, so that the line is read in a way of its own.
  var isQuery = false
  /// Whether tokens that begin with `--` are options.
  var hasOptions = false
  /// Whether the rest of the line is one text.
  var takesText = false
  private var slots: (Slot, Slot, Slot) = (.key, .key, .key)

  init(_ spec: CommandSpec) {
    minimumCount = spec.minimumArgumentCount
    maximumCount = spec.maximumArgumentCount
    firstValueIndex = spec.parameters.firstIndex { $0.kind == .value } ?? .max
    pathForm = spec.pathForm
    isQuery = !spec.clauses.isEmpty
    hasOptions = !spec.options.isEmpty
    takesText = spec.takesText
    slots = (Self.slot(spec, 0), Self.slot(spec, 1), Self.slot(spec, 2))
  }

  /// How argument `index` is read.
  func slot(_ index: Int) -> Slot {
    switch index {
    case 0: slots.0
    case 1: slots.1
    default: slots.2
    }
  }

  private static func slot(_ spec: CommandSpec, _ index: Int) -> Slot {
    switch spec.parameter(at: index)?.kind {
    case .key, nil: .key
    case .value: .value
    case .pattern: .pattern
    case .path: .path
    case .number: .number
    case .word: .word
    case .file: .file
    case .commandName: .commandName
    case .text: .text
    }
  }
}

/// The part of a signature that ``PlainLine`` reads, small enough to stay in registers while a
/// line is read.
struct PlainForm {
  /// The command.
  let name: CommandName
  private let bits: UInt8
  /// The fewest arguments.
  let minimumCount: UInt8

  init(_ name: CommandName, _ signature: Signature) {
    self.name = name
    minimumCount = UInt8(signature.minimumCount)
    var bits: UInt8 = 0
    // Of a query a plain line is its name alone.
    if signature.maximumCount > 0, !signature.isQuery {
      if signature.slot(0) == .key { bits |= Self.firstIsKey }
      if signature.slot(0) == .pattern { bits |= Self.firstIsPattern }
    }
    if signature.maximumCount > 1, !signature.isQuery {
      if signature.slot(1) == .key { bits |= Self.secondIsKey }
      if signature.slot(1) == .value { bits |= Self.secondIsValue }
    }
    switch signature.pathForm {
    case .always, .ifAlike: bits |= Self.secondIsPath
    case .never, .beforeValue, .ifAlikeAndLast: break
    }
    self.bits = bits
  }

  /// Whether the first argument is there and is a key or a pattern.
  var hasFirst: Bool { bits & (Self.firstIsKey | Self.firstIsPattern) != 0 }
  var firstIsPattern: Bool { bits & Self.firstIsPattern != 0 }
  /// Whether the second argument is there and is a key, a value, or a path if it begins like one.
  var hasSecond: Bool {
    bits & (Self.secondIsKey | Self.secondIsValue | Self.secondIsPath) != 0
  }
  var secondIsPath: Bool { bits & Self.secondIsPath != 0 }
  var secondIsValue: Bool { bits & Self.secondIsValue != 0 }

  private static var firstIsKey: UInt8 { 1 << 0 }
  private static var firstIsPattern: UInt8 { 1 << 1 }
  private static var secondIsKey: UInt8 { 1 << 2 }
  private static var secondIsValue: UInt8 { 1 << 3 }
  private static var secondIsPath: UInt8 { 1 << 4 }
}

import QrrotCore

/// What the parser needs of a command's entry in the table, in a form that is quick to read.
struct Signature {
  /// How an argument is read, without the bounds and choices that only `CommandSpec` has.
  enum Slot: UInt8 { case key, value, pattern, number, word, file, commandName }

  var minimumCount = 0
  var maximumCount = 0
  /// The first argument that may be a value, where a bracket begins a JSON literal.
  var firstValueIndex = Int.max
  /// Whether the second argument is read as a path when it looks like one.
  var hasPathForm = false
  private var slots: (Slot, Slot, Slot) = (.key, .key, .key)

  init(_ spec: CommandSpec) {
    minimumCount = spec.minimumArgumentCount
    maximumCount = spec.maximumArgumentCount
    firstValueIndex = spec.parameters.firstIndex { $0.kind == .value } ?? .max
    hasPathForm = spec.hasPathForm
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
    case .number: .number
    case .word: .word
    case .file: .file
    case .commandName: .commandName
    }
  }
}

/// Finds a command by its name in one probe or two: a name is at most eight letters, so it is one
/// machine word.
struct NameTable {
  private var slots: [(word: UInt64, name: CommandName)]

  init() {
    slots = Array(repeating: (0, .size), count: Self.slotCount)
    for name in CommandName.allCases {
      let word = name.text.utf8.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      var slot = Self.slot(of: word)
      while slots[slot].word != 0 { slot = (slot + 1) % Self.slotCount }
      slots[slot] = (word, name)
    }
  }

  /// The command that `text` names, in any case of its letters.
  func find(_ text: UnsafeBufferPointer<UInt8>) -> CommandName? {
    guard text.count <= 8, !text.isEmpty else { return nil }
    var word: UInt64 = 0
    var shift: UInt64 = 0
    for byte in text {
      // Only letters survive: setting this bit turns nothing else into one.
      let letter = byte | 0x20
      guard letter >= UInt8(ascii: "a"), letter <= UInt8(ascii: "z") else { return nil }
      word |= UInt64(letter) << shift
      shift += 8
    }
    var slot = Self.slot(of: word)
    while slots[slot].word != 0 {
      if slots[slot].word == word { return slots[slot].name }
      slot = (slot + 1) % Self.slotCount
    }
    return nil
  }

  private static let slotCount = 128

  private static func slot(of word: UInt64) -> Int {
    Int((word &* 0x9E37_79B9_7F4A_7C15) >> 57)
  }
}

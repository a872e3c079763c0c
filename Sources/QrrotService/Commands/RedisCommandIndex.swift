internal import QrrotCore

/// Finds a command by its name, in any case, without making a string.
///
/// It is a value of one pointer, so that who has it needs no further load and no counting of references.
struct RedisCommandIndex: Sendable {
  /// What is needed of a command to carry it out: all in half a cache line.
  struct Entry {
    fileprivate var name: Name
    let command: RedisCommand
    let flags: RedisCommandSpec.Flags
    /// How many words it has, its name among them; negative: at least so many.
    let arity: Int8
    /// Where its keys stand: first, last (negative: counted from the end) and the step; 0 for none.
    let firstKey: Int8
    let lastKey: Int8
    let keyStep: Int8

    /// Whether so many words are right.
    @inline(__always)
    func allows(_ count: Int) -> Bool { arity >= 0 ? count == arity : count >= -Int(arity) }

    /// Which of so many words are keys; nil if it has no keys.
    @inline(__always)
    func keyPlaces(in count: Int) -> StrideThrough<Int>? {
      guard firstKey > 0 else { return nil }
      let last = Int(lastKey) + (lastKey < 0 ? count : 0)
      return stride(from: Int(firstKey), through: min(last, count - 1), by: Int(keyStep))
    }
  }

  /// A name of at most 16 bytes as two words; those of an entry are in lower case.
  fileprivate struct Name: Equatable {
    let low: UInt64
    let high: UInt64

    /// Nil if it is longer, or empty.
    @inline(__always)
    init?(_ text: UnsafeRawBufferPointer) {
      // An empty one is as long as can be, counted from one less without a sign.
      guard let start = text.baseAddress, UInt(bitPattern: text.count &- 1) < 16 else { return nil }
      let bytes = start.assumingMemoryBound(to: UInt8.self)
      if text.count < 8 {
        low = Self.lowercased(ByteWord.load(bytes, count: text.count))
        high = 0
      } else {
        low = Self.lowercased(ByteWord.load(bytes))
        let rest = text.count &- 8
        high =
          rest == 0
          ? 0
          : Self.lowercased(
            rest == 8 ? ByteWord.load(bytes + 8) : ByteWord.load(bytes + 8, count: rest))
      }
    }

    @inline(__always)
    var hash: Int {
      let mixed = (low ^ high &* 0x9E37_79B9_7F4A_7C15) &* 0xD6E8_FEB8_6659_FD93
      return Int(truncatingIfNeeded: mixed >> 55)
    }

    /// Eight bytes with their capital letters of ASCII in lower case.
    @inline(__always)
    private static func lowercased(_ word: UInt64) -> UInt64 {
      let ones: UInt64 = 0x0101_0101_0101_0101
      let low = word & 0x7F7F_7F7F_7F7F_7F7F
      // The high bit of each byte tells whether it is at least `A`, and whether it is more than `Z`.
      let fromA = low &+ ones &* (0x80 - 0x41)
      let beyondZ = low &+ ones &* (0x7F - 0x5A)
      return word | (fromA & ~beyondZ & ~word & 0x8080_8080_8080_8080) >> 2
    }
  }

  private static var placeCount: Int { 512 }

  // Both made once, never changed and never given back: all threads may read them.
  nonisolated(unsafe) private let places: UnsafeMutablePointer<Entry?>
  /// By their raw values.
  nonisolated(unsafe) private let entries: UnsafeMutablePointer<Entry>

  private init() {
    places = .allocate(capacity: Self.placeCount)
    places.initialize(repeating: nil, count: Self.placeCount)
    entries = .allocate(capacity: RedisCommand.allCases.count)
    for command in RedisCommand.allCases {
      let spec = command.spec
      var text = spec.name
      guard let name = text.withUTF8({ Name(UnsafeRawBufferPointer($0)) }) else {
        preconditionFailure("the table of commands has a name of more than 16 bytes")
      }
      var place = name.hash
      while places[place] != nil { place = (place + 1) & (Self.placeCount - 1) }
      let entry = Entry(
        name: name, command: command, flags: spec.flags,
        arity: Int8(truncatingIfNeeded: spec.arity),
        firstKey: Int8(truncatingIfNeeded: spec.keys.first),
        lastKey: Int8(truncatingIfNeeded: spec.keys.last),
        keyStep: Int8(truncatingIfNeeded: spec.keys.step))
      places[place] = entry
      (entries + Int(command.rawValue)).initialize(to: entry)
    }
  }

  /// The command of a name; nil if there is none.
  ///
  /// - Complexity: O(1).
  @inline(__always)
  func find(_ text: UnsafeRawBufferPointer) -> Entry? {
    guard let name = Name(text) else { return nil }
    var place = name.hash
    while let entry = places[place] {
      if entry.name == name { return entry }
      place = (place &+ 1) & (Self.placeCount &- 1)
    }
    return nil
  }

  /// What a command is like.
  @inline(__always)
  subscript(command: RedisCommand) -> Entry { entries[Int(command.rawValue)] }

  static let shared = RedisCommandIndex()
}

import QrrotCore

/// Finds a command by its name, in one probe most often: a name is at most eight letters, so it is
/// one machine word.
struct NameTable {
  /// A command as the parser needs it.
  struct Entry {
    /// The name in lower case, its first letter lowest, with spaces behind it; 0 if no command
    /// stands here.
    var word: UInt64
    var name: CommandName
    /// What ``PlainLine`` needs to know of it.
    var plainForm: PlainForm
    var signature: Signature

    init(word: UInt64, name: CommandName) {
      self.word = word
      self.name = name
      signature = Signature(name.spec)
      plainForm = PlainForm(name, signature)
    }
  }

  /// The table, made once for all parsers: a server has one for each client.
  static let shared = NameTable()

  private var entries: [Entry]

  private init() {
    entries = Array(repeating: Entry(word: 0, name: .size), count: Self.slotCount)
    for name in CommandName.allCases {
      let text = name.text.utf8.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      let word = text | ByteWord.spaces
      var slot = Self.slot(of: word)
      while entries[slot].word != 0 { slot = (slot + 1) % Self.slotCount }
      entries[slot] = Entry(word: word, name: name)
    }
  }

  /// The command that `text` names, in any case of its letters.
  func find(_ text: UnsafeBufferPointer<UInt8>) -> Entry? {
    guard let start = text.baseAddress, !text.isEmpty, text.count <= ByteWord.byteCount else {
      return nil
    }
    let word =
      text.count == ByteWord.byteCount
      ? ByteWord.load(start) : ByteWord.load(start, count: text.count)
    // The word does not tell a zero or a blank at the text's end from nothing; the count does.
    guard let entry = find(word), entry.name.text.utf8.count == text.count else { return nil }
    return entry
  }

  /// The command whose name these bytes are, the first lowest, zeros behind the last.
  @inline(__always)
  func find(_ text: UInt64) -> Entry? {
    // Zeros become spaces, a capital letter its small letter. Nothing else becomes a letter.
    let word = text | ByteWord.spaces
    var slot = Self.slot(of: word)
    while true {
      let found = entries[slot].word
      if found == word { return entries[slot] }
      if found == 0 { return nil }
      slot = (slot + 1) % Self.slotCount
    }
  }

  private static let slotCount = 128

  private static func slot(of word: UInt64) -> Int {
    Int(truncatingIfNeeded: (word &* 0x9E37_79B9_7F4A_7C15) >> 57)
  }
}

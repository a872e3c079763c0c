/// One parsed command: its name and its arguments, already unescaped and typed.
///
/// A command owns one buffer that holds the bytes of all its arguments, so that a parser can fill
/// the same command again and again without allocating. Nothing in it refers to the text it came
/// from.
public struct Command: Sendable {
  /// One argument: what it is, and where its bytes stand in ``Command/bytes``.
  public struct Argument: Equatable, Sendable {
    /// What an argument is.
    public enum Kind: Equatable, Sendable {
      /// A key.
      case key
      /// A glob over keys.
      case pattern
      /// A value of this type.
      case value(ValueType)
      /// A JSON Path (RFC 9535): its text, unescaped, that begins with `$`.
      case path
      /// A part of a query.
      case clause(QueryPart)
      /// A number that is an argument, not a value.
      case number
      /// A word, a file name or the name of a command; the name of a sub-command and what follows it.
      case word
      /// The rest of a line, as it was written.
      case text
      /// What an option is given, by the option's index in ``CommandSpec/options``; a flag has no
      /// bytes.
      case option(Int)
    }

    /// What it is.
    public var kind: Kind
    /// Where its bytes begin; an int or a number has none.
    public var offset: Int
    /// How many bytes it has.
    public var byteCount: Int
    /// The number, for an int value, a number and a limit.
    public var integer: Int64

    /// Where its bytes stand.
    public var range: Range<Int> { offset..<(offset + byteCount) }

    /// Describes an argument.
    @inlinable
    public init(kind: Kind, offset: Int, byteCount: Int, integer: Int64) {
      self.kind = kind
      self.offset = offset
      self.byteCount = byteCount
      self.integer = integer
    }
  }

  /// Which command this is.
  @inlinable public var name: CommandName { storedName }
  /// The bytes of all arguments, one after another, and some room behind them: only what an
  /// argument's ``Argument/range`` names has a meaning.
  ///
  /// The room is part of the array, so that a parser can write into it in place, without the checks
  /// of an append for each piece.
  @inlinable public var bytes: [UInt8] { storage }
  /// The arguments, in order.
  @inlinable public var arguments: Arguments { storedArguments }

  // Visible to ``fill(_:)``, wherever that is inlined.
  @usableFromInline var storedName: CommandName
  @usableFromInline var storage: [UInt8] = []
  @usableFromInline var storedArguments = Arguments()
  /// How many bytes of the storage are taken.
  @usableFromInline var usedByteCount = 0

  /// Makes a command without arguments.
  public init(_ name: CommandName = .size) {
    storedName = name
  }

  /// Begins to describe another command, keeping the storage unless it is large.
  ///
  /// - Complexity: O(1).
  public mutating func reset(to name: CommandName) {
    storedName = name
    usedByteCount = 0
    storedArguments.removeAll()
    if storage.count > Self.keptByteCount { storage = [] }
  }

  /// Begins to describe a command that is parsed from `lineByteCount` bytes, with room for them all
  /// if they are not very many, so that the next line of that length can be read in place.
  ///
  /// - Complexity: O(`lineByteCount`), and O(1) once the storage has grown.
  public mutating func reset(to name: CommandName, lineByteCount: Int) {
    reset(to: name)
    let needed = max(lineByteCount + Self.roomByteCount, Self.leastByteCount)
    if storage.count < needed, lineByteCount <= Self.reservedByteCount {
      storage.append(contentsOf: repeatElement(0, count: needed - storage.count))
    }
  }

  /// Adds an argument with these bytes.
  public mutating func append(_ kind: Argument.Kind, _ content: UnsafeBufferPointer<UInt8>) {
    let offset = usedByteCount
    let end = offset + content.count
    if end <= storage.count {
      storage.withUnsafeMutableBufferPointer { room in
        _ = UnsafeMutableBufferPointer(rebasing: room[offset..<end]).update(fromContentsOf: content)
      }
      usedByteCount = end
    } else {
      storage.removeLast(storage.count - offset)
      storage.append(contentsOf: content)
      takeAll()
    }
    storedArguments.append(
      Argument(kind: kind, offset: offset, byteCount: content.count, integer: 0))
  }

  /// Adds an argument with these bytes.
  public mutating func append(_ kind: Argument.Kind, _ content: [UInt8]) {
    content.withUnsafeBufferPointer { append(kind, $0) }
  }

  /// Adds an int value or a number.
  public mutating func append(_ kind: Argument.Kind, _ integer: Int64) {
    storedArguments.append(
      Argument(kind: kind, offset: usedByteCount, byteCount: 0, integer: integer))
  }

  /// Adds an argument whose bytes `body` appends to the buffer it is given.
  ///
  /// If `body` throws, the command is half made: ``reset(to:)`` it before it is used.
  public mutating func append<E: Error>(
    _ kind: Argument.Kind, _ body: (inout [UInt8]) throws(E) -> Void
  ) throws(E) {
    let offset = usedByteCount
    storage.removeLast(storage.count - offset)
    try body(&storage)
    takeAll()
    storedArguments.append(
      Argument(kind: kind, offset: offset, byteCount: usedByteCount - offset, integer: 0))
  }

  /// Counts all of the storage as taken, and makes new room behind them.
  private mutating func takeAll() {
    usedByteCount = storage.count
    // Enough for the next lines of the same length, and not so much that clearing it is felt.
    let room = max(Self.roomByteCount, Self.leastByteCount - usedByteCount)
    storage.append(contentsOf: repeatElement(0, count: room))
  }

  /// Hands all of ``bytes`` to `body`, with no arguments yet; `body` writes the arguments' bytes,
  /// adds the arguments, and says what the command is and how many bytes they take. If it says
  /// nothing, the command is as unspecified as after a failure.
  ///
  /// This is for a parser. It is inlinable, so that a plain line is read without a call into this
  /// module; nothing is checked or counted for each byte. Storage that ``reset(to:)`` would give
  /// back is not handed out; neither does this make it grow.
  ///
  /// - Returns: whether the command is made.
  @inlinable
  @inline(__always)
  public mutating func fill(
    _ body: (UnsafeMutableBufferPointer<UInt8>, inout Arguments) -> (CommandName, byteCount: Int)?
  ) -> Bool {
    guard storage.count <= Self.keptByteCount else { return false }
    let filling = storage.withUnsafeMutableBufferPointer { room in
      storedArguments.removeAll()
      return body(room, &storedArguments)
    }
    guard let filling else { return false }
    storedName = filling.0
    usedByteCount = filling.byteCount
    return true
  }

  /// Adds a typed value.
  public mutating func append(_ value: Value) {
    switch value {
    case .string(let content): append(.value(.string), content)
    case .int(let integer): append(.value(.int), integer)
    case .json(let text): append(.value(.json), text)
    }
  }

  /// The bytes of argument `index`, as a copy; empty if there is none.
  public func content(_ index: Int) -> [UInt8] {
    index < arguments.count ? Array(bytes[arguments[index].range]) : []
  }

  /// The text of argument `index`, with invalid UTF-8 repaired; empty if there is none.
  public func text(_ index: Int) -> String {
    String(decoding: content(index), as: UTF8.self)
  }

  /// Beyond this, a reused command gives its memory back.
  @inlinable static var keptByteCount: Int { 1 << 20 }
  /// The room behind the arguments after the storage has grown.
  private static let roomByteCount = 64
  /// Lines of up to this length are given room before their arguments are known.
  private static let reservedByteCount = 1 << 16
  /// The least size of storage, so that commands of usual length find room at once.
  private static let leastByteCount = 256
}

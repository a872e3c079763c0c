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
      /// A number that is an argument, not a value.
      case number
      /// A word, a file name or the name of a command.
      case word
    }

    /// What it is.
    public var kind: Kind
    /// Where its bytes begin; an int or a number has none.
    public var offset: Int
    /// How many bytes it has.
    public var byteCount: Int
    /// The number, for an int value and for a number.
    public var integer: Int64

    /// Where its bytes stand.
    public var range: Range<Int> { offset..<(offset + byteCount) }
  }

  /// Which command this is.
  public private(set) var name: CommandName
  /// The bytes of all arguments, one after another.
  public private(set) var bytes: [UInt8] = []
  /// The arguments, in order.
  public private(set) var arguments: [Argument] = []

  /// Makes a command without arguments.
  public init(_ name: CommandName = .size) {
    self.name = name
  }

  /// Begins to describe another command, keeping the storage unless it is large.
  ///
  /// - Complexity: O(1).
  public mutating func reset(to name: CommandName) {
    self.name = name
    let keeps = bytes.count <= Self.keptByteCount
    bytes.removeAll(keepingCapacity: keeps)
    arguments.removeAll(keepingCapacity: keeps)
  }

  /// Adds an argument with these bytes.
  public mutating func append(_ kind: Argument.Kind, _ content: UnsafeBufferPointer<UInt8>) {
    arguments.append(
      Argument(kind: kind, offset: bytes.count, byteCount: content.count, integer: 0))
    bytes.append(contentsOf: content)
  }

  /// Adds an argument with these bytes.
  public mutating func append(_ kind: Argument.Kind, _ content: [UInt8]) {
    content.withUnsafeBufferPointer { append(kind, $0) }
  }

  /// Adds an int value or a number.
  public mutating func append(_ kind: Argument.Kind, _ integer: Int64) {
    arguments.append(Argument(kind: kind, offset: bytes.count, byteCount: 0, integer: integer))
  }

  /// Adds an argument whose bytes `body` appends to the buffer it is given.
  ///
  /// If `body` throws, the command is half made: ``reset(to:)`` it before it is used.
  public mutating func append<E: Error>(
    _ kind: Argument.Kind, _ body: (inout [UInt8]) throws(E) -> Void
  ) throws(E) {
    let offset = bytes.count
    try body(&bytes)
    arguments.append(
      Argument(kind: kind, offset: offset, byteCount: bytes.count - offset, integer: 0))
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
  private static let keptByteCount = 1 << 20
}

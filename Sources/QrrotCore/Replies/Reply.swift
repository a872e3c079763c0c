/// What a command answered.
///
/// A reply owns one buffer for all its bytes, so that the same reply can be filled again and again
/// without allocating; ``Renderer`` types turn it into text.
public struct Reply: Sendable {
  /// The shape of a reply.
  public enum Shape: Equatable, Sendable {
    /// Done; nothing to show but `OK`.
    case ok
    /// There is no such value.
    case none
    /// One cell.
    case single
    /// A list of keys.
    case keys
    /// Rows under named columns.
    case rows
  }

  /// One value in a reply, or the absence of one.
  public struct Cell: Equatable, Sendable {
    /// How a cell is shown.
    public enum Kind: Equatable, Sendable {
      /// Nothing there.
      case absent
      /// A key.
      case key
      /// A plain word, such as a type's name.
      case word
      /// A number that the engine counted, or an int that it made.
      case integer
      /// The whole value of a key, of this type.
      case value(ValueType)
      /// A JSON text found inside a value, or computed. In text it is that text, a scalar too; where
      /// fields are printed a JSON string is its characters, without quotes and escapes.
      case json
    }

    /// How it is shown.
    public var kind: Kind
    /// Where its bytes begin in ``Reply/bytes``.
    public var offset: Int
    /// How many bytes it has; an integer has none.
    public var byteCount: Int
    /// The number, for an integer and for an int value.
    public var integer: Int64

    /// Where its bytes stand.
    public var range: Range<Int> { offset..<(offset + byteCount) }
  }

  /// The shape.
  public private(set) var shape: Shape = .ok
  /// The names of the columns, for rows; a list of keys has the one column `key`.
  public private(set) var columns: [String] = []
  /// The bytes of all cells.
  public private(set) var bytes: [UInt8] = []
  /// The cells, row after row.
  public private(set) var cells: [Cell] = []

  /// Makes the reply `OK`.
  public init() {}

  /// How many cells make a row.
  public var columnCount: Int { max(1, columns.count) }
  /// How many rows, keys or single values there are.
  public var rowCount: Int { cells.count / columnCount }

  /// Becomes an empty reply of this shape, keeping the storage unless it is large.
  public mutating func reset(_ shape: Shape, columns: [String] = []) {
    self.shape = shape
    if !(columns.isEmpty && self.columns.isEmpty) { self.columns = columns }
    let keeps = bytes.count + cells.count <= Self.keptCount
    // Most replies have one cell or none. Removing all of an array is dear even if that is nothing.
    if !bytes.isEmpty { bytes.removeAll(keepingCapacity: keeps) }
    if cells.count == 1 {
      cells.removeLast()
    } else if !cells.isEmpty {
      cells.removeAll(keepingCapacity: keeps)
    }
  }

  /// Becomes one integer.
  public mutating func set(integer: Int64) {
    reset(.single)
    append(integer: integer)
  }

  /// Becomes one word.
  public mutating func set(word: String) {
    reset(.single)
    append(word: word)
  }

  /// Adds a cell with these bytes.
  public mutating func append(_ kind: Cell.Kind, _ content: UnsafeRawBufferPointer) {
    cells.append(Cell(kind: kind, offset: bytes.count, byteCount: content.count, integer: 0))
    bytes.append(contentsOf: content)
  }

  /// Adds a cell with these bytes.
  public mutating func append(_ kind: Cell.Kind, _ content: [UInt8]) {
    content.withUnsafeBytes { append(kind, $0) }
  }

  /// Adds a word.
  public mutating func append(word: String) {
    append(.word, Array(word.utf8))
  }

  /// Adds an integer.
  public mutating func append(integer: Int64, as kind: Cell.Kind = .integer) {
    cells.append(Cell(kind: kind, offset: bytes.count, byteCount: 0, integer: integer))
  }

  /// Adds an empty cell.
  public mutating func appendAbsent() {
    cells.append(Cell(kind: .absent, offset: bytes.count, byteCount: 0, integer: 0))
  }

  /// Adds the value of a key.
  public mutating func append(_ value: Value) {
    switch value {
    case .string(let content): append(.value(.string), content)
    case .int(let integer): append(integer: integer, as: .value(.int))
    case .json(let text): append(.value(.json), text)
    }
  }

  /// The bytes of a cell, as a copy.
  public func content(of cell: Cell) -> [UInt8] { Array(bytes[cell.range]) }

  /// Beyond this, a reused reply gives its memory back.
  private static let keptCount = 1 << 20
}

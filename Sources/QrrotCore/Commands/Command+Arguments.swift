extension Command {
  /// The arguments of a command, in order.
  ///
  /// The first two stand in the command itself, and nearly no command has more: setting them is two
  /// stores, where an array would check its uniqueness and capacity for each.
  public struct Arguments: RandomAccessCollection, Sendable {
    /// How many there are.
    @inlinable public var count: Int { storedCount }

    @usableFromInline var storedCount = 0
    @usableFromInline var leading = (Self.none, Self.none)
    @usableFromInline var further: [Argument] = []

    init() {}

    /// The index of the first argument.
    @inlinable public var startIndex: Int { 0 }
    /// One more than the index of the last argument.
    @inlinable public var endIndex: Int { count }

    /// Argument `index`; it is a programmer's mistake to ask for one that is not there.
    @inlinable
    public subscript(index: Int) -> Argument {
      precondition(index >= 0 && index < count, "a command has no argument of that index")
      return switch index {
      case 0: leading.0
      case 1: leading.1
      default: further[index - 2]
      }
    }

    /// Adds an argument; only who fills a command has arguments that can be changed.
    @inlinable
    @inline(__always)
    public mutating func append(_ argument: Argument) {
      switch storedCount {
      case 0: leading.0 = argument
      case 1: leading.1 = argument
      default: further.append(argument)
      }
      storedCount &+= 1
    }

    /// Removes all arguments, keeping the memory of those beyond two unless it is large.
    @inlinable
    @inline(__always)
    mutating func removeAll() {
      if storedCount > 2 {
        further.removeAll(keepingCapacity: further.count <= Self.keptCount)
      }
      storedCount = 0
    }

    private static let none = Argument(kind: .key, offset: 0, byteCount: 0, integer: 0)
    @inlinable static var keptCount: Int { 1 << 12 }
  }
}

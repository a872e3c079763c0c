/// The bytes that a fuzzer chose, taken from the front as decisions.
///
/// At the end there are zeros, so that every input means something and a shorter one means less.
package struct FuzzInput {
  private var bytes: ArraySlice<UInt8>

  package init(_ bytes: some Sequence<UInt8>) { self.bytes = ArraySlice(Array(bytes)) }

  /// Whether all bytes are taken.
  package var isAtEnd: Bool { bytes.isEmpty }
  /// How many bytes there are still.
  package var count: Int { bytes.count }

  /// One byte.
  package mutating func byte() -> UInt8 { bytes.popFirst() ?? 0 }

  /// A number of up to eight bytes, little-endian.
  package mutating func number(byteCount: Int) -> UInt64 {
    (0..<byteCount).reduce(0) { $0 | UInt64(byte()) << (8 * UInt64($1)) }
  }

  /// A number below `limit`, of one byte if that will do and of two if not.
  package mutating func number(below limit: Int) -> Int {
    limit <= 1 ? 0 : Int(number(byteCount: limit <= 256 ? 1 : 2)) % limit
  }

  /// Whether a decision of one bit is yes.
  package mutating func flag() -> Bool { byte() & 1 == 1 }

  /// The next bytes as they are, fewer at the end.
  package mutating func take(_ count: Int) -> [UInt8] {
    let taken = Array(bytes.prefix(count))
    bytes = bytes.dropFirst(taken.count)
    return taken
  }

  /// All that is left.
  package mutating func rest() -> [UInt8] { take(bytes.count) }
}

/// Something that must never happen and did.
package struct FuzzFailure: Error, Equatable, CustomStringConvertible {
  package var description: String

  package init(_ description: String) { self.description = description }

  /// Throws unless `condition` holds.
  package static func unless(
    _ condition: Bool, _ text: @autoclosure () -> String
  ) throws(FuzzFailure) {
    if !condition { throw FuzzFailure(text()) }
  }
}

/// A path as the operating system takes it: bytes without a zero, not necessarily UTF-8.
package struct DiskPath: Hashable, Sendable {
  /// The bytes.
  package let bytes: [UInt8]

  /// Makes a path. Bytes from a zero on are left out: the system would not see them either. So are
  /// slashes at the end: with one, the system would follow a symbolic link.
  package init(_ bytes: some Sequence<UInt8>) {
    var bytes = Array(bytes.prefix { $0 != 0 })
    while bytes.count > 1, bytes.last == Self.slash { bytes.removeLast() }
    self.bytes = bytes
  }

  /// Makes a path from text.
  package init(_ text: String) { self.init(text.utf8) }

  /// The path of an entry in this folder.
  package func appending(_ name: String) -> DiskPath {
    let separator = bytes.isEmpty || bytes.last == Self.slash ? [] : [Self.slash]
    return DiskPath(bytes + separator + Array(name.utf8))
  }

  /// The path of the folder that holds this, `.` if the path does not name it.
  package var parent: DiskPath {
    guard let name = nameRange, name.lowerBound > 0 else {
      return DiskPath(bytes.first == Self.slash ? "/" : ".")
    }
    var end = name.lowerBound - 1
    while end > 0, bytes[end - 1] == Self.slash { end -= 1 }
    return end == 0 ? DiskPath("/") : DiskPath(bytes[..<end])
  }

  /// The last component without slashes; empty for the root.
  package var name: String {
    nameRange.map { String(decoding: bytes[$0], as: UTF8.self) } ?? ""
  }

  private var nameRange: Range<Int>? {
    guard let last = bytes.lastIndex(where: { $0 != Self.slash }) else { return nil }
    let before = bytes[..<last].lastIndex(of: Self.slash)
    return (before.map { $0 + 1 } ?? 0)..<(last + 1)
  }

  /// Hands the path to a call of the C library.
  func withCString<R>(_ body: (UnsafePointer<CChar>) -> R) -> R {
    var terminated = bytes.map { CChar(bitPattern: $0) }
    terminated.append(0)
    return terminated.withUnsafeBufferPointer { buffer in
      // A buffer of one element or more has an address.
      buffer.baseAddress.map(body) ?? body("")
    }
  }

  private static let slash = UInt8(ascii: "/")
}

extension DiskPath: CustomStringConvertible {
  /// The path as text; bytes that are not UTF-8 are replaced.
  package var description: String { String(decoding: bytes, as: UTF8.self) }
}

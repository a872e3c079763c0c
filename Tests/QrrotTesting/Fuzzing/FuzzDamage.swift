/// What disks, and those who copy files, do to bytes; which of it follows from a fuzzer's input.
///
/// It writes nothing that the input says byte by byte, so that a fuzzer can't make up a checksum that
/// fits: such a file would be another file and not a damaged one.
package struct FuzzDamage {
  private enum Kind: Int, CaseIterable {
    case bit, byte, cut, zeros, sectorZeros, missing, twice, moved, noise
  }

  private var kind: Kind
  private var place: Int
  private var size: Int

  package init(_ input: inout FuzzInput) {
    kind = Kind(rawValue: input.number(below: Kind.allCases.count)) ?? .bit
    place = Int(input.number(byteCount: 3))
    size = Int(input.number(byteCount: 2))
  }

  /// Does it to `bytes`; nothing if there are none.
  package func apply(to bytes: inout [UInt8]) {
    guard !bytes.isEmpty else { return }
    let start = place % bytes.count
    let end = min(bytes.count, start + 1 + size % 700)
    switch kind {
    case .bit: bytes[start] ^= 1 << UInt8(size & 7)
    case .byte: bytes[start] = UInt8(truncatingIfNeeded: size)
    case .cut: bytes.removeSubrange(start...)
    case .zeros: for index in start..<bytes.count { bytes[index] = 0 }
    case .sectorZeros:
      for index in start..<min(bytes.count, (start / 512 + 1) * 512) { bytes[index] = 0 }
    case .missing: bytes.removeSubrange(start..<end)
    case .twice: bytes.insert(contentsOf: Array(bytes[start..<end]), at: end)
    case .moved: bytes.append(contentsOf: Array(bytes[start..<end]))
    case .noise:
      var random = SeededGenerator(seed: UInt64(size))
      for index in start..<end { bytes[index] = UInt8.random(in: 0...255, using: &random) }
    }
  }
}

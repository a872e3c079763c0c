import QrrotCore
import QrrotTesting

@testable import QrrotStore

extension FuzzInput {
  /// Commits of all kinds, at most eight.
  mutating func commits() -> [Commit] {
    (0..<(1 + number(below: 8))).map { _ in
      (0..<(1 + number(below: 3))).map { _ in change() }
    }
  }

  /// One change. The bytes of key and value follow from their sizes: what they are means nothing to
  /// a log, and so the input is not spent on them.
  mutating func change() -> StoredChange {
    let choice = byte()
    let key = "key\(number(below: 200))"
    switch choice & 15 {
    case 0: return .clear
    case 1, 2: return StoredChange(remove: key)
    default: return put(key, choice)
    }
  }

  /// A record of a snapshot; about one in eight is large.
  mutating func record() -> StoredChange {
    let choice = byte()
    var record = put("key\(number(below: 200))", choice)
    record.version = record.version ?? UInt64(choice)
    if choice & 7 == 7, record.type != .int {
      record.value = [UInt8](repeating: choice, count: 2 * Int(number(byteCount: 2)))
    }
    return record
  }

  private mutating func put(_ key: String, _ choice: UInt8) -> StoredChange {
    let type = ValueType(rawValue: (choice >> 4) % 3) ?? .string
    let size = number(below: 256)
    let count = type == .int ? 8 : size < 200 ? size : (size - 190) * 40
    return StoredChange(
      put: key, (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ size) }, type: type,
      version: choice & 64 == 0 ? nil : number(byteCount: 6),
      expiry: choice & 128 == 0 ? 0 : Int64(bitPattern: number(byteCount: 8)))
  }
}

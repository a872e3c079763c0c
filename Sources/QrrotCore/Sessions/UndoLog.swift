/// The before-images of a session's last writes, newest last.
///
/// A *group* is one committed write: one command, or one transaction. Groups and the bytes they hold
/// are bounded; the oldest go first. A write too large to be kept empties the log, since nothing
/// before it can be undone either.
///
/// All before-images stand in one buffer, front to back, so that recording a write costs two copies
/// and, but for a few, no allocation. Per key: before-version, after-version (8 bytes each), key and value length
/// (4 bytes each), the type before (1 byte, 255 for absent, 16 more if an expiry follows), the
/// expiry (8 bytes, if there was one), the key, the value.
public struct UndoLog: Sendable {
  /// One key's state before a write.
  public struct Image: Equatable, Sendable {
    /// The key.
    public var key: [UInt8]
    /// The value before; nil if the key was absent.
    public var before: Value?
    /// When the key was to expire, in milliseconds since 1970; 0 for never.
    public var expiry: Int64
    /// The record's version before, or that of the key's absence.
    public var versionBefore: UInt64
    /// The version that the write gave it, or its absence if it removed the key.
    public var versionAfter: UInt64
  }

  private struct Group {
    var offset: Int
    var keyCount: Int
  }

  /// The before-images, and behind them room for more, so that most are written without a question.
  private var buffer: [UInt8] = []
  /// How many bytes of `buffer` are written.
  private var usedByteCount = 0
  /// Bytes at the front of `buffer` that belong to no group any more.
  private var deadByteCount = 0
  /// The writes, oldest first. A deque would take a tenth of the time of a short write on the network.
  private var groups: [Group] = []
  /// How many at the front of `groups` are forgotten.
  private var deadGroupCount = 0
  private var openGroup: Group?

  /// Where a server keeps it; nil for one that is kept here, and for an empty one.
  package var place: RemotePlace?

  /// Makes an empty log.
  public init() {}

  /// Whether a copy of it is kept at the same place.
  package mutating func sharesPlace() -> Bool {
    place != nil && !isKnownUniquelyReferenced(&place)
  }

  /// How many writes can be taken back.
  public var count: Int { groups.count - deadGroupCount }

  /// How many bytes its before-images take.
  public var byteCount: Int { usedByteCount }
  /// Whether the newest write was too large to be kept.
  public private(set) var lastWriteWasTooLarge = false

  /// What a before-image with a key and a value of these lengths takes.
  public static func imageByteCount(
    keyByteCount: Int, valueByteCount: Int, hasExpiry: Bool = false
  ) -> Int {
    headerByteCount + (hasExpiry ? expiryByteCount : 0) + keyByteCount + valueByteCount
  }

  /// Begins to record a write that will need `byteCount` bytes of before-images.
  ///
  /// - Returns: whether it is recorded; if not (it needs more than ``Limits/undoByteCount``), the log
  ///   is empty afterwards and calls to `record` do nothing until the next `begin`.
  @discardableResult
  public mutating func begin(byteCount: Int) -> Bool {
    guard byteCount <= Limits.undoByteCount else {
      removeAll()
      lastWriteWasTooLarge = true
      return false
    }
    openGroup = Group(offset: usedByteCount, keyCount: 0)
    // Doubling would copy what a large write has recorded so far, again and again.
    if byteCount > Self.reservedByteCount { makeRoom(byteCount) }
    return true
  }

  /// Records the state of one key before the write; `type` is nil if the key is absent, `expiry` 0
  /// if it does not expire.
  public mutating func record(
    key: UnsafeRawBufferPointer, type: ValueType?, value: UnsafeRawBufferPointer,
    expiry: Int64 = 0, versionBefore: UInt64, versionAfter: UInt64
  ) {
    guard openGroup != nil else { return }
    append(
      Header(
        versionBefore: versionBefore, versionAfter: versionAfter, tag: Self.tag(type, expiry)),
      expiry: expiry, key, value)
    openGroup?.keyCount += 1
  }

  /// Records a write of one key that had a value and no expiry, from its beginning to its end: what the
  /// other calls do for many, and cheaper.
  package mutating func recordWrite(
    key: UnsafeRawBufferPointer, type: ValueType, value: UnsafeRawBufferPointer,
    versionBefore: UInt64, versionAfter: UInt64
  ) {
    let offset = usedByteCount
    append(
      Header(versionBefore: versionBefore, versionAfter: versionAfter, tag: type.rawValue),
      expiry: 0, key, value)
    finish(Group(offset: offset, keyCount: 1))
  }

  /// Ends the write; one that recorded nothing leaves no trace.
  public mutating func end() {
    guard let group = openGroup else { return }
    openGroup = nil
    guard group.keyCount > 0 else { return }
    finish(group)
  }

  private mutating func finish(_ group: Group) {
    lastWriteWasTooLarge = false
    groups.append(group)
    while count > Limits.undoWriteCount || liveByteCount > Limits.undoByteCount {
      dropOldest()
    }
  }

  /// The images of the write `age` writes ago (0 is the newest), in the order of recording.
  ///
  /// - Complexity: O(bytes of the group).
  public func images(age: Int) -> [Image] {
    guard age >= 0, age < count else { return [] }
    let group = groups[groups.count - 1 - age]
    var images: [Image] = []
    images.reserveCapacity(group.keyCount)
    var offset = group.offset
    for _ in 0..<group.keyCount { images.append(image(at: &offset)) }
    return images
  }

  /// Forgets the newest `count` writes, once they have been taken back.
  public mutating func removeNewest(_ count: Int) {
    for _ in 0..<min(count, self.count) {
      let group = groups.removeLast()
      usedByteCount = group.offset
    }
  }

  private mutating func removeAll() {
    buffer = []
    usedByteCount = 0
    deadByteCount = 0
    groups.removeAll()
    deadGroupCount = 0
    openGroup = nil
  }

  private var liveByteCount: Int { usedByteCount - deadByteCount }

  private mutating func dropOldest() {
    deadGroupCount += 1
    deadByteCount =
      deadGroupCount < groups.count ? groups[deadGroupCount].offset : usedByteCount
    if deadGroupCount > Limits.undoWriteCount {
      groups.removeFirst(deadGroupCount)
      deadGroupCount = 0
    }
    // Moving the live bytes to the front costs as much as recording them did, once for every time
    // that as many have died: constant work a byte in the long run.
    guard deadByteCount > Self.compactionByteCount, deadByteCount > usedByteCount / 2 else {
      return
    }
    let live = deadByteCount..<usedByteCount
    buffer.withUnsafeMutableBytes { bytes in
      bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[live]))
    }
    usedByteCount = live.count
    if buffer.count > Self.reservedByteCount, buffer.count / 4 > usedByteCount {
      buffer.removeLast(buffer.count - 2 * usedByteCount)
    }
    for index in deadGroupCount..<groups.count { groups[index].offset -= deadByteCount }
    deadByteCount = 0
  }
}

extension UndoLog {
  private static let headerByteCount = 25
  private static let expiryByteCount = 8
  private static let absentTag: UInt8 = 255
  private static let expiryFlag: UInt8 = 16
  private static let compactionByteCount = 64 << 10
  private static let reservedByteCount = 1 << 20
  private static let leastByteCount = 1 << 10

  /// What stands in front of every key, but for the lengths.
  private struct Header {
    let versionBefore: UInt64
    let versionAfter: UInt64
    let tag: UInt8
  }

  private static func tag(_ type: ValueType?, _ expiry: Int64) -> UInt8 {
    let tag = type?.rawValue ?? absentTag
    return expiry == 0 ? tag : tag | expiryFlag
  }

  /// Makes room for so many bytes behind what is written.
  @inline(never)
  private mutating func makeRoom(_ byteCount: Int) {
    let count = max(usedByteCount + byteCount, 2 * buffer.count, Self.leastByteCount)
    // A collection that is appended is asked for each of its bytes where nothing is optimised.
    var grown = [UInt8](repeating: 0, count: count)
    grown.withUnsafeMutableBytes { grown in
      buffer.withUnsafeBytes {
        grown.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<usedByteCount]))
      }
    }
    buffer = grown
  }

  private mutating func append(
    _ header: Header, expiry: Int64, _ key: UnsafeRawBufferPointer,
    _ value: UnsafeRawBufferPointer
  ) {
    let headByteCount = Self.headerByteCount + (expiry == 0 ? 0 : Self.expiryByteCount)
    let byteCount = headByteCount + key.count + value.count
    if buffer.count - usedByteCount < byteCount { makeRoom(byteCount) }
    buffer.withUnsafeMutableBytes { bytes in
      // Within the buffer, as was just seen to.
      guard let image = bytes.baseAddress.map({ $0 + usedByteCount }) else { return }
      image.storeBytes(of: header.versionBefore.littleEndian, as: UInt64.self)
      image.storeBytes(of: header.versionAfter.littleEndian, toByteOffset: 8, as: UInt64.self)
      let lengths =
        UInt64(UInt32(truncatingIfNeeded: key.count))
        | UInt64(truncatingIfNeeded: value.count) << 32
      image.storeBytes(of: lengths.littleEndian, toByteOffset: 16, as: UInt64.self)
      image.storeBytes(of: header.tag, toByteOffset: 24, as: UInt8.self)
      if expiry != 0 {
        image.storeBytes(of: expiry.littleEndian, toByteOffset: 25, as: Int64.self)
      }
      let place = image + headByteCount
      if let start = key.baseAddress { place.copyMemory(from: start, byteCount: key.count) }
      if let start = value.baseAddress {
        (place + key.count).copyMemory(from: start, byteCount: value.count)
      }
    }
    usedByteCount += byteCount
  }

  private func integer<T: FixedWidthInteger>(at offset: inout Int) -> T {
    defer { offset += MemoryLayout<T>.size }
    return buffer.withUnsafeBytes {
      T(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: T.self))
    }
  }

  private func image(at offset: inout Int) -> Image {
    let versionBefore: UInt64 = integer(at: &offset)
    let versionAfter: UInt64 = integer(at: &offset)
    let keyByteCount: UInt32 = integer(at: &offset)
    let valueByteCount: UInt32 = integer(at: &offset)
    var tag: UInt8 = integer(at: &offset)
    var expiry: Int64 = 0
    if tag != Self.absentTag, tag & Self.expiryFlag != 0 {
      tag &= ~Self.expiryFlag
      expiry = integer(at: &offset)
    }
    let key = Array(buffer[offset..<(offset + Int(keyByteCount))])
    offset += key.count
    let content = buffer[offset..<(offset + Int(valueByteCount))]
    offset += content.count
    return Image(
      key: key, before: Value(storedType: ValueType(rawValue: tag), bytes: content),
      expiry: expiry, versionBefore: versionBefore, versionAfter: versionAfter)
  }
}

extension Value {
  /// Reads a value in the form in which the keyspace holds it; nil if there is no type.
  ///
  /// An int stands as 8 bytes, little-endian; anything shorter reads as if filled with zeros.
  package init?(storedType: ValueType?, bytes: some Collection<UInt8>) {
    switch storedType {
    case nil: return nil
    case .string: self = .string(Array(bytes))
    case .json: self = .json(Array(bytes))
    case .int:
      let bits = bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      self = .int(Int64(bitPattern: bits))
    }
  }
}

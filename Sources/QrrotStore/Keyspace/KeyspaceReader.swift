internal import CProcessor

extension Keyspace {
  /// Looking keys up, apart from the table's owner: a copy of its one pointer.
  ///
  /// Whoever holds one can begin a look-up (the hash) before taking the lock, and needs no further
  /// load to get at the table after it. It is good for as long as the table lives.
  struct Reader {
    // Behind the pointer lies what the table's lock guards, but for the hash's secret, which never
    // changes.
    let state: UnsafeMutablePointer<State>
  }
}

extension Keyspace.Reader {
  /// The hash of a key that is no longer than `KeyHash.shortByteLimit`.
  @inline(__always)
  func shortHash(_ key: UnsafeRawBufferPointer) -> UInt64 {
    state.pointee.keyHash.short(key) & state.pointee.hashMask
  }

  /// The hash of any key.
  ///
  /// - Complexity: O(*n*) in the key's length; about 2 ns for a key of up to 16 bytes.
  @inline(__always)
  func hash(_ key: UnsafeRawBufferPointer) -> UInt64 {
    key.count <= KeyHash.shortByteLimit ? shortHash(key) : longHash(key)
  }

  /// Out of line and here, not in `KeyHash`: a call there would copy all secret words to the stack
  /// before it is known whether the key is long.
  @inline(never)
  private func longHash(_ key: UnsafeRawBufferPointer) -> UInt64 {
    state.pointee.keyHash.long(key) & state.pointee.hashMask
  }

  /// All 64 bits of a key's hash, which are those of `hash` unless a test has taken some of them.
  ///
  /// Two keys that share them are a matter of 2^-64, and nobody without the secret can look for some.
  @inline(__always)
  func fullHash(_ key: UnsafeRawBufferPointer, hash: UInt64) -> UInt64 {
    state.pointee.hashMask == .max ? hash : unmaskedHash(key)
  }

  private func unmaskedHash(_ key: UnsafeRawBufferPointer) -> UInt64 {
    key.count <= KeyHash.shortByteLimit
      ? state.pointee.keyHash.short(key) : state.pointee.keyHash.long(key)
  }

  /// The segment of a hash.
  @inline(__always)
  func segment(of hash: UInt64) -> Segment {
    Segment(
      base: state.pointee.directory[Int(truncatingIfNeeded: hash & state.pointee.directoryMask)],
      bucketMask: state.pointee.bucketMask)
  }

  /// The record of a key, or nil.
  ///
  /// - Parameter hash: What `hash(_:)` returns for the key.
  /// - Complexity: O(1): one bucket in most cases, at most eight, and the record itself. O(stashed
  ///   records) for keys whose hashes are all equal.
  @inline(__always)
  func find(_ key: UnsafeRawBufferPointer, hash: UInt64) -> Record? {
    let segment = segment(of: hash)
    let home = segment.home(hash)
    let bucket = segment.bucket(home)
    let control = bucket.control
    if let record = find(key, hash: hash, in: bucket, control: control) { return record }
    guard Bucket.marks(control) != 0 else { return nil }
    return findDisplaced(key, hash: hash, segment: segment, home: home)
  }

  /// The short record of a key of at most `KeyHash.shortByteLimit` bytes if the first slot of its
  /// home bucket that it can be in holds it, with its first word; nil says nothing.
  ///
  /// This is where nearly every look-up ends. It neither loops nor calls, so that what it is inlined
  /// into keeps everything in registers; `find` is for the rest.
  @inline(__always)
  func findAtOnce(_ key: UnsafeRawBufferPointer, hash: UInt64) -> (record: Record, word: UInt64)? {
    let segment = segment(of: hash)
    let bucket = segment.bucket(segment.home(hash))
    let slots = Bucket.matches(bucket.control, tag: Bucket.tag(hash))
    guard !slots.isEmpty else { return nil }
    let slotWord = bucket[slots.firstSlot]
    guard slotWord.hashBits == hash & 0xffff, let record = slotWord.record else { return nil }
    let word = record.word
    guard Record.isShort(word, keyByteCount: key.count), let start = key.baseAddress,
      RawBytes.equalUpTo16(record.base + 8, start, key.count)
    else { return nil }
    return (record, word)
  }

  @inline(__always)
  private func find(
    _ key: UnsafeRawBufferPointer, hash: UInt64, in bucket: Bucket, control: UInt64
  ) -> Record? {
    var slots = Bucket.matches(control, tag: Bucket.tag(hash))
    while let slot = slots.next() {
      let word = bucket[slot]
      // Records that share tag and hash bits by chance are not touched in vain.
      guard word.hashBits == hash & 0xffff, let record = word.record else { continue }
      if record.hasKey(key) { return record }
    }
    return nil
  }

  @inline(never)
  private func findDisplaced(
    _ key: UnsafeRawBufferPointer, hash: UInt64, segment: Segment, home: Int
  ) -> Record? {
    let marks = Bucket.marks(segment.bucket(home).control)
    for displacement in 1...Segment.displacementLimit where marks >> displacement & 1 != 0 {
      let bucket = segment.bucket(home &+ displacement)
      if let record = find(key, hash: hash, in: bucket, control: bucket.control) { return record }
    }
    guard marks & 1 != 0 else { return nil }
    for index in 0..<state.pointee.stash.count {
      let entry = state.pointee.stash[index]
      if entry.hash == hash && entry.record.hasKey(key) { return entry.record }
    }
    return nil
  }
}

/// Asking for memory before it is needed.
extension Keyspace.Reader {
  /// Whether the table is so large that most of it is not near the processor.
  @inline(__always)
  var isWorthPrefetching: Bool { state.pointee.count > 4_096 }

  /// Asks for the bucket in which a look-up of this hash begins.
  @inline(__always)
  func prefetchHome(of hash: UInt64) {
    let segment = segment(of: hash)
    qrrot_prefetch(segment.bucket(segment.home(hash)).base)
  }

  /// Asks for the record that a look-up of this hash reads first, if there is one.
  @inline(__always)
  func prefetchRecord(of hash: UInt64) {
    let segment = segment(of: hash)
    let bucket = segment.bucket(segment.home(hash))
    let slots = Bucket.matches(bucket.control, tag: Bucket.tag(hash))
    guard !slots.isEmpty, let record = bucket[slots.firstSlot].record else { return }
    qrrot_prefetch(record.base)
    // A short record that begins late in its line ends in the next one.
    qrrot_prefetch(record.base + 48)
  }
}

internal import CProcessor

extension Keyspace {
  /// The record of a key, or nil; see ``Reader/find(_:hash:)``.
  @inline(__always)
  func find(_ key: UnsafeRawBufferPointer, hash: UInt64) -> Record? {
    reader.find(key, hash: hash)
  }

  /// Asks for the memory in which a look-up of this hash begins, before it is needed.
  @inline(__always)
  func prefetchHome(of hash: UInt64) {
    reader.prefetchHome(of: hash)
  }

  /// The table for those who only look.
  @inline(__always)
  var reader: Reader { Reader(state: state) }

  /// Where the table refers to a record.
  enum Location {
    case slot(segment: Segment, bucketIndex: Int, slot: Int)
    case stash(index: Int)
  }

  /// Where the table refers to a record that is known to be in it.
  ///
  /// Addresses are compared, so no record is read.
  @inline(__always)
  func locate(_ record: Record, hash: UInt64) -> Location {
    let segment = segment(of: hash)
    let home = segment.home(hash)
    let word = RecordWord(record, hash: hash)
    let marks = Bucket.marks(segment.bucket(home).control) | 1
    for displacement in 0...Segment.displacementLimit where marks >> displacement & 1 != 0 {
      let bucket = segment.bucket(home &+ displacement)
      var slots = Bucket.matches(bucket.control, tag: Bucket.tag(hash))
      let wanted = word.displaced(by: displacement)
      while let slot = slots.next() {
        guard bucket[slot] == wanted else { continue }
        return .slot(segment: segment, bucketIndex: home &+ displacement, slot: slot)
      }
    }
    for index in 0..<state.pointee.stash.count
    where state.pointee.stash[index].record.base == record.base {
      return .stash(index: index)
    }
    preconditionFailure("the record is not in this table, or its hash is another's")
  }
}

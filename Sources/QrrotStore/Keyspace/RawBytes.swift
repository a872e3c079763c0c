#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Copying and comparing a few bytes without a call.
///
/// Most keys and values are shorter than 33 bytes, where a call of the C library costs more than the
/// work. Words that overlap take the place of a loop over the rest.
enum RawBytes {
  /// Eight bytes at any address; the caller knows that they are there.
  @inline(__always)
  static func word(_ pointer: UnsafeRawPointer) -> UInt64 {
    pointer.loadUnaligned(as: UInt64.self)
  }

  /// Four bytes at any address; the caller knows that they are there.
  @inline(__always)
  static func halfWord(_ pointer: UnsafeRawPointer) -> UInt64 {
    UInt64(pointer.loadUnaligned(as: UInt32.self))
  }

  /// Whether `count` bytes at both places are the same.
  @inline(__always)
  static func equal(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ count: Int) -> Bool {
    if count >= 8 {
      if count > 32 { return memcmp(left, right, count) == 0 }
      let end = count &- 8
      var difference = word(left) ^ word(right)
      difference |= word(left + end) ^ word(right + end)
      if count > 16 {
        difference |= word(left + 8) ^ word(right + 8)
        difference |= word(left + (end &- 8)) ^ word(right + (end &- 8))
      }
      return difference == 0
    }
    if count >= 4 {
      let end = count &- 4
      return halfWord(left) == halfWord(right) && halfWord(left + end) == halfWord(right + end)
    }
    var index = 0
    while index < count {
      if left.load(fromByteOffset: index, as: UInt8.self)
        != right.load(fromByteOffset: index, as: UInt8.self)
      {
        return false
      }
      index &+= 1
    }
    return true
  }

  /// Whether 1 to 16 bytes at both places are the same, without a loop and without a call.
  @inline(__always)
  static func equalUpTo16(
    _ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ count: Int
  ) -> Bool {
    if count >= 8 {
      let end = count &- 8
      return (word(left) ^ word(right)) | (word(left + end) ^ word(right + end)) == 0
    }
    if count >= 4 {
      let end = count &- 4
      return (halfWord(left) ^ halfWord(right))
        | (halfWord(left + end) ^ halfWord(right + end)) == 0
    }
    let middle = count >> 1
    return left.load(as: UInt8.self) == right.load(as: UInt8.self)
      && left.load(fromByteOffset: middle, as: UInt8.self)
        == right.load(fromByteOffset: middle, as: UInt8.self)
      && left.load(fromByteOffset: count &- 1, as: UInt8.self)
        == right.load(fromByteOffset: count &- 1, as: UInt8.self)
  }

  /// Copies all of `source` to `target`. The two may overlap in any way.
  ///
  /// The short forms are safe under overlap because they load all words before they store one.
  @inline(__always)
  static func copy(_ source: UnsafeRawBufferPointer, to target: UnsafeMutableRawPointer) {
    // A buffer without an address is empty.
    guard let from = source.baseAddress else { return }
    let count = source.count
    if count > 32 {
      target.copyMemory(from: from, byteCount: count)
    } else if count >= 8 {
      copyWords(from, to: target, count)
    } else if count >= 4 {
      let first = from.loadUnaligned(as: UInt32.self)
      let last = (from + (count &- 4)).loadUnaligned(as: UInt32.self)
      target.storeBytes(of: first, as: UInt32.self)
      (target + (count &- 4)).storeBytes(of: last, as: UInt32.self)
    } else if count > 0 {
      let first = from.load(as: UInt8.self)
      let middle = from.load(fromByteOffset: count >> 1, as: UInt8.self)
      let last = from.load(fromByteOffset: count &- 1, as: UInt8.self)
      target.storeBytes(of: first, as: UInt8.self)
      target.storeBytes(of: middle, toByteOffset: count >> 1, as: UInt8.self)
      target.storeBytes(of: last, toByteOffset: count &- 1, as: UInt8.self)
    }
  }

  /// Copies 8 to 32 bytes.
  @inline(__always)
  private static func copyWords(
    _ source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, _ count: Int
  ) {
    let end = count &- 8
    let first = word(source)
    let last = word(source + end)
    if count > 16 {
      let second = word(source + 8)
      let third = word(source + (end &- 8))
      (target + 8).storeBytes(of: second, as: UInt64.self)
      (target + (end &- 8)).storeBytes(of: third, as: UInt64.self)
    }
    target.storeBytes(of: first, as: UInt64.self)
    (target + end).storeBytes(of: last, as: UInt64.self)
  }
}

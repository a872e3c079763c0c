#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Memory for what is read from a file. Unlike `RawMemory` it can say that there is none: how much is
/// asked for follows from the file.
struct InputMemory: ~Copyable {
  private(set) var base: UnsafeMutableRawPointer
  private(set) var capacity: Int

  /// Makes memory of `capacity` bytes, at least 1.
  ///
  /// - Throws: `ENOMEM` for `file`.
  init(capacity: Int, for file: String) throws(StorageError) {
    guard let base = malloc(max(capacity, 1)) else {
      throw .disk(DiskError(.read, file, code: ENOMEM))
    }
    self.base = base
    self.capacity = capacity
  }

  deinit { free(base) }
}

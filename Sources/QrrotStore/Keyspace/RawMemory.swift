#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Memory from the C library.
///
/// The engine compares what an operation needs with its memory limit before the operation begins.
/// That memory below the limit is there is a precondition of the store: a table half changed has no
/// way to go on, so a failed allocation ends the process with a message.
enum RawMemory {
  /// Addresses must fit in this many bits: the rest of a word in the table holds bits of the hash.
  /// User space has 47 or 48 on all 64-bit systems unless a program asks for more.
  static let addressBitCount = 48

  /// Memory that is aligned to 16 bytes.
  static func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer {
    checked(malloc(byteCount), byteCount)
  }

  /// Memory that is aligned to a power of two of at least 16.
  static func allocate(_ byteCount: Int, alignment: Int) -> UnsafeMutableRawPointer {
    var memory: UnsafeMutableRawPointer?
    // The only failures are no memory, in which `memory` stays nil, and an alignment that is wrong.
    let code = posix_memalign(&memory, alignment, byteCount)
    return checked(code == 0 ? memory : nil, byteCount)
  }

  /// Returns memory that came from here.
  static func deallocate(_ memory: UnsafeMutableRawPointer) {
    free(memory)
  }

  private static func checked(
    _ memory: UnsafeMutableRawPointer?, _ byteCount: Int
  ) -> UnsafeMutableRawPointer {
    guard let memory else { preconditionFailure("no memory for \(byteCount) bytes") }
    precondition(UInt(bitPattern: memory) >> addressBitCount == 0, "address above 48 bits")
    return memory
  }
}

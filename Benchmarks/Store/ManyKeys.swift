import CBenchmark
import QrrotStore
import QrrotTesting

/// Measures on a table of a million keys of 16 bytes with values of 32.
struct ManyKeys {
  let engine = LocalEngine()
  let keys: Keys
  let probes: [UInt8]
  /// The bytes that the table took from the C library for one key.
  let bytesPerKey: Double

  init(count: Int) {
    keys = Keys(count: count)
    probes = keys.shuffled()
    let before = benchmark_heap_bytes()
    Self.fill(engine, keys)
    bytesPerKey = Double(benchmark_heap_bytes() - before) / Double(count)
  }

  static func fill(_ engine: LocalEngine, _ keys: Keys) {
    keys.bytes.withUnsafeBytes { bytes in
      thirtyTwoBytes.withUnsafeBytes { value in
        for offset in stride(from: 0, to: bytes.count, by: Keys.byteCount) {
          put(engine, Self.key(bytes, offset), value)
        }
      }
    }
  }

  /// Looks up one key after another and reads the first byte of each value.
  func get(_ count: Int, from start: inout Int) {
    probes.withUnsafeBytes { probes in
      var sum = 0
      var offset = start
      for _ in 0..<count {
        sum &+= engine.withValue(of: Self.key(probes, offset)) { Int($1[0]) } ?? 0
        offset = Self.next(offset, probes.count)
      }
      start = offset
      consume(sum)
    }
  }

  /// Gives one key after another a value of the same size, copying it.
  func put(_ count: Int, from start: inout Int) {
    probes.withUnsafeBytes { probes in
      thirtyTwoBytes.withUnsafeBytes { value in
        var offset = start
        for _ in 0..<count {
          Self.put(engine, Self.key(probes, offset), value)
          offset = Self.next(offset, probes.count)
        }
        start = offset
      }
    }
  }

  /// 19 gets, then a put.
  func mix(_ count: Int, from start: inout Int) {
    probes.withUnsafeBytes { probes in
      thirtyTwoBytes.withUnsafeBytes { value in
        var sum = 0
        var offset = start
        for round in 0..<count {
          if round % 20 == 19 {
            Self.put(engine, Self.key(probes, offset), value)
          } else {
            sum &+= engine.withValue(of: Self.key(probes, offset)) { Int($1[0]) } ?? 0
          }
          offset = Self.next(offset, probes.count)
        }
        start = offset
        consume(sum)
      }
    }
  }

  @inline(__always)
  static func key(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset &+ Keys.byteCount)])
  }

  @inline(__always)
  static func next(_ offset: Int, _ end: Int) -> Int {
    let next = offset &+ Keys.byteCount
    return next == end ? 0 : next
  }

  @inline(__always)
  static func put(
    _ engine: LocalEngine, _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
  ) {
    do { try engine.put(string: value, forKey: key) } catch { preconditionFailure("\(error)") }
  }
}

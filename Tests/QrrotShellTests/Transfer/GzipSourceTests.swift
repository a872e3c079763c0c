import CZlib
import QrrotCore
import Testing

@testable import QrrotShell

/// Reading gzip.
@Suite("Gzip")
struct GzipSourceTests {
  private static let text = Array(
    (0..<400).map { "{\"id\":\($0),\"text\":\"some text that is \($0 * 7919 % 1_000)\"}\n" }
      .joined().utf8)

  /// `bytes` as one member.
  static func packed(_ bytes: [UInt8]) throws -> [UInt8] {
    var stream = z_stream()
    let version = String(cString: zlibVersion())
    try #require(
      deflateInit2_(
        &stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, version,
        Int32(MemoryLayout<z_stream>.size)) == Z_OK)
    defer { deflateEnd(&stream) }
    var input = bytes
    var output = [UInt8](repeating: 0, count: bytes.count + 1_000)
    let byteCount = input.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        stream.next_in = input.baseAddress
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(output.count)
        return deflate(&stream, Z_FINISH) == Z_STREAM_END ? output.count - Int(stream.avail_out) : 0
      }
    }
    return Array(output[..<byteCount])
  }

  /// All that a source gives; nil with the error that ended it.
  private func unpacked(_ bytes: [UInt8], step: Int = .max, block: Int = 1_000) -> (
    [UInt8], QrrotError?
  ) {
    let source = GzipSource(SlowSource(bytes, step: step), blockByteCount: block)
    var result: [UInt8] = []
    do throws(QrrotError) {
      while true {
        var part: [UInt8] = []
        if try source.read(512, into: &part) == 0 { return (result, nil) }
        result += part
      }
    } catch {
      return (result, error)
    }
  }

  @Test("it is unpacked in any parts, members that follow one another too, and zeros behind them")
  func members() throws {
    let packed = try Self.packed(Self.text)
    #expect(packed.count < Self.text.count / 2)
    for (step, block) in [(Int.max, 100_000), (1, 4), (7, 13), (1_000, 64)] {
      #expect(unpacked(packed, step: step, block: block) == (Self.text, nil))
    }
    let two = packed + (try Self.packed(Array("more\n".utf8))) + (try Self.packed([]))
    for (step, block) in [(Int.max, 100_000), (1, 4), (7, 13)] {
      #expect(unpacked(two, step: step, block: block) == (Self.text + Array("more\n".utf8), nil))
    }
    #expect(unpacked(two + [UInt8](repeating: 0, count: 700), step: 100).1 == nil)
    #expect(unpacked(two + Array("x".utf8)).1?.code == .corrupt)
    #expect(unpacked(try Self.packed([])) == ([], nil))
  }

  @Test("what is no gzip comes as it is")
  func plain() {
    for bytes in [[], [0x1F], [0x1F, 0x00], Array("{}\n".utf8), Self.text] {
      #expect(unpacked(bytes, step: 3, block: 5) == (bytes, nil))
    }
  }

  @Test("a file that is cut anywhere is an error that says so")
  func truncated() throws {
    let packed = try Self.packed(Array(Self.text.prefix(3_000)))
    for count in stride(from: 2, to: packed.count, by: 1) {
      let (bytes, error) = unpacked(Array(packed[..<count]), block: 64)
      #expect(error?.code == .corrupt, "\(count)")
      #expect(error?.message.contains("ends in the middle") == true, "\(count)")
      #expect(Self.text.starts(with: bytes))
    }
  }

  @Test("a byte that is wrong never passes for data")
  func damaged() throws {
    let text = Array(Self.text.prefix(3_000))
    let packed = try Self.packed(text)
    var failed = 0
    for index in packed.indices {
      var bytes = packed
      bytes[index] ^= 0x10
      let (found, error) = unpacked(bytes, block: 64)
      // Bytes of the header, such as the time, say nothing of the data; without the magic it is none.
      #expect(error?.code == .corrupt || found == text || (index < 2 && found == bytes), "\(index)")
      if error != nil { failed += 1 }
    }
    #expect(failed > packed.count / 2)
  }
}

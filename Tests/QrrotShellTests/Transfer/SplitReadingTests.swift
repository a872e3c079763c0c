import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotShell

/// Wherever an input is cut, and however large the memory is that it is read into, the same is found.
@Suite("Reading in parts")
struct SplitReadingTests {
  private static let texts: [(TransferFormat, String?, String)] = [
    (
      .jsonLines, "id",
      "\u{FEFF}{\"id\":\"a\\\"b\",\"x\":[1,{\"y\":\"ü\"}]}\r\n\n{\"id\":2}\n{bad\n{\"id\":\"\\ud83d\\ude00\"}"
    ),
    (
      .jsonArray, "id",
      "\u{FEFF} [ {\"id\": \"]\\\\\"} ,\n{\"id\":2,\"x\":[[],{}]},\n nul, {\"id\":3}\n]\n "
    ),
    (.jsonArray, "id", "[{\"id\":1},{\"id\":\"\\"),
    (
      .csv, "id",
      "\u{FEFF}id,\"b \"\"c\"\"\"\r\n1,\"x\r\n\"\"y\"\"\"\r\n\r\n2,\n3\n\"q\"x,1\n4,\"\"\n5,\"open"
    ),
    (.tsv, nil, "key\ttype\tvalue\na\tstring\t\"x\ty\"\nb\tint\t5\nc\tint\tx\n"),
    (
      .commands, nil,
      "\u{FEFF}# data\nput a {\"x\": [1,\n 2]}\nexpireat a 5000\nput b \"two\nlines\"\nget a\nput c 'x"
    ),
  ]

  @Test("every text, cut at every byte, byte by byte, and in memory of every size")
  func everyCut() {
    for (format, key, text) in Self.texts {
      let bytes = Array(text.utf8)
      let whole = ReadRecords(bytes, as: format, key: key)
      #expect(!whole.records.isEmpty && (!whole.errors.isEmpty || format == .tsv), "\(format)")
      for step in 1...(bytes.count + 1) {
        #expect(ReadRecords(bytes, as: format, key: key, step: step) == whole, "\(format) \(step)")
      }
      for size in 1...40 {
        let found = ReadRecords(bytes, as: format, key: key, step: 3, blockByteCount: size)
        #expect(found == whole, "\(format), memory of \(size)")
      }
    }
  }

  @Test("random bytes never stop a reader, and are found the same in any parts")
  func random() {
    let seed = TestSettings.seed(0x5eed)
    var generator = SeededGenerator(seed: seed)
    let alphabet = Array("{}[]\"\\,:\t\n\r 1eid-key,value\u{FF}nu".utf8) + [0xFF, 0x00]
    var (found, failed) = (0, 0)
    for round in 0..<TestSettings.count(600, long: 40) {
      let count = Int.random(in: 0...60, using: &generator)
      var bytes = (0..<count).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
      let format = TransferFormat.allCases[round % TransferFormat.allCases.count]
      if Bool.random(using: &generator) {
        switch format {
        case .csv, .tsv: bytes = Array("id\(format == .csv ? "," : "\t")x\n".utf8) + bytes
        case .jsonArray: bytes = Array("[{\"id\":1},".utf8) + bytes
        case .jsonLines: bytes = Array("{\"id\":1}\n".utf8) + bytes
        case .commands: bytes = Array("put a 1\nput b ".utf8) + bytes
        }
      }
      let whole = ReadRecords(bytes, as: format, key: "id")
      let step = Int.random(in: 1...7, using: &generator)
      let size = Int.random(in: 1...30, using: &generator)
      let parts = ReadRecords(bytes, as: format, key: "id", step: step, blockByteCount: size)
      #expect(parts == whole, "seed \(seed), round \(round), \(format), \(bytes)")
      found += whole.records.count
      failed += whole.errors.count
    }
    #expect(found > 100 && failed > 100, "seed \(seed)")
  }
}

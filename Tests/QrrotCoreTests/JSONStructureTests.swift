import QrrotCore
import QrrotTesting
import Testing

@Suite("The structure of JSON, 64 bytes at a time")
struct JSONStructureTests {
  @Test("backslashes in names and values at every place in a block")
  func backslashes() throws {
    for length in 0...130 {
      let filler = String(repeating: "y", count: length)
      for (name, escaped) in [("ab", #"a\u0062"#), ("a/b", #"a\/b"#), ("q\\", #"q\\"#)] {
        let document = #"{"t":"\#(filler)\n\\","\#(escaped)":[{"x":"\""}],"u":"\\\"","z":7}"#
        for path in ["$['\(name.replacing("\\", with: "\\\\"))'][0].x", "$.z", "$.u"] {
          let expected =
            switch path {
            case "$.z": "7"
            case "$.u": #""\\\"""#
            default: #""\"""#
            }
          let bytes = [UInt8](document.utf8)
          let found = try PathsCheck.matches(of: JSONPath([UInt8](path.utf8)), in: bytes)
          #expect(
            found.map { String(decoding: bytes[$0], as: UTF8.self) } == [expected],
            "\(path) in \(document)")
        }
      }
    }
  }

  @Test("more names than are looked for at once, and nesting of every depth")
  func manyNames() throws {
    let members = (0..<30).map { index in
      let deep =
        String(repeating: "[{\"n1\":", count: index) + "0" + String(repeating: "}]", count: index)
      return "\"n\(index)\":\(deep),\"v\(index)\":\(index)"
    }
    let bytes = [UInt8](("{" + members.joined(separator: ",") + "}").utf8)
    let filter = (0..<30).map { "@.v\($0) == \($0) && @.n\($0)" }.joined(separator: " && ")
    var scratch = JSONScratch()
    let holding = try JSONFilter([UInt8](filter.utf8))
    #expect(try bytes.withUnsafeBytes { try holding.matches($0, scratch: &scratch) })
    let failing = try JSONFilter([UInt8]((filter + " && @.v30").utf8))
    #expect(try !bytes.withUnsafeBytes { try failing.matches($0, scratch: &scratch) })
  }
}

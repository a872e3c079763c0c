import Foundation
import QrrotCore
import Testing

/// The file of the JSONPath Compliance Test Suite, beside the folder of the package.
private let suiteFile: URL = {
  var root = URL(fileURLWithPath: #filePath)
  for _ in 0..<3 { root.deleteLastPathComponent() }
  return root.deletingLastPathComponent()
    .appendingPathComponent("shared/conformance/jsonpath/cts.json")
}()

private let hasSuite = FileManager.default.fileExists(atPath: suiteFile.path)

@Suite("JSON path, the public suite")
struct JSONPathConformanceTests {
  @Test(
    "all 703 cases hold: what is selected, in which order, and what is refused",
    .enabled(if: hasSuite, "shared/conformance/jsonpath/cts.json is not beside the package"))
  func conformance() throws {
    let suite = try JSONSerialization.jsonObject(with: try Data(contentsOf: suiteFile))
    let cases = try #require((suite as? [String: Any])?["tests"] as? [[String: Any]])
    var counts = (refused: 0, evaluated: 0)
    for test in cases {
      let name = try #require(test["name"] as? String)
      let selector = [UInt8](try #require(test["selector"] as? String).utf8)
      if test["invalid_selector"] as? Bool == true {
        counts.refused += 1
        #expect(throws: QrrotError.self, "\(name)") { try JSONPath(selector) }
        continue
      }
      counts.evaluated += 1
      do {
        let document = try text(of: try #require(test["document"]))
        let selected = try text(of: matches(of: JSONPath(selector), in: document))
        var allowed = test["results"] as? [Any] ?? []
        if let result = test["result"] { allowed.append(result) }
        let texts = try allowed.map { try text(of: $0) }
        #expect(texts.contains(selected), "\(name): \(String(decoding: selected, as: UTF8.self))")
      } catch {
        Issue.record("\(name): \(error)")
      }
    }
    #expect(cases.count == 703)
    #expect(counts.refused > 200 && counts.evaluated > 400)
  }

  /// The matches, each read again by Foundation.
  private func matches(of path: JSONPath, in document: [UInt8]) throws -> [Any] {
    let matches = try ranges(of: path, in: document).map { document[$0] }
    return try matches.map {
      try JSONSerialization.jsonObject(with: Data($0), options: .fragmentsAllowed)
    }
  }

  private func ranges(of path: JSONPath, in document: [UInt8]) throws -> [Range<Int>] {
    var scratch = JSONScratch()
    var ranges: [Range<Int>] = []
    try document.withUnsafeBytes { bytes in
      try path.forEach(in: bytes, scratch: &scratch) { range in
        ranges.append(range)
        return true
      }
    }
    return ranges
  }

  /// A value as text, the members of objects by name, so that equal values have equal texts.
  private func text(of value: Any) throws -> [UInt8] {
    [UInt8](
      try JSONSerialization.data(withJSONObject: value, options: [.fragmentsAllowed, .sortedKeys]))
  }
}

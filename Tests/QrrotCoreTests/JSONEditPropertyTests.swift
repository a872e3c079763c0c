import QrrotCore
import QrrotTesting
import Testing

/// What an edit of a text came to.
private enum Edited: Equatable {
  case text(String, Int64)
  case failed(QrrotError.Code)
}

private func edited(
  _ tree: WrittenJSON, _ path: String,
  _ edit: (JSONPath, UnsafeRawBufferPointer, inout JSONScratch, inout [UInt8]) throws(QrrotError)
    -> Int64
) -> Edited {
  var output = Array("front".utf8)
  do throws(QrrotError) {
    let path = try JSONPath(Array(path.utf8))
    var scratch = JSONScratch()
    let text = Array(tree.text.utf8)
    let number = try text.withUnsafeBufferPointer { text throws(QrrotError) in
      try edit(path, UnsafeRawBufferPointer(text), &scratch, &output)
    }
    return .text(String(decoding: output.dropFirst(5), as: UTF8.self), number)
  } catch {
    #expect(output == Array("front".utf8))
    return .failed(error.code)
  }
}

@Suite("JSON edits, beside a tree")
struct JSONEditPropertyTests {
  private static func seed(_ own: UInt64) -> UInt64 { TestSettings.seed(own) }

  @Test(
    "what is set is what the tree has then, byte for byte", arguments: 1...10 as ClosedRange<UInt64>
  )
  func setting(ownSeed: UInt64) {
    let seed = Self.seed(ownSeed)
    var generator = SeededGenerator(seed: seed)
    var counts = (replaced: 0, added: 0, refused: 0)
    for _ in 0..<TestSettings.count(300) {
      let tree = WrittenJSON.random(levels: 4, using: &generator)
      let path = WrittenPath.random(into: tree, using: &generator)
      let text = path.text(using: &generator)
      let value = WrittenJSON.random(levels: 2, using: &generator)
      let result = edited(tree, text) {
        (path, document, scratch, output) throws(QrrotError) in
        let value = Array(value.text.utf8)
        try value.withUnsafeBufferPointer { value throws(QrrotError) in
          try JSONEdit.set(
            path, to: UnsafeRawBufferPointer(value), in: document, scratch: &scratch, into: &output)
        }
        return 0
      }
      let expected = Self.setting(value, at: path, in: tree)
      #expect(
        result == expected.map { .text($0.text, 0) } ?? .failed(.path),
        "seed \(seed): \(text) of \(tree.text)")
      if expected == nil { counts.refused += 1 }
      if path.places(in: tree).isEmpty { counts.added += 1 } else { counts.replaced += 1 }
    }
    #expect(counts.replaced > 10 && counts.added > 10 && counts.refused > 10)
  }

  private static func setting(
    _ value: WrittenJSON, at path: WrittenPath, in tree: WrittenJSON
  ) -> WrittenJSON? {
    var tree = tree
    if let place = path.places(in: tree).first {
      tree[place] = value
      return tree
    }
    let container = WrittenPath(segments: Array(path.segments.dropLast()))
    guard let place = container.places(in: tree).first, let last = path.segments.last else {
      return nil
    }
    switch (tree[place], last.selectors[0]) {
    case (.object(let members), .name(let name)):
      var text: [UInt8] = []
      JSONText.append(string: Array(name.utf8).span, to: &text)
      let member = WrittenJSON.Member(
        name: name, text: String(decoding: text, as: UTF8.self), value: value)
      tree[place] = .object(members + [member])
      return tree
    case (.array(let elements), .index(let index)) where index == elements.count:
      tree[place] = .array(elements + [value])
      return tree
    default: return nil
    }
  }

  @Test(
    "what is removed is gone from the tree, and all else is there",
    arguments: 1...10 as ClosedRange<UInt64>)
  func removing(ownSeed: UInt64) {
    let seed = Self.seed(ownSeed)
    var generator = SeededGenerator(seed: seed)
    var counts = (one: 0, many: 0, none: 0)
    for _ in 0..<TestSettings.count(300) {
      let tree = WrittenJSON.random(levels: 4, using: &generator)
      let path =
        Bool.random(using: &generator)
        ? WrittenPath.random(singular: false, using: &generator)
        : WrittenPath.random(into: tree, using: &generator)
      let text = path.text(using: &generator)
      let result = edited(tree, text) {
        (path, document, scratch, output) throws(QrrotError) in
        Int64(try JSONEdit.remove(path, from: document, scratch: &scratch, into: &output))
      }
      let places = Set(path.places(in: tree))
      let expected = places.isEmpty ? "" : tree.removing(places).text
      #expect(
        result == .text(expected, Int64(places.count)), "seed \(seed): \(text) of \(tree.text)")
      switch places.count {
      case 0: counts.none += 1
      case 1: counts.one += 1
      default: counts.many += 1
      }
    }
    #expect(counts.one > 10 && counts.many > 10 && counts.none > 10)
  }

  @Test("a sum stands where the number was", arguments: 1...10 as ClosedRange<UInt64>)
  func adding(ownSeed: UInt64) {
    let seed = Self.seed(ownSeed)
    var generator = SeededGenerator(seed: seed)
    var counts = (sums: 0, failed: 0)
    for _ in 0..<TestSettings.count(300) {
      let tree = WrittenJSON.random(levels: 3, using: &generator)
      let path = WrittenPath.random(into: tree, using: &generator)
      let text = path.text(using: &generator)
      let number = Int64.random(in: -3...3, using: &generator)
      let isNegative = Bool.random(using: &generator)
      let result = edited(tree, text) {
        (path, document, scratch, output) throws(QrrotError) in
        try JSONEdit.add(
          number, isNegative: isNegative, at: path, in: document, scratch: &scratch, into: &output)
      }
      #expect(
        result == Self.adding(isNegative ? -number : number, at: path, in: tree),
        "seed \(seed): \(number) at \(text) of \(tree.text)")
      if case .text = result { counts.sums += 1 } else { counts.failed += 1 }
    }
    #expect(counts.sums > 10 && counts.failed > 10)
  }

  private static func adding(_ number: Int64, at path: WrittenPath, in tree: WrittenJSON) -> Edited
  {
    var before: Int64 = 0
    if let place = path.places(in: tree).first {
      guard case .scalar(let text) = tree[place],
        text.wholeMatch(of: /-?[0-9]+/) != nil
      else { return .failed(.type) }
      guard let integer = Int64(text) else { return .failed(.range) }
      before = integer
    } else if case .index? = path.segments.last?.selectors.first {
      return .failed(.path)
    }
    let (sum, overflow) = before.addingReportingOverflow(number)
    guard let result = setting(.scalar("\(sum)"), at: path, in: tree) else { return .failed(.path) }
    return overflow ? .failed(.range) : .text(result.text, sum)
  }

  @Test("a path gives what it gives in the tree", arguments: 1...10 as ClosedRange<UInt64>)
  func reading(ownSeed: UInt64) throws {
    let seed = Self.seed(ownSeed)
    var generator = SeededGenerator(seed: seed)
    var (found, nothing) = (0, 0)
    for _ in 0..<TestSettings.count(300) {
      let tree = WrittenJSON.random(levels: 4, using: &generator)
      let path =
        Bool.random(using: &generator)
        ? WrittenPath.random(singular: Bool.random(using: &generator), using: &generator)
        : WrittenPath.random(into: tree, using: &generator)
      let text = path.text(using: &generator)
      let compiled = try JSONPath(Array(text.utf8))
      #expect(compiled.isSingular == path.isSingular)
      var matches: [String] = []
      var scratch = JSONScratch()
      let document = Array(tree.text.utf8)
      try document.withUnsafeBufferPointer { buffer throws(QrrotError) in
        try compiled.forEach(in: UnsafeRawBufferPointer(buffer), scratch: &scratch) { range in
          matches.append(String(decoding: document[range], as: UTF8.self))
          return true
        }
      }
      let expected = path.places(in: tree).map { tree[$0].text }
      #expect(matches == expected, "seed \(seed): \(text) of \(tree.text)")
      if expected.isEmpty { nothing += 1 } else { found += 1 }
    }
    #expect(found > 20 && nothing > 20)
  }
}

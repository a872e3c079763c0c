internal import QrrotCore

/// The path of a place inside a json value, as it is shown: names that are not plain letters and digits
/// stand in quotes, escaped.
struct PlanPath {
  private let segments: [String]

  init(_ steps: [JSONDifference.Step]) {
    segments = steps.map { step in
      switch step {
      case .index(let index): return "[\(index)]"
      case .name(let name):
        var escaped: [UInt8] = []
        Escaping.appendJSONText(name.span, to: &escaped)
        var segment: [UInt8] = []
        JSONPath.append(
          segmentOfName: escaped, isQuoted: !Self.isPlain(escaped), to: &segment)
        return String(decoding: segment, as: UTF8.self)
      }
    }
  }

  private static func isPlain(_ name: [UInt8]) -> Bool {
    String(decoding: name, as: UTF8.self).unicodeScalars.allSatisfy { scalar in
      scalar.value < 0x80 || scalar.properties.isAlphabetic
    }
  }

  /// All of it.
  var whole: String { "$" + segments.joined() }

  /// As many of the first segments as there is room for.
  func fitting(_ columns: Int) -> String {
    var text = "$"
    var width = 1
    for (index, segment) in segments.enumerated() {
      width += DisplayWidth.columns(of: Array(segment.utf8))
      // The last one needs no ellipsis behind it.
      guard width + (index + 1 < segments.count ? 1 : 0) <= columns else { return text + "…" }
      text += segment
    }
    return text
  }
}

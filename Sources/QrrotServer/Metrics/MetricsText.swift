internal import QrrotCore

/// Numbers in the text format of Prometheus, version 0.0.4.
///
/// Source: https://prometheus.io/docs/instrumenting/exposition_formats/
struct MetricsText {
  /// What a number is: one that only grows, or one that goes up and down.
  enum Kind: String {
    case counter
    case gauge
  }

  private(set) var bytes: [UInt8] = []

  /// Adds a number.
  mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: some Numeric) {
    begin(name, kind, help)
    bytes += "\(name) \(value)\n".utf8
  }

  /// Adds numbers of one name that differ by one label.
  mutating func add(
    _ name: String, _ kind: Kind, _ help: String, by label: String,
    _ values: [(label: String, value: Int)]
  ) {
    begin(name, kind, help)
    for (text, value) in values {
      bytes += "\(name){\(label)=\"\(Self.escaped(text))\"} \(value)\n".utf8
    }
  }

  /// Adds what is no number: the value is 1, and the labels say it.
  mutating func add(_ name: String, _ help: String, labels: [(name: String, value: String)]) {
    begin(name, .gauge, help)
    let list = labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
    bytes += "\(name){\(list)} 1\n".utf8
  }

  private mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
    bytes += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n".utf8
  }

  /// A label's value: backslash, quote and line feed are escaped, and first whatever can't be seen.
  private static func escaped(_ text: String) -> String {
    var result = ""
    for character in Escaping.displayed(text) {
      if character == "\\" || character == "\"" { result.append("\\") }
      result.append(character)
    }
    return result
  }
}

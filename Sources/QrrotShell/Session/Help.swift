internal import QrrotCore

/// The texts of `help`, made from the command table.
enum Help {
  /// A line a command.
  static func overview() -> [String] {
    let width = CommandSpec.all.map { $0.usage.count }.filter { $0 <= 24 }.max() ?? 24
    var lines: [String] = []
    for section in CommandSpec.sections {
      lines.append(section.title)
      for spec in section.specs {
        if spec.usage.count > width {
          lines.append("  \(spec.usage)")
          lines.append("  \(String(repeating: " ", count: width))  \(spec.summary)")
        } else {
          let padding = String(repeating: " ", count: width - spec.usage.count)
          lines.append("  \(spec.usage)\(padding)  \(spec.summary)")
        }
      }
      lines.append("")
    }
    lines.append(
      "help COMMAND explains one, with an example. Values: 42 is an int, {…} and […] are")
    lines.append("json, anything else is a string; quote text with blanks.")
    return lines
  }

  /// Everything about one command.
  static func lines(about spec: CommandSpec) -> [String] {
    var lines = ["\(spec.usage)", "  \(spec.summary); replies \(spec.reply)".withoutBackticks]
    if !spec.notes.isEmpty {
      lines += wrap(spec.notes.withoutBackticks, width: 76).map { "  \($0)" }
    }
    let width = spec.subcommands.map { $0.usage.count }.max() ?? 0
    for subcommand in spec.subcommands {
      let padding = String(repeating: " ", count: width - subcommand.usage.count)
      lines.append("  \(spec.name.text) \(subcommand.usage)\(padding)  \(subcommand.summary)")
    }
    lines.append(spec.examples.count == 1 ? "Example:" : "Examples:")
    for example in spec.examples {
      lines += example.setup.map { "  qrrot> \($0)" }
      lines.append("  qrrot> \(example.input)")
      lines += example.output.map { "  \($0)" }
    }
    return lines
  }

  /// Breaks a text into lines at its blanks.
  static func wrap(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = ""
      }
      line += line.isEmpty ? String(word) : " \(word)"
    }
    if !line.isEmpty { lines.append(line) }
    return lines
  }
}

extension String {
  /// The table's texts mark code for the generated documents; a terminal needs no marks.
  fileprivate var withoutBackticks: String { filter { $0 != "`" } }
}

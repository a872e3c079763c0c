import QrrotCore

/// The options of the command that is being typed.
struct OptionWords {
  private var options: [CommandSpec.Option] = []
  private var used: Set<String> = []
  /// The option whose value comes next.
  private var open: CommandSpec.Option?

  /// Those of no command.
  init() {}

  init(_ name: CommandName?) { options = name?.spec.options ?? [] }

  /// Whether the token at the cursor is an option's value.
  var isValueOpen: Bool { open != nil }

  /// Takes a token in front of the cursor.
  ///
  /// - Returns: whether it is a part of an option.
  mutating func take(_ token: Token, of input: UnsafeBufferPointer<UInt8>) -> Bool {
    if open != nil {
      open = nil
      return true
    }
    guard !options.isEmpty, token.kind == .bare else { return false }
    let text = String(decoding: input[token.range], as: UTF8.self)
    guard text.hasPrefix("--") else { return false }
    let name = text.split(separator: "=", maxSplits: 1).first.map { String($0.dropFirst(2)) } ?? ""
    used.insert(name)
    if let option = options.first(where: { $0.name == name }), option.kind != .flag,
      !text.contains("=")
    {
      open = option
    }
    return true
  }

  /// The words that may stand at the cursor, where `typed` stands now; nil for what is no option.
  func words(for typed: [UInt8], isQuoted: Bool) -> [String]? {
    if let open {
      if case .word(let choices) = open.kind { return choices }
      return nil
    }
    guard !options.isEmpty, !isQuoted, typed.first == UInt8(ascii: "-") else { return nil }
    let text = String(decoding: typed, as: UTF8.self)
    for option in options where text.hasPrefix("--\(option.name)=") {
      guard case .word(let choices) = option.kind else { return nil }
      return choices.map { "--\(option.name)=\($0)" }
    }
    return options.map(\.name).filter { !used.contains($0) }.map { "--\($0)" }
  }
}

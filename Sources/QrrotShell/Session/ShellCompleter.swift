internal import QrrotCore
internal import QrrotParser

/// Completes what is typed at the prompt: names and words from the command table, keys from the
/// engine, file names by the reader.
public final class ShellCompleter: Completer {
  private weak var shell: Shell?

  /// Completes for `shell`'s engine and session.
  public init(_ shell: Shell) {
    self.shell = shell
  }

  /// What could stand at the cursor; see ``Completer/completions(for:cursor:)``.
  public func completions(for line: [UInt8], cursor: Int) -> Completions {
    let context = CompletionContext(line.prefix(cursor))
    let offset = context.tokenOffset
    switch context.expected {
    case .nothing:
      return Completions(tokenOffset: offset)
    case .words(let words):
      let typed = String(decoding: context.content, as: UTF8.self).lowercased()
      let fitting = words.filter { $0.hasPrefix(typed) }.sorted()
      return Completions(tokenOffset: offset, candidates: fitting.map { Array($0.utf8) })
    case .file:
      return Completions(tokenOffset: offset, completesFileNames: true)
    case .keyOrWords(let words):
      let keys = keys(context)
      let typed = String(decoding: context.content, as: UTF8.self)
      let fitting = words.filter { $0.hasPrefix(typed) }.map { Array($0.utf8) }
      return Completions(
        tokenOffset: offset, candidates: fitting + keys.candidates, isPartial: keys.isPartial)
    case .key: return keys(context)
    }
  }

  /// The keys that begin with what is typed.
  private func keys(_ context: CompletionContext) -> Completions {
    let offset = context.tokenOffset
    guard let shell else { return Completions(tokenOffset: offset) }
    let sample = shell.engine.sampleKeys(
      startingWith: context.content, in: shell.session, limit: Self.keyLimit,
      timeLimit: Self.timeLimit)
    return Completions(
      tokenOffset: offset, candidates: Self.tokens(sample.keys, openedBy: context.quote),
      isPartial: sample.isPartial)
  }

  private static let keyLimit = 200
  /// Well under the 50 ms that a Tab may take, the rest is for drawing.
  private static let timeLimit = Duration.milliseconds(40)

  /// Keys as tokens: all bare if all can be, else all quoted, so that what they have in common is
  /// what has been typed.
  private static func tokens(_ keys: [[UInt8]], openedBy quote: UInt8?) -> [[UInt8]] {
    if quote == UInt8(ascii: "'") {
      return keys.compactMap { key in
        let isPlain =
          !key.contains(UInt8(ascii: "'")) && Escaping.displayed(key).utf8.elementsEqual(key)
        return isPlain ? [UInt8(ascii: "'")] + key + [UInt8(ascii: "'")] : nil
      }
    }
    let allBare = quote == nil && keys.allSatisfy { Escaping.isBareWord($0.span) }
    return keys.map { key in
      if allBare { return key }
      var token: [UInt8] = []
      Escaping.appendQuoted(key.span, to: &token)
      return token
    }
  }
}

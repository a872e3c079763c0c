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
    case .memberOfKey(let key, let path): return members(path, of: .key(key))
    case .memberOfAny(let pattern, let path):
      guard let pattern else { return members(path, of: .matching(nil)) }
      guard let glob = try? Glob(pattern) else { return Completions(tokenOffset: offset) }
      return members(path, of: .matching(glob))
    case .key:
      guard let shell else { return Completions(tokenOffset: offset) }
      let sample = shell.engine.sampleKeys(
        startingWith: context.content, in: shell.session, limit: Self.keyLimit,
        timeLimit: Self.timeLimit)
      return Completions(
        tokenOffset: offset, candidates: Self.tokens(sample.keys, openedBy: context.quote),
        isPartial: sample.isPartial)
    }
  }

  /// The members that could stand at the end of a path.
  private func members(_ path: PathContext, of documents: SampledDocuments) -> Completions {
    guard let shell, let container = try? JSONPath(path.container) else {
      return Completions(tokenOffset: path.segmentOffset)
    }
    let sample = shell.engine.sampleMembers(
      startingWith: path.name, at: container, of: documents, in: shell.session,
      limit: Self.keyLimit, timeLimit: Self.timeLimit)
    var completions = Completions(
      tokenOffset: path.segmentOffset,
      candidates: sample.names.compactMap { Self.segment($0, openedBy: path.quote) },
      isPartial: sample.isPartial)
    // More segments may follow.
    completions.endsToken = false
    return completions
  }

  /// The segment that leads to the member of this name; nil if it would not be shown as it is.
  private static func segment(_ name: [UInt8], openedBy quote: UInt8?) -> [UInt8]? {
    guard Escaping.displayed(name).utf8.elementsEqual(name) else { return nil }
    var string: [UInt8] = []
    JSONText.append(string: name.span, to: &string)
    guard let quote else {
      var segment: [UInt8] = []
      JSONPath.append(segmentOfName: Array(string.dropFirst().dropLast()), to: &segment)
      return segment
    }
    if quote == UInt8(ascii: "\"") {
      return [UInt8(ascii: "[")] + string + [UInt8(ascii: "]")]
    }
    // Without a quote or a backslash in it, a name is the same in both kinds of quotes.
    guard !name.contains(where: { $0 == quote || $0 == UInt8(ascii: "\\") }) else { return nil }
    return Array("['".utf8) + name + Array("']".utf8)
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

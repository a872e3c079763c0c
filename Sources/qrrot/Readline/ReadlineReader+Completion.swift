internal import CReadline
internal import QrrotShell

#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

extension ReadlineReader {
  /// What could stand in the place of bytes `start..<end` of the line, as readline wants it: the
  /// common beginning, the candidates, a null pointer, all of it from malloc; or nothing.
  func matches(
    text: UnsafePointer<CChar>?, start: Int, end: Int
  ) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? {
    let pending = pendingText.isEmpty ? [] : pendingText + [UInt8(ascii: "\n")]
    let line = pending + Self.bytes(of: qrrot_rl_line())
    let cursor = pending.count + end
    let completions = completer.completions(for: line, cursor: cursor)
    // Left unset, readline would offer file names wherever nothing else fits.
    qrrot_rl_set_completion_over(completions.completesFileNames ? 0 : 1)
    qrrot_rl_set_sorts_matches(completions.completesFileNames ? 1 : 0)
    qrrot_rl_set_lists_partially(completions.isPartial ? 1 : 0)
    if completions.completesFileNames { return nil }

    let word = CompletedWord(
      line: line, wordOffset: pending.count + start, cursor: cursor,
      tokenOffset: completions.tokenOffset)
    let candidates = completions.candidates.compactMap(word.replacement(for:))
    guard !candidates.isEmpty else {
      if completions.isPartial { qrrot_rl_report_partial_search() }
      return nil
    }
    // Candidates bring their closing quote along.
    qrrot_rl_set_suppress_quote(1)
    // What was not looked at may continue the one that was found.
    qrrot_rl_set_suppress_append(completions.isPartial || !completions.endsToken ? 1 : 0)
    return Self.list(
      of: Self.matches(of: candidates, typed: word.typed, isPartial: completions.isPartial))
  }

  /// The candidates as readline wants them: what replaces the word first, unless there is only one.
  ///
  /// Beyond what was typed, candidates that were not looked at may differ, so a single one that was
  /// found among too many keys is listed, not inserted.
  static func matches(of candidates: [[UInt8]], typed: [UInt8], isPartial: Bool) -> [[UInt8]] {
    guard candidates.count > 1 || isPartial else { return candidates }
    let common = CompletedWord.commonPrefix(of: candidates)
    return [isPartial || common.count < typed.count ? typed : common] + candidates
  }

  private static func list(
    of strings: [[UInt8]]
  ) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? {
    let size = MemoryLayout<UnsafeMutablePointer<CChar>?>.stride
    guard let memory = calloc(strings.count + 1, size) else { return nil }
    let list = memory.bindMemory(
      to: UnsafeMutablePointer<CChar>?.self, capacity: strings.count + 1)
    for (index, string) in strings.enumerated() {
      list[index] = (string + [0]).withUnsafeBufferPointer { buffer in
        buffer.withMemoryRebound(to: CChar.self) { start in start.baseAddress.flatMap { strdup($0) }
        }
      }
    }
    return list
  }
}

/// The piece of the line that readline replaces, and how it differs from the token that the
/// completer speaks of.
///
/// readline's word begins behind an open quote, and at a blank; a token begins with its quote, and
/// may begin inside a word (`@.a==@.b`).
struct CompletedWord {
  /// The part of the token before readline's word: readline leaves it as it is.
  private let fixed: ArraySlice<UInt8>
  /// The part of readline's word before the token.
  private let leading: ArraySlice<UInt8>
  /// What of readline's word stands before the cursor.
  let typed: [UInt8]

  /// - Parameters:
  ///   - line: the whole command so far.
  ///   - wordOffset: where readline's word begins in it.
  ///   - cursor: where it ends.
  ///   - tokenOffset: where the completer's token begins.
  init(line: [UInt8], wordOffset: Int, cursor: Int, tokenOffset: Int) {
    let word = min(max(wordOffset, 0), cursor)
    let token = min(max(tokenOffset, 0), cursor)
    fixed = token < word ? line[token..<word] : []
    leading = word < token ? line[word..<token] : []
    typed = Array(line[word..<cursor])
  }

  /// What stands in the place of readline's word for `candidate`, a whole token; nil where what
  /// stands before it does not allow it.
  func replacement(for candidate: [UInt8]) -> [UInt8]? {
    // A C string ends at a NUL.
    if candidate.contains(0) { return nil }
    if fixed.isEmpty { return leading + candidate }
    if candidate.starts(with: fixed) { return Array(candidate.dropFirst(fixed.count)) }
    // The user has opened a quote that the candidate does without, or with another one.
    guard let quote = fixed.first, let quoted = Self.quoted(candidate, by: quote),
      quoted.starts(with: fixed)
    else { return nil }
    return Array(quoted.dropFirst(fixed.count))
  }

  /// The same token in the quotes `quote`, or nil where that takes more than other quotes around it.
  private static func quoted(_ token: [UInt8], by quote: UInt8) -> [UInt8]? {
    guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return nil }
    let quotes: [UInt8] = [UInt8(ascii: "\""), UInt8(ascii: "'")]
    var content = token
    if let first = token.first, quotes.contains(first) {
      guard token.count >= 2, token.last == first else { return nil }
      content = Array(token.dropFirst().dropLast())
    }
    // Escapes and inner quotes mean different things in the two kinds.
    if content.contains(where: { quotes.contains($0) || $0 == UInt8(ascii: "\\") }) { return nil }
    return [quote] + content + [quote]
  }

  /// The longest beginning that all share, cut between characters.
  static func commonPrefix(of candidates: [[UInt8]]) -> [UInt8] {
    guard var prefix = candidates.first?[...] else { return [] }
    for candidate in candidates.dropFirst() {
      let shared = zip(prefix, candidate).prefix { $0 == $1 }.count
      prefix = prefix.prefix(shared)
    }
    // Half a character would be shown as garbage and match nothing.
    let next = prefix.count
    let isCut = candidates.contains { $0.count > next && $0[next] & 0xC0 == 0x80 }
    if isCut {
      while let last = prefix.popLast(), last & 0xC0 == 0x80 {}
    }
    return Array(prefix)
  }
}

internal import QrrotCore

/// Makes the lines of one key.
struct PlanLines {
  private let change: Plan.Change
  private let effect: PlanEffect
  private let limits: PlanLimits

  init(_ change: Plan.Change, _ effect: PlanEffect, _ limits: PlanLimits) {
    self.change = change
    self.effect = effect
    self.limits = limits
  }

  /// What is told of one place: in front of the arrow and behind it.
  private struct Item {
    var path: PlanPath?
    /// What stands in front of the path where it is new or goes.
    var mark = ""
    var before: ShownText?
    var after: ShownText?
    var destroys = false

    /// Whether its values could stand in a line, all of them.
    func fits(_ columns: Int) -> Bool {
      [before, after].allSatisfy { $0.map { $0.wholeIfFitting(columns) != nil } ?? true }
    }
  }

  func lines() -> [PlanLine] {
    let (items, restCount) = items()
    let expiry = expiryParts()
    guard let columns = limits.columns else {
      // A line for each place, and one for the expiry of a key that stays.
      var lines = items.map { line([$0], restCount: 0, [], columns: nil) }
      if items.isEmpty || change.sign == .changed, !expiry.isEmpty {
        var own = line([], restCount: 0, expiry, columns: nil)
        own.destroys = effect.destroysByExpiry
        lines.append(own)
      } else if !expiry.isEmpty {
        lines = items.map { line([$0], restCount: 0, expiry, columns: nil) }
      }
      return lines
    }
    // Fewer places rather than parts of them.
    for count in stride(from: min(items.count, limits.placeCount), to: 0, by: -1) {
      let shown = Array(items.prefix(count))
      guard shown.allSatisfy({ $0.fits(columns) }) else { continue }
      var whole = line(shown, restCount: restCount + items.count - count, expiry, columns: nil)
      whole.destroys = effect.destroys
      if Self.width(whole) <= columns { return [whole] }
    }
    let rest = restCount + max(0, items.count - 1)
    var fitted = line(Array(items.prefix(1)), restCount: rest, expiry, columns: columns)
    fitted.destroys = effect.destroys
    return [Self.cut(fitted, columns)]
  }

  /// The places, and how many more there are.
  private func items() -> ([Item], restCount: Int) {
    let before = change.before?.value
    let after = change.after?.value
    switch effect.content {
    case .same: return ([], 0)
    case .added: return ([Item(after: after.map(ShownText.value))], 0)
    case .removed: return ([Item(before: before.map(ShownText.value), destroys: true)], 0)
    case .edited(let kept):
      guard case .json(let first)? = before, case .json(let second)? = after else { return ([], 0) }
      var difference = kept
      if limits.columns == nil, !kept.isWhole {
        difference =
          PlanEffect.difference(
            from: .json(first), to: .json(second), placeLimit: limits.placeCount) ?? kept
      }
      if limits.columns == nil, !difference.isWhole { break }
      var items = difference.places.map { Self.item($0, difference, first, second) }
      // Where not all are shown, no harmless ones stand in front of those that destroy.
      if limits.columns != nil { items = items.filter(\.destroys) + items.filter { !$0.destroys } }
      return (items, difference.counts.total - items.count)
    case .number, .replaced: break
    }
    return (
      [
        Item(
          before: before.map(ShownText.value), after: after.map(ShownText.value),
          destroys: effect.destroysContent)
      ], 0
    )
  }

  private static func item(
    _ place: JSONDifference.Place, _ difference: JSONDifference, _ first: [UInt8],
    _ second: [UInt8]
  ) -> Item {
    let steps = first.withUnsafeBytes { first in
      second.withUnsafeBytes { second in
        difference.steps(to: place, before: first, after: second)
      }
    }
    var item = Item(path: PlanPath(steps))
    item.before = place.before.map { .part(first[$0]) }
    item.after = place.after.map { .part(second[$0]) }
    switch place.kind {
    case .added: item.mark = "+ "
    case .removed: item.mark = "- "
    case .number, .replaced: break
    }
    item.destroys = place.kind == .removed || place.kind == .replaced
    return item
  }
}

/// Expiries.
extension PlanLines {
  private func expiryParts() -> [PlanLine.Part] {
    var parts: [PlanLine.Part] = []
    func add(_ kind: PlanLine.Kind, _ text: String) {
      parts.append(PlanLine.Part(kind: kind, text: text))
    }
    let before = change.before?.expiry ?? 0
    let after = change.after?.expiry ?? 0
    switch change.sign {
    case .added where after != 0:
      add(.word, "expires ")
      add(.expiryAfter, moment(after))
    case .removed where before != 0:
      add(.word, "expires ")
      add(.expiryBefore, moment(before))
    case .changed where before != after:
      add(.word, "expiry ")
      add(.expiryBefore, moment(before))
      add(.word, " → ")
      add(.expiryAfter, moment(after))
    default: break
    }
    return parts
  }

  /// `2026-11-23T06:40:00Z (in 60 s)`
  private func moment(_ expiry: Int64) -> String {
    guard expiry != 0 else { return "none" }
    let date = CivilTime(milliseconds: expiry).description
    guard let now = limits.now else { return date }
    let (left, isTooLong) = expiry.subtractingReportingOverflow(now)
    guard !isTooLong, left > 0 else { return date }
    return "\(date) (in \(CivilTime.text(ofSeconds: (left - 1) / 1_000 + 1)))"
  }
}

/// Fitting a line into its width.
extension PlanLines {
  private func line(
    _ items: [Item], restCount: Int, _ expiry: [PlanLine.Part], columns: Int?
  ) -> PlanLine {
    var line = PlanLine(sign: change.sign)
    let key = ShownText.key(change.key)
    line.append(.key, columns.map { key.fitting(max(16, $0 / 3)) } ?? key.whole)
    let rest = restCount > 0 ? ", and \(more(restCount, than: items))" : ""
    let paths = items.map { item in
      item.path.map { path in
        item.mark + (columns.map { path.fitting(max(8, ($0 - 24) / 2)) } ?? path.whole)
      }
    }
    // What is taken whatever the values are.
    var taken = Self.width(line) + Self.width(rest)
    taken += expiry.reduce(expiry.isEmpty ? 0 : 2) { $0 + Self.width($1.text) }
    for (item, path) in zip(items, paths) {
      taken += 2 + (path.map { Self.width($0) + 2 } ?? 0)
      if item.before != nil, item.after != nil { taken += 3 }
    }
    let room = columns.map { $0 - taken }
    var values = Self.texts(items.flatMap { [$0.before, $0.after] }, room: room)[...]
    for (index, item) in items.enumerated() {
      line.append(.word, index == 0 ? "  " : ", ")
      if let path = paths[index] {
        line.append(.path, path)
        line.append(.word, "  ")
      }
      if let before = values.popFirst() ?? nil { line.append(.before, before) }
      if item.before != nil, item.after != nil { line.append(.word, " → ") }
      if let after = values.popFirst() ?? nil { line.append(.after, after) }
      if item.destroys { line.destroys = true }
    }
    if !rest.isEmpty { line.append(.word, rest) }
    if !expiry.isEmpty { line.append(.word, items.isEmpty ? "  " : ", ") }
    line.parts += expiry
    return line
  }

  /// `9 more, 2 of them destroyed`
  private func more(_ restCount: Int, than items: [Item]) -> String {
    let text = "\(ShownText.grouped(restCount)) more"
    guard case .edited(let difference) = effect.content else { return text }
    let counts = difference.counts
    let destroyedCount = counts.removed + counts.replaced - items.count(where: \.destroys)
    guard destroyedCount > 0 else { return text }
    return "\(text), \(ShownText.grouped(destroyedCount)) of them destroyed"
  }

  /// The texts, each as long as it wants if there is room, else all of the same width; those that need
  /// less leave it to the others.
  private static func texts(_ texts: [ShownText?], room: Int?) -> [String?] {
    guard let room else { return texts.map { $0?.whole } }
    var result: [String?] = texts.map { _ in nil }
    var waiting = texts.indices.filter { texts[$0] != nil }
    var left = room
    while !waiting.isEmpty {
      let share = max(0, left) / waiting.count
      var next: [Int] = []
      for index in waiting {
        if let text = texts[index]?.wholeIfFitting(share) {
          result[index] = text
          left -= width(text)
        } else {
          next.append(index)
        }
      }
      if next.count == waiting.count {
        for index in next { result[index] = texts[index]?.fitting(share) }
        break
      }
      waiting = next
    }
    return result
  }

  private static func width(_ line: PlanLine) -> Int { width(line.text) }

  private static func width(_ text: String) -> Int { DisplayWidth.columns(of: Array(text.utf8)) }

  /// The line without what is too much, in a terminal that is too narrow for all parts.
  private static func cut(_ line: PlanLine, _ columns: Int) -> PlanLine {
    guard width(line) > columns else { return line }
    var cut = line
    cut.parts = []
    // The sign with its blank in front, the ellipsis behind.
    var room = columns - 3
    for part in line.parts {
      let width = width(part.text)
      guard width > room else {
        cut.parts.append(part)
        room -= width
        continue
      }
      let bytes = Array(part.text.utf8)
      let end = DisplayWidth.prefix(of: bytes, fitting: room).byteCount
      cut.append(part.kind, String(decoding: bytes[..<end], as: UTF8.self) + "…")
      break
    }
    return cut
  }
}

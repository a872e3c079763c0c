internal import QrrotCore

extension Plan {
  /// `Plan: 12 changes, 3 of them destroy something`; why a yes is needed can be seen in it.
  public var header: String {
    let count = destroyingChangeCount
    let which = count == changes.count ? "which" : "\(ShownText.grouped(count)) of them"
    let destroyed = count == 0 ? "" : ", \(which) destroy\(count == 1 ? "s" : "") something"
    let many = changes.count > Self.keyLimit ? ", more than \(Self.keyLimit) keys at once" : ""
    return "Plan: \(Self.counted(changes.count))\(destroyed)\(many)"
  }

  /// `Apply 12 changes? [y]es [n]o [s]how all [e]dit `
  public var question: String {
    "Apply \(Self.counted(changes.count))? [y]es [n]o [s]how all [e]dit "
  }

  private static func counted(_ count: Int) -> String {
    "\(ShownText.grouped(count)) change\(count == 1 ? "" : "s")"
  }

  /// The plan line by line, in byte order of keys: for each key that changes what it is before and after,
  /// in json values the places that differ.
  ///
  /// All of it is escaped: no byte of a key or a value reaches a terminal as it is if it could do more
  /// than be seen. Where the limits leave keys out, the last line counts them.
  ///
  /// - Complexity: O(keys × columns) with a width; else O(bytes of the values).
  public func lines(limits: PlanLimits) -> [PlanLine] {
    var lines: [PlanLine] = []
    let shown = shownIndices(limits.keyCount)
    for index in shown {
      lines += PlanLines(changes[index], effects[index], limits).lines()
    }
    if shown.count < changes.count { lines.append(rest(without: shown)) }
    return lines
  }

  /// Those that destroy something, then others, up to `limit`; in order.
  private func shownIndices(_ limit: Int?) -> [Int] {
    guard let limit, changes.count > limit else { return Array(changes.indices) }
    let first = changes.indices.filter { effects[$0].destroys }.prefix(limit)
    let others = changes.indices.filter { !effects[$0].destroys }.prefix(limit - first.count)
    return (first + others).sorted()
  }

  private func rest(without shown: [Int]) -> PlanLine {
    var counts = (added: 0, changed: 0, removed: 0)
    var line = PlanLine(sign: .more)
    let shown = Set(shown)
    for (index, change) in changes.enumerated() where !shown.contains(index) {
      switch change.sign {
      case .added: counts.added += 1
      case .removed: counts.removed += 1
      case .changed, .more: counts.changed += 1
      }
      if effects[index].destroys { line.destroys = true }
    }
    let parts = [
      (counts.added, "added"), (counts.changed, "changed"), (counts.removed, "removed"),
    ].filter { $0.0 > 0 }.map { "\(ShownText.grouped($0.0)) \($0.1)" }
    line.append(
      .word,
      "and \(ShownText.grouped(changes.count - shown.count)) more: \(parts.joined(separator: ", "))"
    )
    return line
  }
}

extension Plan.Change {
  /// Whether the key is new, changed or removed.
  public var sign: PlanLine.Sign {
    before == nil ? .added : after == nil ? .removed : .changed
  }
}

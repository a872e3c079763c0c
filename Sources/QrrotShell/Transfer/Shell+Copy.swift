public import QrrotCore

/// `qrrot copy`: this shell's engine is the target.
extension Shell {
  /// Copies the records of another engine to this one, and prints what became of them.
  ///
  /// What was copied before an error, Ctrl-C or a signal stays, and is said.
  public func copyRecords(
    from source: any Engine, onConflict policy: ConflictPolicy, matching pattern: [UInt8]?
  ) async throws(ShellStop) -> Outcome {
    var options = RecordCopier.Options(now: { Importer.now })
    options.onConflict = policy
    options.pattern = pattern
    let copier = RecordCopier(from: source, to: engine, options)
    do throws(QrrotError) {
      try await withBar("copying", unit: "keys") { bar throws(QrrotError) in
        try await copier.run(in: &session) { done, total throws(QrrotError) in
          try goOn()
          try bar.update(done: done, total: total)
        }
      }
    } catch {
      let outcome = try fail(error, at: nil)
      try console.note(
        "until then: \(Self.sentence(copier.counts)); that stays, and running it again goes on from there"
      )
      return outcome
    }
    try console.print(Self.reply(copier.counts))
    let changedCount = copier.counts.changedFormCount
    if changedCount > 0 {
      let values = changedCount == 1 ? "value has" : "values have"
      try console.note("\(Progress.grouped(changedCount)) \(values) another form or type there")
    }
    return .succeeded
  }

  private static func rows(_ counts: RecordCopier.Counts) -> [(name: String, count: Int)] {
    [
      ("copied", counts.copiedCount), ("equal", counts.equalCount),
      ("replaced", counts.replacedCount), ("skipped", counts.skippedCount),
      ("expired", counts.expiredCount),
    ]
  }

  private static func reply(_ counts: RecordCopier.Counts) -> Reply {
    var reply = Reply()
    reply.reset(.rows, columns: ["outcome", "count"])
    for (name, count) in rows(counts) {
      reply.append(word: name)
      reply.append(integer: Int64(count))
    }
    return reply
  }

  private static func sentence(_ counts: RecordCopier.Counts) -> String {
    rows(counts).map { "\($0.name) \(Progress.grouped($0.count))" }.joined(separator: ", ")
  }
}

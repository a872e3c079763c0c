internal import QrrotCore

/// From what is staged to what is applied.
extension AgentRun {
  /// Shows what is staged as a plan, asks where that is needed, and applies it.
  ///
  /// - Returns: nil if the run is over; the conflict if somebody else has changed what the model relied
  ///   on, and nothing was applied.
  /// - Throws: what ends the run with nothing applied.
  mutating func conclude() async throws(QrrotError) -> QrrotError? {
    guard session.transaction?.writtenKeys.isEmpty == false else { return nil }
    var isEdited = false
    do throws(QrrotError) {
      var mustAsk = false
      for _ in 0..<Self.questionLimit {
        let plan = try await Plan.make(of: &session, on: engine)
        outcome.plan = plan.changes.isEmpty ? nil : plan
        guard !plan.changes.isEmpty else {
          if isEdited { outcome.decision = .refused }
          return nil
        }
        switch try await decide(plan, mustAsk: mustAsk) {
        case .no:
          outcome.decision = .refused
          return nil
        case .edited(let file):
          try await stage(file)
          isEdited = true
          mustAsk = true
          continue
        case .yes: break
        }
        // While a question stands, time passes: what it was about may have expired.
        let planNow = try await Plan.make(of: &session, on: engine)
        guard planNow.changes == plan.changes else {
          try screen.show(
            .note("the plan has changed while it was looked at; this is what it is now"))
          mustAsk = true
          continue
        }
        try await apply(plan)
        return nil
      }
    } catch {
      // A conflict with what a person has written is not the model's to mend.
      guard error.code == .conflict, !isEdited else { throw error }
      return error
    }
    throw QrrotError(.conflict, "the plan changes as fast as it is looked at; nothing was applied")
  }

  /// Whether `plan` is to be applied. It has been shown by then.
  private mutating func decide(_ plan: Plan, mustAsk: Bool) async throws(QrrotError) -> PlanAnswer {
    let exceedsUndo = plan.beforeImageByteCount > Limits.undoByteCount
    if exceedsUndo {
      try screen.show(
        .note(
          "this replaces or removes more than the \(ByteSize.text(Limits.undoByteCount)) that undo keeps: it can't be undone"
        ))
    }
    let destroys = !plan.destroys.isEmpty
    let isMuchUnseen = !options.isInteractive && plan.changedNumberCount > Self.unseenNumberLimit
    let needsYes =
      mustAsk || destroys || isMuchUnseen || exceedsUndo || options.confirmation == .always
    guard needsYes, !options.assumesYes else {
      try screen.show(.plan(plan))
      return .yes
    }
    guard options.isInteractive else {
      try screen.show(.plan(plan))
      outcome.error = QrrotError(
        .refused,
        "the plan \(destroys ? "destroys something" : "needs a yes"), and there is no terminal to ask at; nothing was applied. With --yes it is"
      )
      return .no
    }
    return try await screen.ask(about: plan)
  }

  /// Stages what a person has made of the plan, on top of the same reads.
  private mutating func stage(_ file: [UInt8]) async throws(QrrotError) {
    let commands = try gate.admitFile(file)
    var transaction = Transaction()
    for (key, entry) in session.transaction?.entries ?? [:] {
      transaction.sawKey(key, version: entry.seenVersion)
    }
    if let version = session.transaction?.seenKeyspaceVersion {
      transaction.sawKeyspace(
        version: version, expirationCount: session.transaction?.seenExpirationCount ?? 0)
    }
    session.transaction = transaction
    for command in commands {
      try session.interrupt.check()
      try await engine.execute(command, in: &session, into: &reply)
    }
  }

  /// Commits what is staged, which is `plan`.
  private mutating func apply(_ plan: Plan) async throws(QrrotError) {
    try session.interrupt.check()
    session.allowsWritesBeyondUndo = plan.beforeImageByteCount > Limits.undoByteCount
    defer { session.allowsWritesBeyondUndo = false }
    try await engine.execute(Command(.commit), in: &session, into: &reply)
    outcome.decision = .applied
    try engine.settle(&session)
  }

  /// How often a plan may turn out to be another one.
  private static let questionLimit = 100
  /// Past so many numbers that nobody sees change, a plan counts as destroying.
  private static let unseenNumberLimit = 10
}

internal import QrrotCore
internal import SystemPackage

/// `import`.
extension Shell {
  func importWord(_ command: Command, at place: Place?) async throws(ShellStop) -> Outcome {
    let file: TransferFile
    do throws(QrrotError) { file = try transferFile(of: command) } catch {
      return try fail(error, at: place)
    }
    return try await importFile(file, ImportOptions(command), at: place)
  }

  /// Imports a file and prints what came of it.
  ///
  /// - Parameter place: where the command stands, for errors that are not the file's.
  public func importFile(
    _ file: TransferFile, _ options: ImportOptions, at place: Place? = nil
  ) async throws(ShellStop) -> Outcome {
    let importer: Importer
    let counts: BulkCounts?
    do throws(QrrotError) {
      let bulk = try await engine.beginBulkWrite(onConflict: options.onConflict, in: &session)
      importer = try Importer(file, options, into: bulk, console: console, signals: signals)
      let isRead = try await withBar("importing", unit: "bytes") { bar throws(QrrotError) in
        try importer.read { done, total throws(QrrotError) in
          try goOn()
          try bar.update(done: done, total: total)
        }
      }
      counts = isRead ? try await apply(bulk) : nil
    } catch {
      return try fail(error, at: place)
    }
    guard let counts else { return .failed }
    try console.print(importer.reply(counts))
    for note in importer.notes { try console.note(note) }
    return importer.failedCount == 0 ? .succeeded : .failed
  }

  /// Applies what has been gathered; what undo can't take back is said first.
  private func apply(_ bulk: any BulkWrite) async throws(QrrotError) -> BulkCounts {
    do throws(QrrotError) {
      return try await bulk.apply(in: &session)
    } catch {
      guard case .exceedsUndo(let byteCount)? = error.detail else { throw error }
      try? console.note(
        "import needs \(Progress.grouped(byteCount)) bytes to be undone, more than undo keeps: it can't be undone"
      )
      session.allowsWritesBeyondUndo = true
      defer { session.allowsWritesBeyondUndo = false }
      return try await bulk.apply(in: &session)
    }
  }

  /// The file that a command names.
  func transferFile(of command: Command) throws(QrrotError) -> TransferFile {
    let position = command.arguments.firstIndex { $0.kind == .word } ?? 0
    guard !command.content(position).elementsEqual("-".utf8) else {
      guard command.name != .import || !(isInteractive || openFiles.contains { $0.name == "-" })
      else {
        throw QrrotError(
          .refused, "standard input is where the commands come from; import a file, or use -c")
      }
      return .standard
    }
    return .path(try file(of: command, at: position))
  }

  /// SIGTERM and SIGHUP end long work as Ctrl-C does: nothing has been changed.
  func goOn() throws(QrrotError) { try signals.check() }
}

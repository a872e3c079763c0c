internal import QrrotCore
internal import SystemPackage

/// `export`.
extension Shell {
  func exportWord(_ command: Command, at place: Place?) async throws(ShellStop) -> Outcome {
    let file: TransferFile
    do throws(QrrotError) { file = try transferFile(of: command) } catch {
      return try fail(error, at: place)
    }
    return try await exportFile(file, ExportOptions(command), at: place)
  }

  /// Exports to a file and prints how many keys that were; or prints the records, for `-`.
  ///
  /// - Parameter place: where the command stands, for errors.
  public func exportFile(
    _ file: TransferFile, _ options: ExportOptions, at place: Place? = nil
  ) async throws(ShellStop) -> Outcome {
    let (count, notes): (Int, [String])
    switch file {
    case .standard:
      let escapes = console.surroundings.outputIsTerminal
      var writer = (options.format ?? .commands).writer(escapes: escapes)
      guard try await printRecords(with: &writer, options, at: place) else { return .failed }
      (count, notes) = (0, writer.notes)
    case .path(let path):
      do throws(QrrotError) {
        (count, notes) = try await writeRecords(to: path, options)
      } catch {
        return try fail(error, at: place)
      }
      var reply = Reply()
      reply.set(integer: Int64(count))
      try console.print(reply)
    }
    for note in notes { try console.note(note) }
    return .succeeded
  }

  /// Prints all records.
  ///
  /// - Returns: false if that failed, which has been reported.
  private func printRecords(
    with writer: inout any RecordWriter, _ options: ExportOptions, at place: Place?
  ) async throws(ShellStop) -> Bool {
    var output: [UInt8] = []
    let reading: any RecordReading
    do throws(QrrotError) {
      reading = try await engine.beginReading(matching: options.pattern, in: &session)
    } catch {
      _ = try fail(error, at: place)
      return false
    }
    writer.begin(&output)
    while true {
      do throws(QrrotError) {
        try goOn()
        guard try Self.appendNext(of: reading, with: &writer, to: &output) != nil else { break }
      } catch {
        _ = try fail(error, at: place)
        return false
      }
      try console.print(bytes: output)
      output.removeAll(keepingCapacity: true)
    }
    writer.end(&output)
    try console.print(bytes: output)
    return true
  }

  /// Writes all records to a file, whole or not at all.
  ///
  /// - Returns: how many, and what to tell.
  private func writeRecords(
    to path: FilePath, _ options: ExportOptions
  ) async throws(QrrotError) -> (Int, [String]) {
    let name = path.lastComponent?.string ?? ""
    guard !name.lowercased().hasSuffix(TransferFormat.gzipSuffix) else {
      throw QrrotError(
        .refused,
        "export does not pack: name it without \(TransferFormat.gzipSuffix), or pack what qrrot export - prints"
      )
    }
    var isReplacing = self.options.assumesYes
    if try FileReplacement.exists(path), !isReplacing {
      try confirm("\(path.string) is there already", "Replace it?", refusal: "nothing was exported")
      isReplacing = true
    }
    let format = options.format ?? TransferFormat(fileName: name) ?? .commands
    var writer = format.writer(escapes: false)
    let reading = try await engine.beginReading(matching: options.pattern, in: &session)
    let file = try FileReplacement(path)
    let count = try await withBar("exporting", unit: "keys") { bar throws(QrrotError) in
      var (output, count) = ([UInt8](), 0)
      writer.begin(&output)
      while let part = try Self.appendNext(of: reading, with: &writer, to: &output) {
        count += part
        if output.count >= Self.exportByteCount {
          try file.write(output)
          output.removeAll(keepingCapacity: output.count <= 4 * Self.exportByteCount)
        }
        try goOn()
        try bar.update(done: reading.doneCount, total: reading.count)
      }
      writer.end(&output)
      try file.write(output)
      return count
    }
    try settle()
    try file.finish(replacing: isReplacing)
    return (count, writer.notes)
  }

  /// A file must not speak of what may be gone after a crash.
  private func settle() throws(QrrotError) { try engine.settle(&session) }

  /// Appends some more records.
  ///
  /// - Returns: how many; nil if there are none any more.
  private static func appendNext(
    of reading: any RecordReading, with writer: inout any RecordWriter, to output: inout [UInt8]
  ) throws(QrrotError) -> Int? {
    var count = 0
    let hasMore = try reading.next { record in
      if writer.append(record, to: &output) { count += 1 }
    }
    return hasMore ? count : nil
  }

  private static var exportByteCount: Int { 256 << 10 }
}

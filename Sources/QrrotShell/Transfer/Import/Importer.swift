internal import QrrotCore
internal import SystemPackage

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// One file on its way into a bulk write.
final class Importer {
  private let fileName: String
  private let options: ImportOptions
  private let source: ImportSource
  private let reader: any RecordReader
  private let sink: RecordSink
  private let console: Console
  /// Records that were wrong and have been passed over.
  private(set) var failedCount = 0

  /// Opens a file.
  ///
  /// - Throws: `io`; `syntax` if nobody says what format it has, for a wrong template, and for one
  ///   beside a command file.
  init(
    _ file: TransferFile, _ options: ImportOptions, into bulk: any BulkWrite, console: Console,
    signals: SignalState
  ) throws(QrrotError) {
    fileName = file.name
    self.options = options
    self.console = console
    sink = try RecordSink(bulk, options, now: Self.now, interrupt: signals.interrupt)
    let format = try Self.format(of: file, options)
    let input: any ByteSource =
      switch file {
      case .standard: DescriptorSource(.standardInput, closesDescriptor: false, signals: signals)
      case .path(let path): try DescriptorSource.open(path, signals: signals)
      }
    source = ImportSource(input, signals: signals)
    reader = try Self.reader(format, GzipSource(source), interrupt: signals.interrupt)
  }

  /// The format of a file.
  ///
  /// - Throws: `syntax` if nobody says what it is, or it is none that takes a key.
  static func format(
    of file: TransferFile, _ options: ImportOptions
  ) throws(QrrotError) -> TransferFormat {
    let format = if let named = options.format { named } else { try format(ofName: file) }
    guard format != .commands || options.key == nil else {
      throw QrrotError(
        .syntax, "--key is for documents; a command file says its keys itself, so leave --key out")
    }
    return format
  }

  private static func format(ofName file: TransferFile) throws(QrrotError) -> TransferFormat {
    let names = CommandSpec.transferFormats.joined(separator: ", ")
    guard case .path(let path) = file else {
      throw QrrotError(
        .syntax, "standard input has no name that says its format; add --format, one of \(names)")
    }
    guard let format = TransferFormat(fileName: path.lastComponent?.string ?? "") else {
      throw QrrotError(
        .syntax, "the name of \(path.string) does not say its format; add --format, one of \(names)"
      )
    }
    return format
  }

  /// The reader of a format; also used with sources of tests.
  static func reader(
    _ format: TransferFormat, _ source: any ByteSource, interrupt: Interrupt,
    blockByteCount: Int = 1 << 18
  ) throws(QrrotError) -> any RecordReader {
    if format == .commands { return CommandFileReader(source, interrupt: interrupt) }
    let buffer = BlockBuffer(source, interrupt: interrupt, blockByteCount: blockByteCount)
    var isArray = format == .jsonArray
    do throws(ImportFault) {
      try buffer.fill(upTo: byteOrderMark.count)
      if buffer.bytes.starts(with: byteOrderMark) { buffer.drop(byteOrderMark.count) }
      // Many a .json is JSON Lines.
      if isArray {
        try buffer.fill(upTo: 1)
        isArray = buffer.bytes.first != UInt8(ascii: "{")
      }
    } catch {
      throw error.error
    }
    switch format {
    case .csv, .tsv: return CSVReader(buffer, separator: format.separator)
    default: return isArray ? JSONArrayReader(buffer) : JSONLinesReader(buffer)
    }
  }

  /// Reads all of the file into the bulk write.
  ///
  /// - Parameter progress: called from time to time with bytes read and bytes in all, 0 where that is
  ///   not known; throws to end it.
  /// - Returns: false if a record was wrong and the others are not wanted; it has been reported.
  /// - Throws: what ends the reading, and `progress`.
  func read(
    progress: (_ done: Int, _ total: Int) throws(QrrotError) -> Void
  ) throws(QrrotError) -> Bool {
    var countdown = Self.progressInterval
    while true {
      do throws(ImportFault) {
        guard try reader.next(into: sink) else { return true }
      } catch {
        guard case .record(let failure, let lineOffset) = error else {
          try stop(error.error)
          return false
        }
        report(failure, lineOffset)
        if !options.keepsGoing { return false }
      }
      countdown -= 1
      if countdown == 0 {
        countdown = Self.progressInterval
        try progress(source.doneByteCount, source.totalByteCount ?? 0)
      }
    }
  }

  /// Reports an error that ends the reading at its line, or hands it on where no line matters.
  private func stop(_ error: QrrotError) throws(QrrotError) {
    guard error.code != .interrupted, error.code != .tooLarge else { throw error }
    try? console.report(error, at: Place(file: fileName, line: max(1, reader.line)))
  }

  private func report(_ error: QrrotError, _ lineOffset: Int) {
    failedCount += 1
    guard failedCount <= Self.reportCount else { return }
    var error = error
    if !options.keepsGoing { error.message += "; nothing was imported" }
    try? console.report(error, at: Place(file: fileName, line: reader.line + lineOffset))
  }

  /// What a person should know beyond the counts.
  var notes: [String] {
    func text(_ count: Int, _ one: String, _ many: String) -> String? {
      count == 0 ? nil : "\(Progress.grouped(count)) \(count == 1 ? one : many)"
    }
    return [
      text(
        failedCount, "record was wrong and is not imported",
        "records were wrong and are not imported"),
      text(
        sink.keylessCount, "record without a key was skipped", "records without a key were skipped"),
      text(
        sink.expiredCount, "record had expired and was skipped",
        "records had expired and were skipped"),
    ].compactMap { $0 }
  }

  /// The reply, once the records have been applied.
  func reply(_ counts: BulkCounts) -> Reply {
    let skippedCount =
      counts.skippedCount + sink.skippedCount + sink.keylessCount + sink.expiredCount
    var reply = Reply()
    reply.reset(.rows, columns: ["outcome", "count"])
    let rows = [
      ("imported", counts.insertedCount), ("replaced", counts.replacedCount + sink.replacedCount),
      ("skipped", skippedCount),
    ]
    for (name, count) in rows {
      reply.append(word: name)
      reply.append(integer: Int64(count))
    }
    return reply
  }

  static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// How many errors of records are printed.
  private static let reportCount = 20
  private static let progressInterval = 1_024
  private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
}

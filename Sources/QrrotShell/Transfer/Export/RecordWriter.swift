internal import QrrotCore

/// Writes the records of one format.
protocol RecordWriter {
  /// Begins the file.
  mutating func begin(_ output: inout [UInt8])
  /// Appends a record.
  ///
  /// - Returns: false if the format can't hold it; nothing has been appended then.
  mutating func append(_ record: RecordView, to output: inout [UInt8]) -> Bool
  /// Ends the file.
  mutating func end(_ output: inout [UInt8])
  /// What a person should know of what was left out.
  var notes: [String] { get }
}

extension TransferFormat {
  /// A writer of the format.
  ///
  /// - Parameter escapes: whether control characters and the like are escaped where the format can: for
  ///   a terminal.
  func writer(escapes: Bool) -> any RecordWriter {
    switch self {
    case .commands: CommandFileWriter(escapes: escapes)
    case .jsonLines: JSONRecordWriter(isArray: false, escapes: escapes)
    case .jsonArray: JSONRecordWriter(isArray: true, escapes: escapes)
    case .csv, .tsv: CSVWriter(separator: separator, escapes: escapes)
    }
  }
}

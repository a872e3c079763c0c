/// Reads the records of one format, one after another.
protocol RecordReader: AnyObject {
  /// The line on which the last record, or what was wrong with it, begins; from 1.
  var line: Int { get }

  /// Reads the next record and hands it to `sink`.
  ///
  /// - Returns: false at the end of the input.
  /// - Throws: `record` if reading can go on behind it, else `fatal`.
  func next(into sink: RecordSink) throws(ImportFault) -> Bool
}

internal import QrrotCore

/// Something that is wrong with a file.
struct CheckDamage {
  /// The file's path.
  var file: String
  /// Where in it; nil if it can't be read at all.
  var offset: Int64?
  var cause: String
  /// What the readers say, if it was one of them.
  var reason: FileRefusal.Reason?

  var text: String { "\(offset.map { "\(file), offset \($0)" } ?? file): \(cause)." }

  init(_ file: String, offset: Int64? = nil, _ cause: String) {
    self.file = file
    self.offset = offset
    self.cause = cause
  }

  /// Sorts an error: what is wrong with a file is damage.
  ///
  /// - Throws: the error itself if it says nothing about what the file holds: a newer version, a
  ///   permission, a disk that fails.
  init(_ error: StorageError) throws(QrrotError) {
    switch error {
    case .refused(let refusal):
      if case .newer = refusal.reason { throw error.qrrotError }
      file = refusal.file
      offset = refusal.offset
      cause = refusal.cause
      reason = refusal.reason
    case .disk(let failure) where failure.isNoRegularFile:
      file = failure.file
      cause =
        failure.isLink
        ? "it is a symbolic link; put the file itself in its place" : "it is no regular file"
    case .disk(let failure): throw failure.qrrotError
    case .stopped(let stop): throw stop
    }
  }

  /// The log segment that is damaged, if one is.
  var segment: UInt64? { StoreFileName.logNumber(DiskPath(file).name) }
}

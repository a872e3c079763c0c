internal import QrrotCore

/// Why reading a file of the store ended early.
enum StorageError: Error, Equatable, Sendable {
  /// The operating system refused.
  case disk(DiskError)
  /// The file is not what it has to be.
  case refused(FileRefusal)
  /// Whoever took the records did not want to go on.
  case stopped(QrrotError)

  /// The error as a user sees it.
  var qrrotError: QrrotError {
    switch self {
    case .disk(let error): error.qrrotError
    case .refused(let refusal): refusal.qrrotError
    case .stopped(let error): error
    }
  }
}

extension StorageError {
  /// Runs what only the operating system can refuse.
  static func reading<R>(_ body: () throws(DiskError) -> R) throws(StorageError) -> R {
    do throws(DiskError) { return try body() } catch { throw .disk(error) }
  }

  /// Reads just so many bytes.
  ///
  /// - Throws: `disk`; with `EIO` if the file has become shorter than it was.
  static func fill(
    _ memory: UnsafeMutableRawPointer, _ count: Int, from file: any DiskFile, at offset: Int64,
    _ path: String
  ) throws(StorageError) {
    try reading { () throws(DiskError) in
      let read = try file.read(
        into: UnsafeMutableRawBufferPointer(start: memory, count: count), at: offset)
      guard read == count else { throw .cutShort(path) }
    }
  }
}

/// A file that is not loaded: which, where in it, and why.
struct FileRefusal: Error, Equatable, Sendable {
  /// The path, for messages.
  var file: String
  /// Where, in bytes from its start.
  var offset: Int64
  var reason: Reason

  /// What is wrong.
  enum Reason: Equatable, Sendable {
    /// It does not begin as a file of its kind does.
    case foreign
    /// It was written by a newer program.
    case newer(version: UInt32)
    /// Its header is damaged.
    case header
    /// It belongs to another place in the log, or to another log.
    case misplaced
    /// It is needed and not there.
    case missing
    /// A frame of the log is damaged and can't be an unfinished write.
    case frame(FrameFault, FrameEvidence)
    /// A log that is not the newest does not end as a finished one does.
    case unfinished
    /// Something stands behind the end.
    case trailing
    /// A frame has another sequence number than follows.
    case sequence(expected: UInt64, found: UInt64)
    /// The log ends with a commit before one that is known to have been synced.
    case ended(lastLSN: UInt64, syncedLSN: UInt64)
    /// A frame does not follow the one before it.
    case chain
    /// The checksums are right and the content has no meaning.
    case content
    /// The file is too short for what it has to hold: it was not finished, or has been cut.
    case short
    /// A block of a snapshot is damaged.
    case block
    /// The footer of a snapshot is damaged.
    case footer
    /// All parts of a snapshot are right and the whole is not.
    case whole
  }

  var qrrotError: QrrotError {
    switch reason {
    case .newer, .foreign: QrrotError(.refused, message)
    default: QrrotError(.corrupt, message)
    }
  }

  /// What is wrong and what to do.
  var message: String { "\(file), offset \(offset): \(cause); \(advice)" }

  /// What is wrong, without the place and without advice.
  var cause: String {
    switch reason {
    case .foreign: "this is not a qrrot file, or its first bytes are damaged"
    case .newer(let version): "this is format version \(version), which a newer qrrot wrote"
    case .header: "the file's header is damaged"
    case .misplaced: "the file belongs to another database or another place in the log"
    case .missing: "the file is missing"
    case .frame(let fault, let evidence): "\(fault.text), and \(evidence.text)"
    case .unfinished: "a newer log follows, and this one has no end"
    case .trailing: "there is something behind the end of the log"
    case .sequence(let expected, let found): "commit \(found) stands where \(expected) has to be"
    case .ended(let last, let synced):
      "the log ends with commit \(last), and \(synced) was safely on the disk once"
    case .chain: "this commit does not follow the one before it"
    case .content: "the checksum is right and the content has no meaning"
    case .short: "the file ends too early"
    case .block: "a block is damaged"
    case .footer: "the footer is damaged"
    case .whole: "the checksum of the whole file is wrong"
    }
  }

  private var advice: String {
    switch reason {
    case .newer: "use that one"
    case .foreign, .misplaced, .missing: "put the right file back, from a copy if there is one"
    default: "qrrot check says what can be saved"
    }
  }
}

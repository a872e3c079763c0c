internal import QrrotCore

/// Why a record is not imported, or why none is.
enum ImportFault: Error {
  /// The record is wrong; the next one may be right. The place is the record's, this many lines down.
  case record(QrrotError, lineOffset: Int = 0)
  /// Nothing more can be read.
  case fatal(QrrotError)

  /// The error as a user sees it.
  var error: QrrotError {
    switch self {
    case .record(let error, _), .fatal(let error): error
    }
  }
}

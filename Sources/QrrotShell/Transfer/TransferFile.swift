internal import QrrotCore
public import SystemPackage

/// A file that is read from or written to.
public enum TransferFile: Equatable, Sendable {
  /// Standard input, or standard output: `-`.
  case standard
  /// The file at a path.
  case path(FilePath)

  /// As it was named.
  var name: String {
    switch self {
    case .standard: "-"
    case .path(let path): path.string
    }
  }
}

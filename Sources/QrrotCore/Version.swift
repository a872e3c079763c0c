/// The version of the program and of its libraries.
public enum Version {
  /// As `qrrot --version` and `info` print it; semantic versioning.
  public static let current = "0.1.0"
}

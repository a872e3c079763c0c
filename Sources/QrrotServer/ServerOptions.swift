public import QrrotCore

/// Where a server listens, and how.
public struct ServerOptions: Sendable {
  /// The address, a name or a number.
  public var host = "127.0.0.1"
  /// The port; 0 for one that is free.
  public var port = 7379
  /// How many event loops answer.
  public var threadCount = 1
  /// The files with the certificates and the key for TLS; nil to speak in the open.
  public var tls: TLSFiles?
  /// Whether it may listen where others can reach it without a password or without TLS.
  public var allowsExposure = false
  /// Whether no time passes for the limits of clients but what ``ServerCore/advance(seconds:)`` says: a test
  /// on a busy machine may take as long as it likes.
  package var hasStandingClock = false

  /// The files of TLS, both in PEM.
  public struct TLSFiles: Sendable {
    /// The certificate and those that lead to its authority.
    public var certificates: String
    /// The key.
    public var key: String

    /// Names the files.
    public init(certificates: String, key: String) {
      self.certificates = certificates
      self.key = key
    }

    /// Reads both files.
    ///
    /// - Throws: `refused` if TLS can't begin with them.
    public func check() throws(QrrotError) { _ = try TLSSetup.context(self) }
  }

  /// The defaults.
  public init() {}
}

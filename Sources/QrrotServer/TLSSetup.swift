internal import NIOCore
internal import NIOSSL
internal import QrrotCore

/// TLS 1.2 and up, with the certificate and the key of two files.
enum TLSSetup {
  static func context(_ files: ServerOptions.TLSFiles) throws(QrrotError) -> NIOSSLContext {
    do {
      let certificates = try NIOSSLCertificate.fromPEMFile(files.certificates)
      let key = try NIOSSLPrivateKey(file: files.key, format: .pem)
      var configuration = TLSConfiguration.makeServerConfiguration(
        certificateChain: certificates.map { .certificate($0) }, privateKey: .privateKey(key))
      configuration.minimumTLSVersion = .tlsv12
      // A client that does not take part in the end of a connection does not keep it.
      configuration.shutdownTimeout = .seconds(1)
      return try NIOSSLContext(configuration: configuration)
    } catch {
      throw QrrotError(
        .refused,
        "TLS can't begin with \(files.certificates) and \(files.key): \(error); both are PEM files, and the key is that of the first certificate and has no passphrase"
      )
    }
  }
}

import QrrotCore
import Testing

@Suite("What TLS' library says")
struct TLSReasonTests {
  @Test("a reason is BoringSSL's name, without places in its source")
  func names() {
    let description =
      "handshakeFailed(NIOSSL.BoringSSLError.sslError([Error: 268435696 error:100000f0:SSL routines:OPENSSL_internal:UNSUPPORTED_PROTOCOL at /src/ssl_versions.cc:342]))"
    #expect(TLSReason.text(in: description) == "unsupported protocol")
    #expect(TLSReason.text(in: "uncleanShutdown") == "uncleanShutdown")
  }
}

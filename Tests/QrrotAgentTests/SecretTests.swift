import Testing

@testable import QrrotAgent

@Suite("Secrets")
struct SecretTests {
  @Test("a secret shows nothing of itself")
  func hidden() {
    let secret = Secret("sk-123")
    #expect("\(secret) \(String(reflecting: secret))" == "[key] [key]")
  }
}

import QrrotCore
import Testing

@testable import QrrotProviders

@Suite("Base addresses")
struct BaseURLTests {
  @Test(
    "what is accepted, and what it is then",
    arguments: [
      ("https://api.example.com", "https://api.example.com"),
      ("HTTPS://API.Example.com:8443/openai/v1/", "https://api.example.com:8443/openai/v1"),
      ("http://localhost:11434/v1", "http://localhost:11434/v1"),
      ("http://127.0.0.1", "http://127.0.0.1"), ("http://127.255.0.9:1/", "http://127.255.0.9:1"),
      ("http://[::1]:8080/v1", "http://[::1]:8080/v1"),
    ])
  func accepted(text: String, result: String) throws {
    #expect(try BaseURL(text).text == result)
  }

  @Test(
    "plain http leads to this machine alone, however another one is dressed up",
    arguments: [
      "http://api.example.com", "http://10.0.0.1/v1", "http://0.0.0.0:8080", "http://127.1",
      "http://127.0.0.1.example.com", "http://127.0.0.01", "http://127.0.0.256",
      "http://0x7f.0.0.1",
      "http://localhost.example.com", "http://localhost.", "http://[::2]/",
      "http://[::ffff:7f00:1]",
    ])
  func plainHTTP(text: String) {
    let error = #expect(throws: QrrotError.self) { try BaseURL(text) }
    #expect(error?.code == .refused)
  }

  @Test(
    "what is no base is an error, and no password is shown",
    arguments: [
      "", "api.example.com", "ftp://x", "https://", "https:///v1", "https://a b", "https://x?y=1",
      "https://x#y", "https://x:0", "https://x:65536", "https://x:+1", "https://x:",
      "https://é.com",
      "https://user:hunter2@x.example/v1", "https://hunter2@x", "https://x\\@hunter2.example",
      "https://x/a/../b", "https://x//v1", "https://[::1", "https://[::1]x", "https://..",
      "https://x\n",
    ])
  func refused(text: String) {
    let error = #expect(throws: QrrotError.self) { try BaseURL(text) }
    #expect(error?.message.contains("hunter2") == false)
  }
}

import Testing

@testable import QrrotCore

/// How errors are written and what they quote.
@Suite("The text of errors")
struct ErrorTextTests {
  @Test("the codes are those of the contract")
  func codes() {
    let wanted =
      "syntax unknown-command arity type range json path filter conflict read-only too-large busy io corrupt refused auth network provider budget interrupted unknown-outcome"
    #expect(
      QrrotError.Code.allCases.map(\.rawValue).sorted()
        == wanted.split(separator: " ").map(String.init).sorted())
  }

  @Test("the text form shows the code and hides nothing")
  func textForm() {
    let error = QrrotError(.type, "user:1 holds json; incr needs int")
    #expect(error.description == "error[type]: user:1 holds json; incr needs int")
    #expect(
      QrrotError(.io, "a\n\u{1B}[31m\u{202E}").description == #"error[io]: a\n\x1B[31m\u{202E}"#)
  }

  @Test("a quoted text is cut between characters and says how long it is")
  func excerpts() {
    #expect(QrrotError.excerpt(Array("user:1".utf8)) == "user:1")
    #expect(QrrotError.excerpt(Array("two words".utf8)) == "\"two words\"")
    #expect(QrrotError.excerpt([]) == "\"\"")
    let long = QrrotError.excerpt([UInt8](repeating: UInt8(ascii: "x"), count: 5_000))
    #expect(long == String(repeating: "x", count: 80) + "… (5000 bytes)")
    for shift in 0..<4 {
      for scalar in ["é", "日", "😀"] {
        let text = String(repeating: "x", count: shift) + String(repeating: scalar, count: 100)
        let excerpt = QrrotError.excerpt(Array(text.utf8))
        #expect(!excerpt.contains("\\x"), "\(excerpt)")
      }
    }
  }
}

import QrrotCore
import QrrotTesting
import QrrotWire

/// What the fuzzer of calls does with an input, and what must hold whatever it is.
///
/// The first byte says whether the rest is a request or an answer.
package enum CallsFuzzing {
  /// What an input was found to be.
  package struct Tally: Equatable {
    package var requestCount = 0
    package var commandCount = 0
    package var answerCount = 0
    package var faultCount = 0
  }

  /// Reads a call or an answer; what can be read is written and read again.
  ///
  /// - Throws: ``FuzzFailure`` if anything did not hold.
  @discardableResult
  package static func check(_ bytes: [UInt8]) throws -> Tally {
    var input = FuzzInput(bytes)
    let isRequest = input.flag()
    let content = input.rest()
    var tally = Tally()
    if isRequest {
      try checkRequest(content, &tally)
    } else {
      try checkAnswer(content, &tally)
    }
    return tally
  }

  private static func checkRequest(_ bytes: [UInt8], _ tally: inout Tally) throws {
    guard let request = bytes.withUnsafeBytes({ try? CallRequest($0) }) else {
      tally.faultCount += 1
      return
    }
    tally.requestCount += 1
    let encoded = request.encoded
    // There is one form of each; only blanks in JSON go.
    try FuzzFailure.unless(encoded.count <= bytes.count, "a request grows")
    guard let again = encoded.withUnsafeBytes({ try? CallRequest($0) }) else {
      throw FuzzFailure("a request can't be read that was just written")
    }
    try FuzzFailure.unless(again.encoded == encoded, "a request is another one, written again")
    guard case .execute(let command) = request.call else { return }
    tally.commandCount += 1
    do throws(QrrotError) { try command.requireWellFormed() } catch {
      return try FuzzFailure.unless(!error.message.isEmpty, "an error says nothing")
    }
    try FuzzFailure.unless(command.name.access != .shell, "a word of the shell gets through")
  }

  private static func checkAnswer(_ bytes: [UInt8], _ tally: inout Tally) throws {
    guard let answer = bytes.withUnsafeBytes({ try? CallAnswer($0) }) else {
      tally.faultCount += 1
      return
    }
    tally.answerCount += 1
    let encoded = answer.encoded
    guard let again = encoded.withUnsafeBytes({ try? CallAnswer($0) }) else {
      throw FuzzFailure("an answer can't be read that was just written")
    }
    try FuzzFailure.unless(again.encoded == encoded, "an answer is another one, written again")
    if case .success(.reply(let reply)) = answer.result {
      try FuzzFailure.unless(
        reply.cells.allSatisfy { $0.range.upperBound <= reply.bytes.count },
        "a cell is longer than its reply")
    }
  }
}

import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotWire

/// Calls and answers come out as they went in; damaged ones are errors, whatever the damage is.
@Suite("Calls of a shell far away")
struct CallCodingTests {
  private func read(request bytes: [UInt8]) throws(CallFault) -> CallRequest {
    try bytes.withUnsafeBufferPointer { bytes throws(CallFault) in
      try CallRequest(UnsafeRawBufferPointer(bytes))
    }
  }

  private func read(answer bytes: [UInt8]) throws(CallFault) -> CallAnswer {
    try bytes.withUnsafeBufferPointer { bytes throws(CallFault) in
      try CallAnswer(UnsafeRawBufferPointer(bytes))
    }
  }

  @Test("a request comes out as it went in")
  func requests() throws {
    #expect(CallSamples.commands.count > 40)
    for request in CallSamples.requests {
      let bytes = request.encoded
      let again = try read(request: bytes)
      #expect(again.number == request.number)
      #expect(again.context == request.context)
      #expect(again.encoded == bytes, "\(request.call)")
      guard case .execute(let command) = request.call, case .execute(let other) = again.call else {
        continue
      }
      #expect(other.name == command.name)
      #expect(other.arguments.map(\.kind) == command.arguments.map(\.kind))
      #expect(other.arguments.map(\.integer) == command.arguments.map(\.integer))
      for index in command.arguments.indices {
        #expect(other.content(index) == command.content(index))
      }
      try other.requireWellFormed()
    }
  }

  @Test(
    "an answer comes out as it went in: shape, columns, cells, notes, errors with their details")
  func answers() throws {
    for answer in CallSamples.answers {
      let bytes = answer.encoded
      let again = try read(answer: bytes)
      #expect(again.context == answer.context)
      #expect(again.encoded == bytes)
      if case .failure(let error) = answer.result {
        #expect(throws: error) { try again.result.get() }
      }
      guard case .success(.reply(let reply)) = answer.result,
        case .success(.reply(let other)) = again.result
      else { continue }
      #expect(other.shape == reply.shape && other.columns == reply.columns)
      #expect(other.notes == reply.notes && other.cells.map(\.kind) == reply.cells.map(\.kind))
      #expect(other.cells.map(\.integer) == reply.cells.map(\.integer))
      #expect(other.cells.map(other.content) == reply.cells.map(reply.content))
    }
  }

  @Test("whatever is cut off, or follows, is noticed")
  func truncation() {
    for bytes in CallSamples.requests.map(\.encoded) {
      for count in bytes.indices {
        #expect(throws: CallFault.self) { try read(request: Array(bytes[..<count])) }
      }
      #expect(throws: CallFault.surplus) { try read(request: bytes + [0]) }
    }
    for bytes in CallSamples.answers.map(\.encoded) {
      for count in bytes.indices {
        #expect(throws: CallFault.self) { try read(answer: Array(bytes[..<count])) }
      }
      #expect(throws: CallFault.surplus) { try read(answer: bytes + [0]) }
    }
  }

  @Test("what is damaged is an error, or means something else; it never traps")
  func damage() {
    let seed = TestSettings.seed(20_261_129)
    var random = SeededGenerator(seed: seed)
    var outcomes = [0, 0]
    for _ in 0..<TestSettings.count(20_000) {
      let isRequest = Bool.random(using: &random)
      var bytes =
        isRequest
        ? CallSamples.requests.randomElement(using: &random)?.encoded ?? []
        : CallSamples.answers.randomElement(using: &random)?.encoded ?? []
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let index = Int.random(in: bytes.indices, using: &random)
        bytes[index] = UInt8.random(in: 0...255, using: &random)
      }
      do throws(CallFault) {
        if isRequest {
          let request = try read(request: bytes)
          #expect(request.encoded.count <= bytes.count, "seed \(seed)")
          if case .execute(let command) = request.call { try? command.requireWellFormed() }
        } else {
          _ = try read(answer: bytes)
        }
        outcomes[0] += 1
      } catch {
        outcomes[1] += 1
      }
    }
    #expect(outcomes[0] > 100 && outcomes[1] > 100, "seed \(seed): \(outcomes)")
  }

  @Test("a declared length or count takes no memory before its bytes have come")
  func declaredLengths() {
    var writer = CallWriter()
    writer.number(UInt64(Int64.max))
    let huge = writer.bytes
    // The number, the flags, a limit, no transaction, a new undo log; then a list of so many numbers.
    #expect(throws: CallFault.truncated) {
      try read(request: [0, 0, 1, 1, 5, 0, 0] + huge)
    }
    // Numbers have one form: no zero at the end, no eleventh byte.
    #expect(throws: CallFault.invalid("number")) { try read(request: [0x80, 0]) }
    #expect(throws: CallFault.invalid("number")) {
      try read(request: [UInt8](repeating: 0xFF, count: 11))
    }
  }

  @Test(
    "what the parser would not have made is no command",
    arguments: [
      ("put a", QrrotError.Code.arity), ("get", .arity), ("undo", nil), ("begin", nil),
    ])
  func malformedCommands(line: String, code: QrrotError.Code?) {
    let words = line.split(separator: " ")
    var command = Command(CommandName.allCases.first { $0.text == words[0] } ?? .size)
    for word in words.dropFirst() { command.append(.key, Array(word.utf8)) }
    if let code {
      #expect(throws: QrrotError.self) { try command.requireWellFormed() }
      do throws(QrrotError) { try command.requireWellFormed() } catch {
        #expect(error.code == code)
      }
    } else {
      #expect(throws: Never.self) { try command.requireWellFormed() }
    }
  }

  @Test("arguments of a wrong kind, order or size are refused before an engine sees them")
  func wrongArguments() {
    func refuses(_ name: CommandName, _ make: (inout Command) -> Void) {
      var command = Command(name)
      make(&command)
      #expect(throws: QrrotError.self, "\(name)") { try command.requireWellFormed() }
    }
    refuses(.ask) { $0.append(.text, [65]) }
    refuses(.put) {
      $0.append(.value(.string), [65])
      $0.append(.key, [65])
    }
    refuses(.get) { $0.append(.key, []) }
    refuses(.get) { $0.append(.key, [UInt8](repeating: 65, count: Limits.keyByteCount + 1)) }
    refuses(.undo) { $0.append(.number, 0) }
    refuses(.expire) {
      $0.append(.key, [65])
      $0.append(.path, Array("$.a".utf8))
    }
    refuses(.put) {
      $0.append(.key, [65])
      $0.append(.path, Array("$.a".utf8))
      $0.append(.value(.string), [65])
    }
    refuses(.get) {
      $0.append(.key, [65])
      $0.append(.path, Array("$[".utf8))
    }
    refuses(.find) {
      $0.append(.clause(.limit), 3)
      $0.append(.clause(.filter), Array("@.a".utf8))
    }
    refuses(.find) { $0.append(.clause(.limit), -1) }
    refuses(.find) { $0.append(.clause(.columnName), [65]) }
    refuses(.find) { $0.append(.clause(.group), Array("$.a".utf8)) }
    refuses(.sum) { $0.append(.pattern, [42]) }
    refuses(.size) { $0.append(.key, [65]) }
  }
}

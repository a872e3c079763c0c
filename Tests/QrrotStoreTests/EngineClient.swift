import QrrotCore
import QrrotParser
import QrrotStore
import QrrotTesting

/// A session with an engine that takes lines and gives text, as a test likes it.
final class EngineClient {
  let engine: LocalEngine
  var session: Session
  private var parser = Parser()
  private var command = Command()
  private var reply = Reply()

  init(_ engine: LocalEngine = LocalEngine(), isReadOnly: Bool = false) {
    self.engine = engine
    session = Session(isReadOnly: isReadOnly)
  }

  /// Runs one line.
  ///
  /// - Returns: the reply in text form without its last line feed, or `error[code]`.
  func run(_ line: String) -> String { run(Array(line.utf8)) }

  func run(_ line: [UInt8]) -> String {
    do throws(QrrotError) {
      try execute(line)
    } catch {
      return "error[\(error.code.rawValue)]"
    }
    var text: [UInt8] = []
    TextForm.append(reply, to: &text)
    if text.last == 0x0A { text.removeLast() }
    return String(decoding: text, as: UTF8.self)
  }

  /// The error of a line, if it has one.
  func failure(_ line: String) -> QrrotError? {
    do throws(QrrotError) {
      try execute(Array(line.utf8))
      return nil
    } catch {
      return error
    }
  }

  private func execute(_ line: [UInt8]) throws(QrrotError) {
    do throws(ParseFailure) {
      _ = try parser.parse(line.span, isFinal: true, into: &command)
    } catch {
      throw error.error
    }
    try engine.execute(command, in: &session, into: &reply)
  }

  /// What an embedder finds under `key`, in the form of `run("get …")`.
  func look(_ key: String) -> String {
    Array(key.utf8).withUnsafeBytes { key in
      engine.withValue(of: key) { type, bytes in
        guard let value = Value(storedType: type, bytes: bytes) else { return "no value" }
        var text: [UInt8] = []
        TextForm.append(value, to: &text)
        return String(decoding: text, as: UTF8.self)
      }
    } ?? "(nil)"
  }

  /// Puts a string as an embedder does, past the session and its transaction.
  func embed(_ key: [UInt8], _ value: [UInt8]) -> String {
    do {
      try key.withUnsafeBytes { key in
        try value.withUnsafeBytes { try engine.put(string: $0, forKey: key) }
      }
      return "OK"
    } catch {
      return "error[\((error as? QrrotError)?.code.rawValue ?? "\(error)")]"
    }
  }

  /// Puts a string of `byteCount` bytes without going through a parser.
  func putLarge(_ key: String, byteCount: Int) throws(QrrotError) {
    var command = Command(.put)
    command.append(.key, Array(key.utf8))
    command.append(.string([UInt8](repeating: UInt8(ascii: "x"), count: byteCount)))
    try engine.execute(command, in: &session, into: &reply)
  }
}

internal import QrrotCore
internal import SystemPackage

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Standard input where it is a terminal, for what a line editor must not see: a key that is typed, and
/// what was typed before anybody asked.
public enum TypedInput {
  /// Throws away what has been typed or pasted and nobody has read yet.
  public static func discard() { _ = tcflush(STDIN_FILENO, TCIFLUSH) }

  /// Reads one line that the terminal does not show. The terminal is as before then, whatever comes.
  ///
  /// - Parameter prompt: shown in front of it, as it is.
  public static func readHiddenLine(
    prompt: String, errors: any OutputSink, signals: SignalState
  ) -> LineInput {
    var before = termios()
    guard tcgetattr(STDIN_FILENO, &before) == 0 else { return .endOfInput }
    var hidden = before
    hidden.c_lflag &= ~tcflag_t(ECHO)
    // The flush is what makes sure that only what is typed from here on is the line.
    guard tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) == 0 else { return .endOfInput }
    defer {
      _ = tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
      try? errors.write(Array("\n".utf8))
    }
    try? errors.write(Array(prompt.utf8))
    let source = DescriptorSource(.standardInput, closesDescriptor: false, signals: signals)
    var line: [UInt8] = []
    while line.count <= lineByteLimit {
      source.waitUntilReady()
      if signals.termination != nil { return .terminated }
      if signals.interrupt.isRaised {
        signals.interrupt.clear()
        signals.drainWakeUps()
        return .interrupted
      }
      guard source.isReady else { continue }
      let count = (try? source.read(lineByteLimit, into: &line)) ?? 0
      if count == 0 { return .endOfInput }
      if let end = line.firstIndex(of: UInt8(ascii: "\n")) { return .line(Array(line[..<end])) }
    }
    return .endOfInput
  }

  /// No key is longer.
  private static let lineByteLimit = 16 << 10
}

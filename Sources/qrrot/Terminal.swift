import QrrotShell

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What the three standard descriptors are connected to.
struct Terminal {
  let inputIsTerminal = isatty(STDIN_FILENO) == 1
  let outputIsTerminal = isatty(STDOUT_FILENO) == 1
  private let errorIsTerminal = isatty(STDERR_FILENO) == 1
  private let allowsColor: Bool
  private let isDumb = Environment.variables["TERM"] == "dumb"

  /// Looks; colours are off where `NO_COLOR` has any value or the terminal is dumb.
  init(leavesColorOut: Bool) {
    let isPlain = Environment.variables["NO_COLOR"]?.isEmpty == false || isDumb
    allowsColor = !leavesColorOut && !isPlain
  }

  var surroundings: Console.Surroundings {
    Console.Surroundings(
      outputIsTerminal: outputIsTerminal, errorIsTerminal: errorIsTerminal,
      allowsColor: allowsColor, redrawsLines: !isDumb,
      terminalSize: { Self.size(STDOUT_FILENO) ?? Self.size(STDERR_FILENO) })
  }

  private static func size(_ descriptor: Int32) -> (columns: Int, rows: Int)? {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
      return nil
    }
    return (Int(size.ws_col), Int(size.ws_row))
  }
}

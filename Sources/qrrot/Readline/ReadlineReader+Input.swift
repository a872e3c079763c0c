internal import CReadline
internal import QrrotCore
internal import QrrotShell
internal import SystemPackage

#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// Where readline gets its keys from.
///
/// Its own reading function looks at signals only when a system call was interrupted, and cannot be
/// left from the middle of a search without mixing the abandoned line into the next one. This one
/// polls the terminal together with the pipes that the signal handlers write to. To leave, it hands
/// out the key that makes whatever asks for one give up, until the line itself asks; then it empties
/// the line and reports a read error, and `readline` returns. A paste is ended first, at the end of
/// the input too: readline 8.2 reads beyond its buffer if an end of input cuts a paste short.
extension ReadlineReader {
  /// The next byte that was typed, or a negative number at the end of the input.
  func nextKey() -> Int32 {
    while true {
      var key = nextByte()
      if key < 0, let byte = paste.nextByteOfEnd() { key = Int32(byte) }
      guard let byte = UInt8(exactly: key) else { return key }
      let wasInside = paste.isInside
      paste.take(byte)
      // readline would lose what stands behind a NUL in a paste.
      if byte != 0 || !wasInside { return key }
    }
  }

  /// The next byte of whole characters where the terminal's text is UTF-8, else the next byte.
  private func nextByte() -> Int32 {
    guard ReadlineLibrary.isTextUTF8 else { return nextRawByte() }
    while true {
      if let byte = typedText.next() { return Int32(byte) }
      let key = nextRawByte()
      guard let byte = UInt8(exactly: key) else { return key }
      typedText.take(byte)
    }
  }

  private func nextRawByte() -> Int32 {
    while true {
      if leaving == nil {
        if signals.termination != nil {
          leaving = Leaving(reason: .termination)
        } else if signals.interrupt.isRaised {
          leaving = Leaving(reason: .interrupt)
        }
      }
      if leaving != nil { return keyForLeaving() }
      handlePromptSignals()

      // An error other than EINTR shows up in `read` as well.
      if poll(&polled, nfds_t(polled.count), -1) < 0, errno == EINTR { continue }
      if polled.dropFirst().contains(where: { $0.revents != 0 }) {
        drainWakeDescriptors()
        continue
      }
      var byte: UInt8 = 0
      switch read(STDIN_FILENO, &byte, 1) {
      case 1: return Int32(byte)
      // Nothing is there although poll saw something: Ctrl-C has made the terminal drop it.
      case 0 where polled[0].revents & Int16(POLLHUP) == 0: continue
      case -1 where errno == EINTR || errno == EAGAIN: continue
      default: return EOF
      }
    }
  }

  /// The terminal, and behind it the pipes that wake a waiting prompt.
  static func descriptorsToPoll(_ signals: SignalState) -> [pollfd] {
    let wakes = [signals.wakeDescriptor, PromptSignals.wakeDescriptor].compactMap { $0?.rawValue }
    return ([STDIN_FILENO] + wakes).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
  }

  /// Empties the pipes that signal handlers write to.
  func drainWakeDescriptors() {
    for wake in [signals.wakeDescriptor, PromptSignals.wakeDescriptor] {
      guard let wake else { continue }
      withUnsafeTemporaryAllocation(byteCount: 512, alignment: 1) { buffer in
        // They do not block: an empty one ends this with an error.
        while let count = try? wake.read(into: buffer), count > 0 {}
      }
    }
  }

  // MARK: - Leaving

  /// The key that makes what asks for one give up.
  private func keyForLeaving() -> Int32 {
    if paste.isInside { return EOF }
    if qrrot_rl_reads_command() != 0 {
      abandonLine()
      return qrrot_rl_read_error()
    }
    let refusedKeyCount = leaving?.refusedKeyCount ?? 0
    leaving?.refusedKeyCount = refusedKeyCount + 1
    // Something that takes any key gets an end of input.
    if refusedKeyCount >= 4 { return EOF }
    if qrrot_rl_is_searching() != 0 { return Int32(UInt8(ascii: "g") & 0x1F) }
    if qrrot_rl_is_completing() != 0 { return Int32(UInt8(ascii: "n")) }
    return EOF
  }

  /// Shows `^C` behind the line, ends it on the screen and forgets it.
  private func abandonLine() {
    // The undo list goes first: readline would play it back on the emptied line.
    rl_free_line_state()
    qrrot_rl_set_point(qrrot_rl_end())
    rl_redisplay()
    if case .interrupt? = leaving?.reason { rl_echo_signal_char(SIGINT) }
    rl_crlf()
    rl_on_new_line()
    rl_replace_line("", 1)
  }

  // MARK: - Window size, stopping, quitting

  private func handlePromptSignals() {
    for number in PromptSignals.take() {
      if number == SIGWINCH {
        rl_resize_terminal()
      } else {
        giveTerminalBack(for: number)
      }
    }
  }

  /// Puts the terminal back and lets `number` do what it does by default: stop the program (Ctrl-Z)
  /// or end it. The prompt is shown anew when the program goes on.
  private func giveTerminalBack(for number: Int32) {
    rl_echo_signal_char(number)
    qrrot_rl_deprep()
    let handler = Signals.handle(number, by: SIG_DFL)
    raise(number)
    Signals.restore(number, to: handler)
    rl_reset_screen_size()
    qrrot_rl_prep()
    rl_crlf()
    rl_forced_update_display()
  }
}

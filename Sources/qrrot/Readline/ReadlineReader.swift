internal import CReadline
internal import QrrotCore
internal import QrrotShell

#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// Reads lines from a terminal with GNU readline: the user's inputrc, emacs and vi keys, searching
/// in the history, completion, bracketed paste.
///
/// Make one only where standard input and output are both terminals, and only one in a program:
/// readline's state is global. Everything here belongs to the thread that made it.
///
/// The terminal is in readline's mode only inside ``readLine(prompt:)``, which puts it back however
/// it returns; a call of `exit` meanwhile puts it back too.
final class ReadlineReader: LineReader {
  /// What of the command was typed on earlier lines, without the last line feed; the completer sees
  /// it in front of the line.
  var pendingText: [UInt8] = []

  let signals: SignalState
  let completer: any Completer
  private let historyFile: HistoryFile?
  /// Where a prompt goes that readline does not draw.
  private let errors: any OutputSink
  /// Set while a call is being left because of a signal; see `ReadlineReader+Input.swift`.
  var leaving: Leaving?
  /// What is waited for; kept, because it is needed for every key.
  var polled: [pollfd]
  /// Whether what is typed is part of a paste.
  var paste = BracketedPaste()

  /// What was typed and is not with readline yet.
  var typedText = TypedText()

  /// Why a call is being left before a line was entered.
  struct Leaving {
    var reason: Reason
    /// How often something that asks for a key was told to give up.
    var refusedKeyCount = 0

    enum Reason {
      case interrupt
      case termination
    }
  }

  /// Sets readline up, reads the user's inputrc and loads the history.
  ///
  /// - Parameters:
  ///   - signals: where handlers note SIGINT, SIGTERM and SIGHUP.
  ///   - completer: is kept.
  ///   - history: where entries are kept from one session to the next; nil keeps them in memory only.
  ///   - errors: where a prompt goes that readline does not draw.
  init(
    signals: SignalState, completer: any Completer, history: HistoryFile?,
    errors: any OutputSink
  ) {
    self.signals = signals
    self.errors = errors
    self.completer = completer
    historyFile = history
    polled = Self.descriptorsToPoll(signals)
    ReadlineLibrary.setUp()
    stifle_history(Int32(HistoryFile.maximumEntryCount))
    for entry in history?.load() ?? [] { remember(entry) }
  }

  /// Shows `prompt` and waits for a line.
  ///
  /// Ctrl-C drops the line, also in the middle of a search, of a question about a long listing or of
  /// a key sequence, and is reported as ``LineInput/interrupted``: the caller drops what it had and
  /// calls again. The cursor then stands on a line of its own, as it does after the end of the input.
  func readLine(prompt: Prompt) -> LineInput {
    // What came before the prompt was for the command that has ended.
    signals.interrupt.clear()
    drainWakeDescriptors()
    if signals.termination != nil { return .terminated }
    leaving = nil
    typedText = TypedText()
    paste = BracketedPaste()
    if !prompt.isColored {
      // readline shows a paste in reverse video, which is no colour but the same kind of escape.
      rl_variable_bind("enable-active-region", "off")
    }
    // The window may have changed while a command ran.
    rl_reset_screen_size()

    let previous = PromptSignals.install()
    ReadlineLibrary.reader = self
    let line = readline(Self.text(of: prompt))
    ReadlineLibrary.reader = nil
    PromptSignals.restore(previous)
    qrrot_rl_forget_undo()
    defer { free(line) }

    if signals.termination != nil { return .terminated }
    // A line that was entered at the moment of Ctrl-C is dropped: whoever pressed it saw it last.
    if leaving != nil || signals.interrupt.isRaised {
      signals.interrupt.clear()
      return .interrupted
    }
    guard let line else {
      qrrot_rl_write("\n")
      return .endOfInput
    }
    return .line(Self.bytes(of: line))
  }

  /// Reads a line without readline, which would show it and could keep it.
  func readHiddenLine(prompt: String) -> LineInput {
    discardTypedInput()
    return TypedInput.readHiddenLine(prompt: prompt, errors: errors, signals: signals)
  }

  /// Throws away what the terminal and readline hold.
  func discardTypedInput() {
    TypedInput.discard()
    rl_clear_pending_input()
  }

  /// The prompt as readline wants it: what does not move the cursor stands between \001 and \002.
  private static func text(of prompt: Prompt) -> String {
    if prompt.isColored {
      "\u{1}\u{1B}[1;36m\u{2}\(prompt.text)\u{1}\u{1B}[0m\u{2}"
    } else {
      prompt.text
    }
  }

  /// The bytes of a C string.
  static func bytes(of string: UnsafePointer<CChar>) -> [UInt8] {
    [UInt8](UnsafeRawBufferPointer(start: string, count: strlen(string)))
  }
}

// MARK: - History

extension ReadlineReader {
  /// Keeps `entry`, in the file at once, unless it begins with a blank or is the newest one again.
  func addToHistory(_ entry: [UInt8]) {
    let entry = entry.filter { $0 != 0 }
    guard HistoryFile.keeps(entry, after: newestEntry) else { return }
    remember(entry)
    historyFile?.append(entry)
  }

  /// The entries in memory, oldest first: those of earlier sessions and those of this one.
  var history: [[UInt8]] {
    guard let list = history_list() else { return [] }
    var entries: [[UInt8]] = []
    var index = 0
    while let entry = list[index] {
      entries.append(entry.pointee.line.map { Self.bytes(of: $0) } ?? [])
      index += 1
    }
    return entries
  }

  private var newestEntry: [UInt8]? {
    qrrot_history_newest().map { Self.bytes(of: $0) }
  }

  private func remember(_ entry: [UInt8]) {
    // As with what is typed: readline may never come back from bytes that are no characters.
    if ReadlineLibrary.isTextUTF8, !Escaping.isValidUTF8(entry.span) { return }
    (entry + [0]).withUnsafeBufferPointer { buffer in
      buffer.withMemoryRebound(to: CChar.self) { add_history($0.baseAddress) }
    }
  }
}

internal import CReadline

#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// The one place where C functions without a context meet the reader they belong to.
enum ReadlineLibrary {
  /// The reader inside `readline`.
  // Only the thread that is inside `readline` sets and reads it: readline calls back on that thread.
  nonisolated(unsafe) static weak var reader: ReadlineReader?

  /// Whether what is typed is UTF-8.
  static var isTextUTF8: Bool {
    nl_langinfo(nl_item(CODESET)).map { String(cString: $0) == "UTF-8" } ?? false
  }

  /// Sets up what does not change: the locale, the defaults, the functions that readline calls.
  static func setUp() {
    useUTF8()
    // C strings that readline keeps are never freed.
    qrrot_rl_set_name(strdup("qrrot"))
    // The user's inputrc is read by rl_initialize, and so has the last word.
    for (name, value) in defaults { rl_variable_bind(name, value) }
    qrrot_rl_leave_process_alone()
    qrrot_rl_use_own_terminal_modes()
    qrrot_rl_set_getc { _ in ReadlineLibrary.reader?.nextKey() ?? EOF }
    qrrot_rl_set_completer { text, start, end in
      ReadlineLibrary.reader?.matches(text: text, start: Int(start), end: Int(end))
    }
    // Blanks alone part words, so that `user:1` and `über:ß` complete whole.
    qrrot_rl_set_word_syntax(strdup(" \t\n"), strdup("\"'"))
    qrrot_rl_set_file_quoting(
      strdup(" \t\n\"'\\"),
      { name, kind, quote in FileNameQuoting.quote(name, kind: kind, quote: quote) },
      { name, quote in FileNameQuoting.unquote(name, quote: quote) })
    rl_initialize()
    // A no-operation unless the program exits inside `readline`.
    atexit { qrrot_rl_deprep() }
  }

  private static let defaults = [
    // One Tab lists where several fit.
    ("show-all-if-ambiguous", "on"),
    // It does not ask first; a listing of keys is bounded.
    ("completion-query-items", "0"),
    // Tab in the middle of a word does not double its rest.
    ("skip-completed-text", "on"),
    // File names come out as paths that every command understands.
    ("expand-tilde", "on"),
  ]

  /// Takes the character set from the environment, or UTF-8 where that says nothing better.
  ///
  /// readline looks at the variables again for every line, so one that says C or POSIX is changed for
  /// this program and those that it starts.
  private static func useUTF8() {
    let name = setlocale(LC_CTYPE, "").map { String(cString: $0) }
    guard name == nil || name == "C" || name == "POSIX" else { return }
    let names = ["C.UTF-8", "en_US.UTF-8"]
    guard let utf8 = names.first(where: { setlocale(LC_CTYPE, $0) != nil }) else { return }
    for variable in ["LC_ALL", "LC_CTYPE", "LANG"] {
      guard let value = getenv(variable), value.pointee != 0 else { continue }
      setenv(variable, utf8, 1)
    }
  }
}

// What the executable uses of GNU readline, as functions.
//
// readline keeps its state in C globals, which Swift 6 rightly refuses to touch; each one that is
// needed has a small accessor here. All of it belongs to the thread that calls readline().

#ifndef QRROT_CREADLINE_SHIM_H
#define QRROT_CREADLINE_SHIM_H

// readline.h uses FILE without including its header.
#include <stdio.h>
#include <termios.h>

#include <readline/history.h>
#include <readline/readline.h>

// MARK: - Setting up

/// Sets the name that `$if` in the user's inputrc sees. `name` must live forever.
static inline void qrrot_rl_set_name(const char *name) { rl_readline_name = name; }

/// Leaves signals, LINES and COLUMNS to the program.
static inline void qrrot_rl_leave_process_alone(void) {
  rl_catch_signals = 0;
  rl_catch_sigwinch = 0;
  rl_change_environment = 0;
}

static inline void qrrot_rl_set_getc(rl_getc_func_t *function) { rl_getc_function = function; }

// Restores the terminal without the line feed that readline adds after an end of input when
// bracketed paste is on: the caller writes its own, with or without bracketed paste.
static inline void qrrot_rl_deprep(void) {
  rl_eof_found = 0;
  rl_deprep_terminal();
}

// Puts the terminal into readline's mode, but so that reading from it never waits. Ctrl-C makes the
// terminal drop what was typed before it: a read that follows a poll may find nothing any more, and
// would wait although the signal has come already.
static inline void qrrot_rl_prep_terminal(int meta) {
  struct termios mode;
  int descriptor = fileno(rl_instream ? rl_instream : stdin);
  rl_prep_terminal(meta);
  if (tcgetattr(descriptor, &mode) != 0) return;
  mode.c_cc[VMIN] = 0;
  mode.c_cc[VTIME] = 0;
  tcsetattr(descriptor, TCSANOW, &mode);
}

static inline void qrrot_rl_use_own_terminal_modes(void) {
  rl_prep_term_function = qrrot_rl_prep_terminal;
  rl_deprep_term_function = qrrot_rl_deprep;
}

/// Puts the terminal back into readline's mode.
static inline void qrrot_rl_prep(void) {
  if (rl_prep_term_function) rl_prep_term_function(1);
}

// MARK: - The line

static inline const char *qrrot_rl_line(void) { return rl_line_buffer ? rl_line_buffer : ""; }
static inline int qrrot_rl_point(void) { return rl_point; }
static inline int qrrot_rl_end(void) { return rl_end; }
static inline void qrrot_rl_set_point(int point) { rl_point = point; }

/// Whether a key of the line itself is read, not the answer to a question or part of a search.
static inline int qrrot_rl_reads_command(void) { return RL_ISSTATE(RL_STATE_READCMD) != 0; }
static inline int qrrot_rl_is_searching(void) { return RL_ISSTATE(RL_STATE_ISEARCH) != 0; }
static inline int qrrot_rl_is_completing(void) { return RL_ISSTATE(RL_STATE_COMPLETING) != 0; }

/// What the reading function returns to leave readline() at once.
static inline int qrrot_rl_read_error(void) { return READERR; }

/// Writes `text` where readline writes.
static inline void qrrot_rl_write(const char *text) {
  FILE *stream = rl_outstream ? rl_outstream : stdout;
  fputs(text, stream);
  fflush(stream);
}

/// The newest entry of the history, or NULL.
static inline const char *qrrot_history_newest(void) {
  HIST_ENTRY *entry = history_length > 0 ? history_get(history_base + history_length - 1) : NULL;
  return entry ? entry->line : NULL;
}

/// Makes readline forget how lines were edited before the one that has been read.
///
/// It keeps an undo list with every entry that was looked at and with the line that was left for
/// one. 8.2 may share a list between them and frees it when the next line begins, while the others
/// go on pointing to it. Letting go of them leaks some bytes for a line that was edited so.
static inline void qrrot_rl_forget_undo(void) {
  HIST_ENTRY **list = history_list();
  for (; list && *list; list++) (*list)->data = NULL;
  // The line that was left is kept only while an entry stands in its place.
  if (where_history() < history_length) rl_maybe_unsave_line();
  rl_undo_list = NULL;
}

// MARK: - Completion

static inline void qrrot_rl_set_completer(rl_completion_func_t *function) {
  rl_attempted_completion_function = function;
}

/// Sets what parts words and what quotes them. The strings must live forever.
static inline void qrrot_rl_set_word_syntax(const char *breaks, const char *quotes) {
  rl_completer_word_break_characters = breaks;
  rl_basic_word_break_characters = breaks;
  rl_completer_quote_characters = quotes;
}

/// Sets which characters of a file name ask for quotes, and who writes and reads them.
static inline void qrrot_rl_set_file_quoting(
    const char *characters, rl_quote_func_t *quote, rl_dequote_func_t *dequote) {
  rl_filename_quote_characters = characters;
  rl_filename_quoting_function = quote;
  rl_filename_dequoting_function = dequote;
}

/// Says that the completer's answer is final: no file names when it found nothing.
static inline void qrrot_rl_set_completion_over(int isOver) { rl_attempted_completion_over = isOver; }

static inline void qrrot_rl_set_sorts_matches(int sorts) { rl_sort_completion_matches = sorts; }
static inline void qrrot_rl_set_suppress_quote(int suppress) { rl_completion_suppress_quote = suppress; }
static inline void qrrot_rl_set_suppress_append(int suppress) {
  rl_completion_suppress_append = suppress;
}

// Asks before a long list, as readline itself does. This, like the function below, is C because
// readline may leave it by longjmp, which must not cross a Swift frame.
static inline int qrrot_rl_confirms_listing(int count) {
  if (rl_completion_query_items <= 0 || count < rl_completion_query_items) return 1;
  rl_crlf();
  fprintf(rl_outstream, "Display all %d possibilities? (y or n)", count);
  fflush(rl_outstream);
  for (;;) {
    int key = rl_read_key();
    if (key == 'y' || key == 'Y' || key == ' ') return 1;
    if (key < 0 || key == 'n' || key == 'N' || key == 0x7f || key == 0x07) return 0;
    rl_ding();
  }
}

// Lists matches and says that there may be more.
static inline void qrrot_rl_list_partially(char **matches, int count, int longest) {
  if (qrrot_rl_confirms_listing(count)) {
    rl_display_match_list(matches, count, longest);
    fputs("... and there may be more", rl_outstream);
  }
  rl_crlf();
  rl_forced_update_display();
}

/// Says that nothing was found although not all was looked at, and draws the prompt and the line anew.
static inline void qrrot_rl_report_partial_search(void) {
  rl_crlf();
  fputs("nothing found so far; there are too many keys to look at all of them", rl_outstream);
  rl_crlf();
  rl_forced_update_display();
}

/// Makes the next listing say that there may be more than it shows.
static inline void qrrot_rl_set_lists_partially(int isPartial) {
  rl_completion_display_matches_hook = isPartial ? qrrot_rl_list_partially : NULL;
}

#endif

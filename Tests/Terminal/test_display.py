"""What is shown, and what is not: colours, escapes, the pager, outputs that are no terminal."""

import os
import re
import subprocess
import time

import terminal
from terminal import TerminalTestCase

COLOR = re.compile(r"\x1b\[[0-9;]*m")


class ColorTests(TerminalTestCase):
    def use(self, shell):
        """Everything that could be coloured: prompt, results, errors, a table, a paste."""
        shell.run("put a 1")
        shell.run('put b "text"')
        shell.run("all")
        shell.run("nonsense")
        shell.run("output table")
        shell.run("all")
        shell.paste("put c 3").expect("put c 3")
        shell.send("\r").wait_prompt()
        shell.leave()
        return shell.bytes.decode()

    def test_colors_on_a_terminal(self):
        written = self.use(self.start(NO_COLOR=None))
        self.assertRegex(written, COLOR)
        # What readline needs around them is not shown.
        self.assertNotRegex(written, "[\x01\x02]")

    def test_no_color(self):
        self.assertNotRegex(self.use(self.start(NO_COLOR="1")), COLOR)

    def test_the_option_no_color(self):
        self.assertNotRegex(self.use(self.start("--no-color", NO_COLOR=None)), COLOR)

    def test_a_dumb_terminal(self):
        shell = self.start(TERM="dumb", NO_COLOR=None)
        self.assertEqual(shell.run("put a 1"), "OK")
        self.assertEqual(shell.run("get a"), "1")
        shell.send("abc").expect("abc")
        shell.send("\x03").wait_prompt()
        shell.run("nonsense")
        self.assertEqual(shell.leave(), 0)
        self.assertNotIn(b"\x1b", shell.bytes)


class EscapeTests(TerminalTestCase):
    def test_control_characters_in_values_are_shown_escaped(self):
        shell = self.start()
        shell.run(r'put evil "red\x1b[31m bell\x07 left\u202e c1\xC2\x9b"')
        for mode in ["text", "raw", "json", "csv", "table"]:
            shell.run(f"output {mode}")
            for command in ["get evil", "all"]:
                shell.run(command)
                shown = shell.raw()
                self.assertIn("red", shown)
                self.assertNotIn("\x1b[31m", shown, mode)
                self.assertNotRegex(shown, "[\x07\u202e\x9b]", mode)

    def test_control_characters_in_keys_and_errors_are_shown_escaped(self):
        shell = self.start()
        shell.run(r'put "k\x1b[31m" {}')
        shell.run(r'incr "k\x1b[31m"')
        self.assertIn("error[type]", shell.seen())
        self.assertNotIn("\x1b[31m", shell.raw())
        shell.run("keys")
        self.assertNotIn("\x1b[31m", shell.raw())

    def test_control_characters_in_the_history_are_shown_escaped(self):
        # In double quotes for the lexer; Ctrl-V makes readline take the escape character itself.
        shell = self.start()
        shell.run('put a "\x16\x1b[31m"')
        shell.run("history")
        self.assertNotIn("\x1b[31m", shell.raw())


class PagerTests(TerminalTestCase):
    def shell_with_keys(self, count, pager, **options):
        shell = self.start(PAGER=pager, **options)
        shell.send(f"source {self.write_keys(count)}\r").wait_prompt()
        return shell

    def test_a_long_result_goes_through_the_pager(self):
        pager = self.home.write("pager", "#!/bin/sh\necho BEGIN\ncat\necho END\n", 0o700)
        shell = self.shell_with_keys(100, pager)
        output = shell.run("keys").split("\n")
        self.assertEqual((output[0], output[-1], len(output)), ("BEGIN", "END", 102))
        self.assertNotIn("BEGIN", shell.run("keys key:000000*"))
        self.assertNotIn("BEGIN", shell.run("size"))

    def test_the_pager_may_have_arguments_and_end_early(self):
        shell = self.shell_with_keys(3000, "head -n 3")
        self.assertEqual(len(shell.run("keys").split("\n")), 3)
        self.assertEqual(shell.run("size"), "3000")

    def test_an_empty_pager_is_none(self):
        shell = self.shell_with_keys(100, "")
        self.assertEqual(len(shell.run("keys").split("\n")), 100)

    def test_a_pager_that_is_not_there(self):
        shell = self.shell_with_keys(100, "/no/such/pager")
        # The result was lost: only the system shell's message was seen.
        self.assertIn("key:0000099", shell.run("keys"))
        self.assertIn("can't be run", shell.seen())
        self.assertEqual(shell.run("size"), "100")

    def test_ctrl_c_in_a_pager_that_dies_of_it(self):
        # Not `sleep 600` at the end, which sh becomes without a fork: a Ctrl-C that it gets just before that
        # is forgotten by both.
        pager = "cat; echo WAITING; while :; do sleep 1; done"
        shell = self.shell_with_keys(100, pager, drops=False)
        shell.send("keys\r").expect("WAITING")
        shell.send("\x03").wait(lambda: shell.seen().endswith("qrrot> "), "the prompt")
        # On a line of its own, where readline believes it to be.
        self.assertEqual(shell.screen().lines()[-1], "qrrot>")
        self.assertEqual(shell.run("size"), "100")

    def test_ctrl_c_in_a_pager_that_takes_it(self):
        pager = self.home.write(
            "pager",
            "#!/bin/sh\ntrap 'echo CAUGHT' INT\ncat >/dev/null\necho WAITING\n"
            "while read line </dev/tty; do [ \"$line\" = q ] && exit; done; read line </dev/tty\n",
            0o700,
        )
        shell = self.shell_with_keys(100, pager, drops=False)
        shell.send("keys\r").expect("WAITING")
        shell.send("\x03").expect("CAUGHT")
        shell.send("q\r").wait_prompt()
        self.assertEqual(shell.run("size"), "100")


class ProgressTests(TerminalTestCase):
    def written(self, redirection, has_begun):
        """Everything on the terminal of a run that is long enough for a bar."""
        pipe = os.path.join(self.home.work, "pipe")
        os.mkfifo(pipe)
        command = f"exec '{terminal.binary}' --output text <pipe {redirection}"
        shell = self.spawn("-c", command, command="/bin/sh")
        with open(pipe, "wb", buffering=0) as file:
            file.write(b"put a 1\n")
            shell.wait(lambda: has_begun(shell), "the first reply")
            # The bar comes a second after the beginning, and a tenth of one after the last.
            for seconds in (1.2, 0.3):
                time.sleep(seconds)
                file.write(b"put a 1\n" * 64)
        self.assertEqual(shell.end(), 0)
        return shell.bytes.decode()

    def test_the_bar_stays_while_results_go_elsewhere(self):
        # Each reply that was written to the file took the bar off the screen.
        out = os.path.join(self.home.work, "out")
        written = self.written("> out", lambda _: os.path.exists(out) and os.path.getsize(out) > 0)
        self.assertIn("commands", written)
        self.assertEqual(written.count("\x1b[K"), written.count("commands") + 1)

    def test_replies_and_the_bar_never_share_a_line(self):
        written = self.written("", lambda shell: "OK" in shell.seen())
        self.assertIn("commands", written)
        for line in re.split(r"\r\n|\r", COLOR.sub("", written).replace("\x1b[K", "\r")):
            self.assertFalse("OK" in line and "commands" in line, line)
        self.assertEqual(len(re.findall("OK\r\n", written)), 129)


class NoTerminalTests(TerminalTestCase):
    def test_standard_input_that_is_no_terminal_is_a_command_file(self):
        done = self.run_plain(stdin=b"put a 1\nget a\n", NO_COLOR=None)
        self.assertEqual((done.stdout, done.stderr, done.returncode), (b"OK\n1\n", b"", 0))

    def test_errors_have_a_place_and_no_color(self):
        done = self.run_plain(stdin=b"\nnonsense\n", NO_COLOR=None)
        self.assertEqual(done.returncode, 1)
        self.assertTrue(done.stderr.startswith(b"-:2: error[unknown-command]: "), done.stderr)
        self.assertNotIn(b"\x1b", done.stderr)

    def test_no_history_without_a_prompt(self):
        self.run_plain(stdin=b"put a 1\n")
        with self.assertRaises(FileNotFoundError):
            self.home.history()

    def test_standard_output_that_is_no_terminal_gets_results_only(self):
        shell = self.spawn(
            "-c", f"exec '{terminal.binary}' >out.txt", command="/bin/sh", NO_COLOR=None
        )
        shell.expect("> ")
        shell.send("put a 1\r").expect("> ")
        shell.send("get a\r").expect("> ")
        shell.send("exit\r")
        self.assertEqual(shell.end(), 0)
        with open(self.home.work + "/out.txt", "rb") as file:
            written = file.read()
        self.assertTrue(written.endswith(b"OK\n1\n"), written)
        self.assertNotIn(b"\x1b", written)
        self.assertNotIn(b"> ", written)

    def test_a_reader_that_goes_away_is_no_failure(self):
        path = self.write_keys(100_000)
        process = subprocess.Popen(
            [terminal.binary, "-f", path, "-c", "all"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.home.environment(),
        )
        process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()
        process.stderr.close()
        self.assertEqual((process.wait(terminal.TIMEOUT_SECONDS), errors), (0, b""))

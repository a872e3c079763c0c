"""Ctrl-C, Ctrl-D, Ctrl-Z and the signals that end the program."""

import os
import random
import signal
import subprocess
import time

import terminal
from terminal import PROMPT, TerminalTestCase

INTERRUPT = "\x03"


class InterruptTests(TerminalTestCase):
    def assertWorks(self, shell):
        """The session goes on, and nothing of what was dropped is left in it."""
        self.assertEqual(shell.run("put alive 1"), "OK")
        self.assertEqual(shell.run("get alive"), "1")

    def test_at_the_prompt(self):
        shell = self.start(drops=False)
        shell.send("put dropped 1").expect("dropped 1")
        # Sent on its own: the terminal throws away what was typed before it and not read yet.
        shell.send(INTERRUPT).wait_prompt()
        self.assertIn("put dropped 1^C", shell.screen().text())
        self.assertWorks(shell)
        self.assertEqual(shell.run("exists dropped"), "0")

    def test_at_an_empty_prompt_many_times(self):
        for drops in (False, True):
            shell = self.start(drops=drops)
            for _ in range(20):
                shell.send(INTERRUPT).wait_prompt()
            self.assertWorks(shell)

    def test_in_a_continuation(self):
        shell = self.start()
        shell.send('put dropped "abc\r').wait_continuation()
        shell.send("def").expect("def")
        shell.send(INTERRUPT).wait_prompt()
        self.assertWorks(shell)
        shell.send("put dropped {\r").wait_continuation()
        shell.send(INTERRUPT).wait_prompt()
        self.assertEqual(shell.run("exists dropped"), "0")
        self.assertEqual(shell.leave(), 0)

    def test_in_a_search(self):
        shell = self.start()
        shell.run("put found 1")
        shell.send("\x12fou").expect("reverse-i-search")
        shell.wait(lambda: "put found 1" in shell.screen().lines()[-1], "the line")
        shell.send(INTERRUPT).wait_prompt()
        self.assertWorks(shell)
        shell.send("\x1b[A\x1b[A\x1b[A\r").wait_prompt()
        self.assertEqual(shell.output(), "OK")

    def test_in_an_edited_line_of_the_history(self):
        shell = self.start()
        shell.run("put a 1")
        shell.run("put b 2")
        shell.send("\x1b[A\x1b[A spoilt").expect("spoilt")
        shell.send(INTERRUPT).wait_prompt()
        shell.send("\x1b[A\x1b[A\r").wait_prompt()
        self.assertEqual(shell.output(), "OK")
        self.assertWorks(shell)

    def test_in_a_question_about_a_listing(self):
        self.home.write(".inputrc", "set completion-query-items 100\n")
        shell = self.start(rows=20, columns=40)
        shell.send(f"source {self.write_keys(150)}\r").wait_prompt()
        shell.send("get key:\t").expect("Display all 150 possibilities")
        shell.send(INTERRUPT).wait_prompt()
        self.assertWorks(shell)
        shell.send("get key:\t").expect("Display all 150 possibilities")
        shell.type("y")
        shell.expect("--More--")
        shell.send(INTERRUPT).wait_prompt()
        self.assertWorks(shell)

    def test_in_the_middle_of_keys(self):
        # Nothing is drawn by which they could be waited for; what was not read in time is dropped.
        shell = self.start()
        for keys in ["\x1b", "\x18", "\x11", "\x1b5", "\x1b[200~paste without an end"]:
            shell.send("put x ").expect("put x ")
            shell.send(keys)
            time.sleep(0.05)
            shell.send(INTERRUPT).wait_prompt()
            self.assertWorks(shell)

    def test_in_a_query(self):
        # Paths that look at every pair of elements: minutes of work, if nobody stops it.
        shell = self.start(drops=False)
        document = "[" + ",".join("[[0],[1],[2]]" for _ in range(3000)) + "]"
        file = self.home.write("documents.qrrot", "".join(f"put d{n} {document}\n" for n in range(200)))
        shell.send(f"source {file}\r").wait_prompt()
        for query in [
            "count where @[?count($..[?@ == 2]) > 10000]",
            "find where @[?count($..*) < 3] select $..*",
            "sum $..[?count($..*) < 1]",
        ]:
            shell.send(query + "\r").expect(query[:3])
            time.sleep(0.3)
            shell.type(INTERRUPT)
            shell.expect(r"error\[interrupted\]")
            shell.wait_prompt()
            self.assertWorks(shell)

    def test_in_vi_mode(self):
        self.home.write(".inputrc", "set editing-mode vi\nset keyseq-timeout 50\n"
            "set show-mode-in-prompt on\nset vi-ins-mode-string \"\"\nset vi-cmd-mode-string (cmd)\n")
        shell = self.start()
        for keys in ["", "\x1b", "\x1bd", "\x1br", "\x1b/pu"]:
            shell.send("put x 1").expect("put x 1")
            for key in keys:
                shell.type(key)
                time.sleep(0.12)
            shell.send(INTERRUPT).wait_prompt()
            self.assertWorks(shell)
        shell.send("sizX").expect("sizX")
        shell.type("\x1b")
        shell.expect(r"\(cmd\)")
        shell.type("re\r")
        shell.wait_prompt()
        self.assertEqual(shell.output(), "1")

    def test_random_keys_do_no_harm(self):
        # Ctrl-C at random points between other keys once crashed readline (undo lists that it shares
        # between lines, a paste cut short) and once hung in a handler that allocated memory.
        seed = random.randrange(1 << 32)
        keys = random.Random(seed)
        choices = ["\t", "get k\t", 'get "k\t', "\r", "\x12", "\x1b[A", "\x1b[B", "\x7f", "\x15", "\x19", "\x1f"]
        choices += ["\x01", "\x05", "\x1b5", "\x11", "\x07", "\x0c", "\x1b<", "\x1b[200~", "\x1b[201~", "\x1b"]
        choices += ["y", "n", " ", '"', "'", "{", "ü", "put k:1 2"] + [INTERRUPT] * 4
        shell = self.start()
        shell.send(f"source {self.write_keys(150)}\r").wait_prompt()
        for number in range(1500):
            shell.type(keys.choice(choices))
            if number % 100 == 0:
                shell.resize(keys.randrange(2, 40), keys.randrange(10, 120))
            self.assertTrue(shell.read_available(keys.choice([0, 0, 0.005])), f"seed {seed}: it ended")
        shell.resize(24, 80)
        try:
            for _ in range(5):
                time.sleep(0.05)
                shell.send(INTERRUPT)
            shell.wait_prompt()
            self.assertEqual(shell.run("put alive 1"), "OK")
        except AssertionError as failure:
            self.fail(f"seed {seed}: {failure}")

    def test_during_a_command(self):
        shell = self.start(drops=False)
        shell.send(f"source {self.write_keys(200_000)}\r").wait_prompt()
        shell.send("all\r").expect("key:0000100")
        shell.type(INTERRUPT)
        shell.expect(r"error\[interrupted\]")
        shell.wait_prompt()
        self.assertNotIn("key:0199999", shell.seen())
        self.assertWorks(shell)

    def test_during_a_sourced_file(self):
        # Without an end, or it might be over before the key is there.
        path = self.endless("put key:NUMBER 1")
        shell = self.start(drops=False)
        shell.send(f"source {path}\r").expect("commands")
        shell.type(INTERRUPT)
        shell.expect(r"error\[interrupted\]")
        shell.wait_prompt()
        self.assertWorks(shell)
        self.assertGreater(int(shell.run("size")), 1)

    def test_right_behind_typing_that_was_not_read_yet(self):
        # The terminal drops what was typed before a Ctrl-C; a read that followed a poll then waited
        # for the next key, and the Ctrl-C went unnoticed until one came.
        shell = self.start()
        for _ in range(20):
            shell.paste("put a one").send("\x03").wait_prompt()
        self.assertEqual(shell.run("size"), "0")


class EndingTests(TerminalTestCase):
    def test_ctrl_d_leaves(self):
        shell = self.start()
        self.assertEqual(shell.leave(), 0)
        self.assertTrue(shell.is_cooked())

    def test_ctrl_d_on_a_line_with_text_does_not_leave(self):
        shell = self.start()
        shell.send("size\x04\r").wait_prompt()
        self.assertEqual(shell.output(), "0")

    def test_exit_and_quit_leave(self):
        for word in ["exit", "quit"]:
            shell = self.start()
            shell.send(word + "\r")
            self.assertEqual(shell.end(), 0)

    def test_an_interrupt_is_no_failure(self):
        shell = self.start()
        shell.send("abc").expect("abc")
        shell.send(INTERRUPT).wait_prompt()
        shell.run("nonsense")
        self.assertEqual(shell.leave(), 0)

    def test_signals_at_the_prompt(self):
        for number, status in [(signal.SIGTERM, 143), (signal.SIGHUP, 129)]:
            for typed in ["", "half a line"]:
                shell = self.start()
                if typed:
                    shell.send(typed).expect(typed)
                shell.child.kill(number)
                self.assertEqual(shell.end(), status)
                self.assertTrue(shell.is_cooked(), number)

    def test_a_signal_in_a_search(self):
        shell = self.start()
        shell.send("\x12abc").expect("i-search")
        shell.child.kill(signal.SIGTERM)
        self.assertEqual(shell.end(), 143)
        self.assertTrue(shell.is_cooked())

    def test_a_signal_during_a_command(self):
        shell = self.start()
        shell.send(f"source {self.endless('put key:NUMBER 1')}\r").expect("commands")
        shell.child.kill(signal.SIGTERM)
        self.assertEqual(shell.end(), 143)
        self.assertTrue(shell.is_cooked())

    def test_the_terminal_goes_away(self):
        shell = self.start()
        process = shell.child.pid
        os.close(shell.child.fileno())
        deadline = time.monotonic() + terminal.TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            ended, status = os.waitpid(process, os.WNOHANG)
            if ended:
                break
            time.sleep(0.02)
        shell.child.ptyproc.terminated = shell.child.terminated = True
        shell.child.ptyproc.closed = shell.child.closed = True
        self.assertEqual(ended, process)
        self.assertIn(os.waitstatus_to_exitcode(status), (129, 0))

    def test_stopping_and_going_on(self):
        shell = self.spawn(
            "--norc", "-i", command="/bin/bash", PS1="outer$ ", HISTFILE="/dev/null", TERM="xterm",
            drops=False,
        )
        shell.expect(r"outer\$ ")
        shell.send(f"{terminal.binary}\r").wait_prompt()
        shell.send("put kept").expect("put kept")
        shell.send("\x1a").expect(r"outer\$ ")
        self.assertIn("Stopped", shell.seen())
        shell.send("fg\r").expect("> put kept")
        shell.send(" 1\r").wait_prompt()
        self.assertEqual(shell.output(), "OK")
        shell.send("\x04").expect(r"outer\$ ")
        shell.send("exit\r")
        shell.end()

    def test_sigint_outside_the_prompt(self):
        process = subprocess.Popen(
            [terminal.binary],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.home.environment(),
        )
        self.addCleanup(process.communicate)
        process.stdin.write(b"put a 1\n")
        process.stdin.flush()
        self.assertEqual(process.stdout.readline(), b"OK\n")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(terminal.TIMEOUT_SECONDS), 130)

"""Pasting, lines that go on, strange bytes, and windows that change their size."""

from screen import Screen
from terminal import TerminalTestCase


class PasteTests(TerminalTestCase):
    def test_many_lines_run_one_by_one(self):
        lines = [f"put line:{number} {number}" for number in range(50)]
        shell = self.start()
        shell.paste("\n".join(lines)).expect("line:49 49")
        shell.send("\r").wait_prompt()
        shell.wait(lambda: shell.seen().count("OK") == 50, "fifty replies")
        shell.wait_prompt()
        self.assertEqual(shell.run("size"), "50")
        shell.leave()
        self.assertEqual(self.home.history().splitlines(), lines + ["size"])

    def test_a_paste_that_ends_with_a_line_feed(self):
        shell = self.start()
        shell.paste("put a 1\nput b 2\n").expect("put b 2")
        shell.send("\r").wait_prompt()
        self.assertEqual(shell.run("size"), "2")

    def test_a_json_literal_of_many_lines(self):
        shell = self.start()
        shell.paste('put user {\n  "name": "Ada \\"the\\" first",\n  "tags": [\n    "a b",\n    2\n  ]\n}')
        shell.expect("}")
        shell.send("\r").wait_prompt()
        self.assertEqual(
            shell.run("get user"), '{"name":"Ada \\"the\\" first","tags":["a b",2]}'
        )

    def test_an_error_in_the_middle_does_not_stop_the_rest(self):
        shell = self.start()
        shell.paste("put a 1\nnonsense\nput b 2").expect("put b 2")
        shell.send("\r").wait_prompt()
        shell.wait(lambda: shell.seen().count("OK") == 2, "two replies")
        self.assertIn("error[unknown-command]", shell.seen())

    def test_without_bracketed_paste(self):
        self.home.write(".inputrc", "set enable-bracketed-paste off\n")
        shell = self.start()
        shell.send("put a 1\rput b 2\rsize\r").expect(r"OK.*OK.*2\r*\n")

    def test_bytes_that_are_no_text(self):
        shell = self.start()
        shell.paste("put a on\0e")
        shell.send("\x03").wait_prompt()
        shell.send(b"put bytes \"a\xff\xfe\x80z\"\r").wait_prompt()
        self.assertEqual(shell.run("get bytes"), r'"a\xFF\xFE\x80z"')
        shell.send(b"\x00\x00put n 1\r").wait_prompt()
        self.assertEqual(shell.run("get n"), "1")


class ContinuationTests(TerminalTestCase):
    def test_quotes(self):
        for quote in "\"'":
            shell = self.start()
            shell.send(f"put note {quote}first\r").wait_continuation()
            shell.send("second\r").wait_continuation()
            self.assertEqual(shell.run(f"third{quote}"), "OK")
            self.assertEqual(shell.run("get note"), '"first\\nsecond\\nthird"')

    def test_brackets(self):
        shell = self.start()
        shell.send("put list [1,\r").wait_continuation()
        shell.send('{"a":\r').wait_continuation()
        self.assertEqual(shell.run("2}]"), "OK")
        self.assertEqual(shell.run("get list"), '[1,{"a":2}]')

    def test_ctrl_d_in_a_continuation_says_what_is_open(self):
        shell = self.start()
        shell.send('put note "first\r').wait_continuation()
        self.assertEqual(shell.leave(), 0)
        self.assertIn("error[syntax]", shell.seen())

    def test_a_transaction_marks_the_prompt(self):
        shell = self.start()
        shell.send("begin\r").wait_prompt()
        self.assertTrue(shell.seen().endswith("qrrot*> "))
        shell.send("rollback\r").wait_prompt()
        self.assertTrue(shell.seen().endswith("qrrot> "))


class ResizeTests(TerminalTestCase):
    LINE = "put long " + "".join(f"{number:03d}-" for number in range(40))

    def test_a_long_line_can_be_edited_after_a_resize(self):
        shell = self.start(rows=24, columns=80)
        shell.send(self.LINE).expect("039-")
        for columns in [40, 100, 61]:
            shell.resize(24, columns)
            wrapped = "qrrot> " + self.LINE
            rows = [wrapped[index : index + columns] for index in range(0, len(wrapped), columns)]
            self.draw(shell, rows)
        shell.send("\x01\x1bd\x1bdget long").expect("get long")
        shell.send("\x15\x0b\x19").expect("put|039")
        shell.send("\x03").wait_prompt()
        shell.send(self.LINE + "\x1b[D\x1b[D!\r").wait_prompt()
        self.assertEqual(shell.run("get long"), '"' + self.LINE[9:-2] + "!" + self.LINE[-2:] + '"')

    def draw(self, shell, rows):
        """Draws the screen anew until it shows these rows: the new size may be seen after the first key."""
        for seconds in (1, 2, 4, 8, 16, 32, 64, 128):
            # A form feed draws the screen anew: what is seen after it is all that there is.
            shell.send("\x0c")
            try:
                return shell.wait(
                    lambda: shell.screen_since_send().lines() == rows, f"the line as {rows}", seconds
                )
            except AssertionError as failure:
                problem = failure
        raise problem

    def test_a_resize_while_a_command_runs_is_seen_by_the_next_line(self):
        pager = self.home.write("pager", "#!/bin/sh\ncat >/dev/null\necho PAGED\nread x </dev/tty\n", 0o700)
        shell = self.start(PAGER=pager)
        shell.send(f"source {self.write_keys(60)}\r").wait_prompt()
        shell.send("keys\r").expect("PAGED")
        shell.resize(24, 40)
        shell.send("\r").wait_prompt()
        shell.send("x" * 50)
        rows = ["qrrot> " + "x" * 33, "x" * 17]
        shell.wait(lambda: Screen(24, 40).feed("qrrot> " + shell.raw()).lines() == rows, "the line")

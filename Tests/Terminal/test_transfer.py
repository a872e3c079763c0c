"""import and export on a terminal: completion, the bar, questions, Ctrl-C."""

import os
import signal

from terminal import TerminalTestCase


class TransferTests(TerminalTestCase):
    def records(self, name):
        """A file of records without an end: what goes on can be interrupted on any machine."""
        return os.path.basename(self.endless('{"id":NUMBER,"text":"some text"}', name + ".jsonl"))

    def completed(self, shell, typed):
        """What the line has become after a Tab."""
        shell.send(typed + "\t")
        # Whatever Tab does comes before the answer to a key that is typed after it.
        shell.type("|")
        shell.wait(lambda: shell.screen().lines()[-1].endswith("|"), "the line after Tab")
        line = shell.screen().lines()[-1].removeprefix("qrrot> ")[:-1]
        shell.send("\x03").wait_prompt()
        return line

    def test_options_and_files_are_completed(self):
        self.home.write("work/films.jsonl", '{"id":1}\n')
        shell = self.start()
        self.assertEqual(self.completed(shell, "import fi").strip(), "import films.jsonl")
        self.assertEqual(
            self.completed(shell, "import films.jsonl --on-c").strip(),
            "import films.jsonl --on-conflict",
        )
        self.assertEqual(
            self.completed(shell, "import films.jsonl --on-conflict rep").strip(),
            "import films.jsonl --on-conflict replace",
        )
        self.assertEqual(shell.run("import films.jsonl --key id").split(), "imported 1 replaced 0 skipped 0".split())

    def test_ctrl_c_stops_an_import_and_nothing_is_there(self):
        shell = self.start(drops=False)
        shell.send(f"import {self.records('some')} --key id\r")
        shell.expect("importing.*bytes")
        shell.send("\x03").wait_prompt()
        self.assertIn("error[interrupted]", shell.screen().text())
        self.assertEqual(shell.run("size"), "0")
        self.assertEqual(shell.run("put alive 1"), "OK")

    def test_an_import_ended_by_a_signal_changes_nothing(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            program = self.spawn(
                "import", self.records(f"some-{number}"), "--key", "id", os.path.join(self.home.work, "db"))
            program.expect("importing.*bytes")
            os.kill(program.child.pid, number)
            self.assertEqual(program.end(), 128 + number)
            shown = self.run_plain(os.path.join(self.home.work, "db"), "-c", "size")
            self.assertEqual(shown.stdout, b"0\n")

    def test_export_asks_before_it_replaces_a_file(self):
        path = self.home.write("work/out.qrrot", "mine\n")
        shell = self.start()
        shell.run("put a 1")
        shell.send("export out.qrrot\r").expect("out.qrrot is there already. Replace it")
        shell.send("n\r").wait_prompt()
        self.assertIn("nothing was exported", shell.screen().text())
        with open(path, encoding="utf-8") as file:
            self.assertEqual(file.read(), "mine\n")
        shell.send("export out.qrrot\r").expect("Replace it")
        shell.send("y\r").wait_prompt()
        with open(path, encoding="utf-8") as file:
            self.assertEqual(file.read(), "put a 1\n")

    def test_records_are_shown_harmless(self):
        shell = self.start()
        shell.run('put evil "\\x1b[2J"')
        shell.run('put json {"a":"\u202e"}')
        shell.send("export -\r").wait_prompt()
        self.assertIn('put evil "\\x1B[2J"', shell.screen().text())
        self.assertNotIn("\x1b[2J", shell.raw())
        self.assertNotIn("\u202e", shell.tail())

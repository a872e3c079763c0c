"""What the shell remembers of what was typed."""

import os
import stat

from terminal import TerminalTestCase


class HistoryTests(TerminalTestCase):
    def test_lines_come_back_in_the_next_session(self):
        shell = self.start()
        shell.run("put a 1")
        shell.run("put b 2")
        self.assertEqual(shell.leave(), 0)

        shell = self.start()
        shell.send("\x1b[A").expect("put b 2")
        shell.send("\x1b[A\r").wait_prompt()
        self.assertEqual(shell.run("get a"), "1")

    def test_ctrl_r_finds_a_line_of_another_session(self):
        shell = self.start()
        shell.run("put needle 41")
        shell.run("put hay 2")
        shell.leave()

        shell = self.start()
        shell.send("\x12need").expect("reverse-i-search")
        shell.wait(lambda: "needle 41" in shell.screen().text(), "the line that was searched for")
        shell.send("\r").wait_prompt()
        self.assertEqual(shell.run("incr needle"), "42")

    def test_no_duplicates_in_a_row_and_nothing_that_begins_with_a_blank(self):
        shell = self.start()
        for line in ["size", "size", " put secret 1", "size", "keys", "size"]:
            shell.run(line)
        shell.leave()
        self.assertEqual(self.home.history(), "size\nkeys\nsize\n")

    def test_the_file_and_its_folder_are_the_owners_alone(self):
        shell = self.start()
        shell.run("size")
        # It is there at once, not only at the end.
        self.assertEqual(self.home.history(), "size\n")
        folder = os.path.dirname(self.home.history_path)
        self.assertEqual(stat.S_IMODE(os.stat(self.home.history_path).st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(os.stat(folder).st_mode), 0o700)

    def test_two_shells_at_once_lose_no_line(self):
        first, second = self.start(), self.start()
        for number in range(5):
            first.run(f"put first {number}")
            second.run(f"put second {number}")
        first.leave()
        second.leave()
        lines = self.home.history().splitlines()
        self.assertEqual(len(lines), 10)
        self.assertEqual([line for line in lines if "first" in line], [f"put first {n}" for n in range(5)])

    def test_a_command_of_several_lines_is_one_entry(self):
        shell = self.start()
        shell.send('put note "first\r').wait_continuation()
        shell.run('second"')
        shell.leave()
        self.assertEqual(self.home.history(), 'put note "first\n\tsecond"\n')

        shell = self.start()
        shell.send("\x1b[A").expect("second")
        shell.send("\r").wait_prompt()
        self.assertEqual(shell.run("get note"), '"first\\nsecond"')

    def test_the_history_command_lists_it(self):
        self.home.write("old", "")
        shell = self.start()
        shell.run("put a 1")
        shell.run("get a")
        listed = shell.run("history").splitlines()
        self.assertEqual([line.split(maxsplit=1)[1] for line in listed], ["put a 1", "get a", "history"])

    def test_a_link_in_the_place_of_the_file_is_refused_once(self):
        target = self.home.write("target", "")
        os.makedirs(os.path.dirname(self.home.history_path))
        os.symlink(target, self.home.history_path)
        shell = self.start()
        self.assertEqual(shell.seen().count("the history is not kept"), 1, shell.seen())
        self.assertEqual(shell.run("size"), "0")
        self.assertEqual(shell.run("size"), "0")
        self.assertEqual(os.path.getsize(target), 0)

    def test_the_question_of_a_command_is_not_kept(self):
        shell = self.start(drops=False)
        shell.run("get a")
        shell.send("\x03").wait_prompt()
        shell.leave()
        self.assertEqual(self.home.history(), "get a\n")

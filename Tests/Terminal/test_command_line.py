"""What the system does not allow is an error; what can be lost is asked first, where somebody can answer."""

import resource
import subprocess

from terminal import TIMEOUT_SECONDS, TerminalTestCase, binary


class LimitTests(TerminalTestCase):
    def test_a_file_size_limit_fails_the_write_and_reads_go_on(self):
        puts = "".join(f"put key:{n} {'x' * 1000}\n" for n in range(300))

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (100 * 1024, 100 * 1024))

        result = subprocess.run(
            [binary, "data", "--keep-going"], input=(puts + "exists key:0\n").encode(), capture_output=True,
            env=self.home.environment(), cwd=self.home.work, timeout=TIMEOUT_SECONDS,
            preexec_fn=limit)
        self.assertEqual(result.returncode, 1)
        self.assertIn(b"error[io]", result.stderr)
        self.assertIn(b"ulimit -f", result.stderr)
        self.assertTrue(result.stdout.endswith(b"OK\n1\n"), result.stdout[-40:])
        again = self.run_plain("data", "-c", "size")
        self.assertEqual(again.returncode, 0)
        self.assertEqual(int(again.stdout), result.stdout.count(b"OK\n"))


class QuestionTests(TerminalTestCase):
    def test_a_command_of_the_command_line_asks_where_there_is_a_terminal(self):
        self.assertEqual(self.run_plain("data", "-c", "put a 1", "-c", "save copy").returncode, 0)
        for answer, status in [("n", 1), ("y", 0)]:
            shell = self.spawn("data", "-c", "save copy")
            shell.wait(lambda: "[y]es [n]o" in shell.screen().text(), "the question")
            shell.type(answer + "\r")
            self.assertEqual(shell.end(), status, shell.screen().text())
        # Without one it is refused.
        refused = self.run_plain("data", "-c", "save copy")
        self.assertEqual(refused.returncode, 1)
        self.assertIn(b"--yes", refused.stderr)

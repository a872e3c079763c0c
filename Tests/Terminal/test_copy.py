"""qrrot copy: the bar on a terminal, signals, and going on after a copy was killed."""

import os
import re
import select
import signal
import socket
import subprocess
import threading

import terminal
from terminal import TIMEOUT_SECONDS, TerminalTestCase

KEYS = 40_000


class SlowWay:
    """Stands in front of a server and lets what it answers through slowly, on each connection."""

    BYTES_A_SECOND = 1 << 20

    def __init__(self, port):
        self.server_port = port
        self.ended = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.server_port))
            threading.Thread(target=self.pump, args=(client, server), daemon=True).start()

    def pump(self, client, server):
        part = self.BYTES_A_SECOND // 20
        with client, server:
            while not self.ended.is_set():
                for source in select.select([client, server], [], [], 0.1)[0]:
                    try:
                        data = source.recv(part)
                        (server if source is client else client).sendall(data)
                    except OSError:
                        return
                    if not data:
                        return
                    if source is server:
                        self.ended.wait(len(data) / self.BYTES_A_SECOND)

    def close(self):
        self.ended.set()
        self.listener.close()


class CopyTests(TerminalTestCase):
    def setUp(self):
        super().setUp()
        text = "x" * 100
        self.home.write("work/in.qrrot", "".join(f"put key:{n:07d} {text}\n" for n in range(KEYS)))
        self.assertEqual(self.run_plain("import", "in.qrrot", "source").returncode, 0)

    def serve(self):
        """A server that has the source; returns its address and that of a slow way to it."""
        server = subprocess.Popen(
            [terminal.binary, "serve", "--port", "0", "source"], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, env=self.home.environment(), cwd=self.home.work)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        line = server.stdout.readline().decode()
        port = int(re.search(r"ready port=(\d+)", line).group(1))
        way = SlowWay(port)
        self.addCleanup(way.close)
        return f"qrrot://127.0.0.1:{port}", f"qrrot://127.0.0.1:{way.port}"

    def logged(self, target):
        """Whether something of the copy is on the disk."""
        folder = os.path.join(self.home.work, target)
        if not os.path.isdir(folder):
            return False
        return any(
            os.path.getsize(os.path.join(folder, name)) > 1 << 16
            for name in os.listdir(folder) if name.startswith("log-"))

    def size(self, target):
        return int(self.run_plain(target, "-c", "size").stdout)

    def finish(self, url, target, count):
        """Runs the copy again to its end: only what is missing is copied."""
        shown = self.run_plain("copy", url, target, "--output", "raw")
        self.assertEqual(shown.returncode, 0, shown.stderr)
        counts = dict(line.split("\t") for line in shown.stdout.decode().splitlines())
        self.assertEqual(counts["equal"], str(count))
        self.assertEqual(counts["copied"], str(KEYS - count))
        self.assertEqual(self.size(target), KEYS)

    def test_a_signal_ends_it_and_what_was_copied_stays(self):
        url, slow = self.serve()
        for number in (signal.SIGINT, signal.SIGTERM):
            target = f"target-{number}"
            program = self.spawn("copy", slow, target, columns=100)
            program.expect(r"copying.*%.*keys.*/s.*left")
            program.wait(lambda: self.logged(target), "a batch on the disk")
            if number == signal.SIGINT:
                program.send("\x03")
            else:
                os.kill(program.child.pid, number)
            self.assertEqual(program.end(), 128 + number)
            self.assertIn("error[interrupted]", program.seen())
            said = re.search(r"until then: copied ([\d,]+), equal 0,", program.seen().replace("\r\n", " "))
            self.assertTrue(said, program.seen())
            count = self.size(target)
            self.assertEqual(int(said.group(1).replace(",", "")), count)
            self.assertTrue(0 < count < KEYS, count)
            self.finish(url, target, count)

    def test_one_that_was_killed_goes_on(self):
        url, slow = self.serve()
        program = subprocess.Popen(
            [terminal.binary, "copy", slow, "target"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=self.home.environment(), cwd=self.home.work)
        waiting = threading.Event()
        for _ in range(TIMEOUT_SECONDS * 20):
            if self.logged("target") or program.poll() is not None:
                break
            waiting.wait(0.05)
        program.kill()
        self.assertEqual(program.wait(TIMEOUT_SECONDS), -signal.SIGKILL)
        count = self.size("target")
        self.assertTrue(0 < count < KEYS, count)
        self.finish(url, "target", count)

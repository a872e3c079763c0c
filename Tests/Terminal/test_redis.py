"""The prompt over a server of Redis."""

import os
import shutil
import signal
import socket
import subprocess
import time
import unittest

from terminal import TIMEOUT_SECONDS, TerminalTestCase


@unittest.skipUnless(
    shutil.which("redis-server") or os.environ.get("CI") == "true", "redis-server is not installed")
class RedisTests(TerminalTestCase):
    def serve(self):
        """A server of its own; returns its port."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        server = subprocess.Popen(
            ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", self.home.work],
            stdout=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        end = time.monotonic() + TIMEOUT_SECONDS
        while time.monotonic() < end:
            try:
                self.ask(port, "PING")
                return port
            except OSError:
                time.sleep(0.02)
        raise AssertionError("redis-server does not answer")

    def ask(self, port, line):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(line.encode() + b"\r\n")
            return connection.recv(1000)

    def test_the_prompt_names_the_server_and_ctrl_c_stops_a_command(self):
        port = self.serve()
        name = rf"redis 127\.0\.0\.1:{port}"
        shell = self.spawn("--connect", f"redis://127.0.0.1:{port}", drops=False)
        shell.expect(rf"qrrot \S+ · redis \d+\.\S+ at 127\.0\.0\.1:{port} · help")
        shell.expect(name + "> $")
        shell.send("put a 1\r").expect(rf"OK\s+{name}> $")
        shell.send("begin\r").expect(rf"OK\s+{name}\*> $")
        shell.send("rollback\r").expect(rf"OK\s+{name}> $")
        # The server takes no commands for a while.
        self.assertEqual(self.ask(port, "CLIENT PAUSE 5000 ALL"), b"+OK\r\n")
        shell.send("get a\r").expect("get a")
        time.sleep(0.2)
        shell.send("\x03").expect(rf"error\[interrupted\].*{name}> $")
        shell.send("get a\r").expect(rf"\s1\s.*{name}> $")
        self.assertEqual(shell.leave(), 0)

    def test_a_signal_ends_the_shell(self):
        port = self.serve()
        shell = self.spawn("--connect", f"redis://127.0.0.1:{port}/1")
        shell.expect(rf"redis 127\.0\.0\.1:{port}/1> $")
        os.kill(shell.child.pid, signal.SIGTERM)
        self.assertEqual(shell.end(), 128 + signal.SIGTERM)

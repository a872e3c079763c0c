"""Servers under test: qrrot, and Redis beside it, each with a folder of its own and a free port."""

import contextlib
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import resp

# Only a hang takes so long, however busy the machine is.
TIMEOUT_SECONDS = 60


class Unready(Exception):
    """The server did not start, or did not end as it should."""


def environment():
    """Variables for a server: nothing of the user's own settings."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "TMPDIR") if name in os.environ}
    return kept | {"HOME": "/nonexistent", "XDG_CONFIG_HOME": "/nonexistent", "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Served:
    """A running server."""

    name = ""

    def __init__(self, argv, folder):
        """Starts `argv`; its standard error is its log."""
        self.folder = folder
        # In a file and not in a pipe, which would fill up, and read back when something is wrong.
        self.logPath = os.path.join(folder, "server.log")
        with open(self.logPath, "ab") as log:
            self.process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, env=environment(), cwd=folder)
        self.port = 0

    @property
    def pid(self):
        return self.process.pid

    def log(self):
        with open(self.logPath, "rb") as file:
            return file.read()

    def client(self, **options):
        return resp.Client(self.port, **options)

    def resident_bytes(self):
        """What of its memory is in the machine's."""
        with open(f"/proc/{self.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def processor_seconds(self):
        """User and system time of all its threads."""
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self, number=signal.SIGTERM):
        """Ends it; returns its status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            status = self.process.wait(TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Unready(f"{self.name} did not end; its log: {self.log()[-2000:]!r}") from None
        finally:
            self.process.stdout.close()
        return status

    def kill(self):
        self.stop(signal.SIGKILL)


class Qrrot(Served):
    """`qrrot serve` on a database, or in memory."""

    name = "qrrot"

    def __init__(self, binary, folder, *options, database=None, port=0):
        super().__init__(
            [os.path.abspath(binary), "serve", "--port", str(port), *options, *([database] if database else [])],
            folder)
        self.port = self._ready()

    def _ready(self):
        """The port, from the line that says that it is ready."""
        readable, _, _ = select.select([self.process.stdout], [], [], TIMEOUT_SECONDS)
        line = self.process.stdout.readline() if readable else b"nothing"
        found = re.search(rb"ready port=(\d+)", line)
        if not found:
            self.process.kill()
            self.process.wait()
            raise Unready(f"qrrot serve said {line!r} and is not ready; its log: {self.log()[-2000:]!r}")
        return int(found[1])


class Redis(Served):
    """redis-server with what the caller adds; in memory without it."""

    name = "redis"

    def __init__(self, folder, *options, port=None):
        port = port or free_port()
        super().__init__(
            [shutil.which("redis-server") or "redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir",
             folder, "--logfile", "server.log", "--save", "", "--appendonly", "no", *options], folder)
        self.port = port
        self._wait()

    def _wait(self):
        end = time.monotonic() + TIMEOUT_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            with contextlib.suppress(OSError, resp.Closed, resp.Stuck):
                with self.client() as client:
                    # One that wants a password says so; one that loads is not ready.
                    if not client.ask("PING").startswith(b"LOADING"):
                        return
            time.sleep(0.01)
        raise Unready("redis-server does not answer")


class Sentinel(Redis):
    """redis-server as a sentinel, which keeps what it knows in its configuration file."""

    name = "sentinel"

    def __init__(self, folder, file, port):
        Served.__init__(
            self, [shutil.which("redis-server") or "redis-server", file, "--sentinel", "--logfile", "server.log"], folder)
        self.port = port
        self._wait()


@contextlib.contextmanager
def folder(prefix="qrrot-network-"):
    """A folder that is gone afterwards."""
    path = tempfile.mkdtemp(prefix=prefix)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def running(make):
    """The server that `make(folder)` starts, ended in the end."""
    with folder() as path:
        server = make(path)
        try:
            yield server
        finally:
            if server.process.poll() is None:
                server.kill()

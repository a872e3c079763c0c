"""The program under test, driven through pipes, or with its standard input on a terminal."""

import os
import pty
import re
import select
import signal
import subprocess
import time
import tty

# Only a hang takes so long, however busy the machine is.
TIMEOUT_SECONDS = 600
PROMPT = re.compile(rb"qrrot[^\n>]*> \Z")
ERROR = re.compile(rb"error\[([a-z-]+)\]")

binary = None
# The children that have been started and may still run.
running = []


def end_all():
    """Kills every program that still runs."""
    while running:
        child = running.pop()
        if child.poll() is None:
            child.kill()
            child.wait()


class Stuck(Exception):
    """The program did not answer in time."""


class Ended(Exception):
    """The program closed its output before it answered."""


def environment():
    """Variables for a program: nothing of the user's own settings."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "TMPDIR") if name in os.environ}
    return kept | {"HOME": "/nonexistent", "XDG_CONFIG_HOME": "/nonexistent", "NO_COLOR": "1", "TERM": "dumb"}


def run(*arguments, stdin=b""):
    """Runs the program to its end; returns its status, its output and its errors."""
    done = subprocess.run(
        [binary, *arguments], input=stdin, capture_output=True, env=environment(), timeout=TIMEOUT_SECONDS
    )
    return done.returncode, done.stdout, done.stderr


class Program:
    """A running program that reads commands from a pipe; errors stand among the replies, in order.

    Nothing here waits unless it says so: `pump` moves what can be moved, `lines` holds what came.
    """

    def __init__(self, *arguments, prefix=()):
        self.child = subprocess.Popen(
            [*prefix, binary, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, env=environment(), bufsize=0,
        )
        running.append(self.child)
        self.input, self.output = self.child.stdin.fileno(), self.child.stdout.fileno()
        os.set_blocking(self.input, False)
        os.set_blocking(self.output, False)
        self.unsent = bytearray()
        self.part = bytearray()
        self.lines = []
        self.isOver = False

    def send(self, text):
        self.unsent += text

    def pump(self, seconds=0.0):
        """Writes what the program takes and reads what it has said, waiting at most so long for either."""
        writable = [self.input] if self.unsent else []
        readable = [] if self.isOver else [self.output]
        reads, writes, _ = select.select(readable, writable, [], seconds)
        if writes:
            try:
                del self.unsent[: os.write(self.input, self.unsent[: 1 << 16])]
            except BrokenPipeError:
                self.unsent.clear()
            except BlockingIOError:
                pass
        if reads:
            self.read()

    def read(self):
        """Takes what is in the pipe now."""
        while not self.isOver:
            try:
                data = os.read(self.output, 1 << 20)
            except BlockingIOError:
                return
            if not data:
                self.isOver = True
                return
            self.part += data
            end = self.part.rfind(b"\n")
            if end >= 0:
                self.lines += bytes(self.part[:end]).split(b"\n")
                del self.part[: end + 1]

    def wait_lines(self, count, seconds=TIMEOUT_SECONDS):
        """Waits for so many lines and takes them; fewer if the output ends before."""
        end = time.monotonic() + seconds
        while len(self.lines) < count and not self.isOver:
            left = end - time.monotonic()
            if left <= 0:
                raise Stuck(f"{len(self.lines)} of {count} lines after {seconds} s")
            self.pump(min(left, 0.5))
        taken, self.lines = self.lines[:count], self.lines[count:]
        return taken

    def ask(self, command, seconds=TIMEOUT_SECONDS):
        """Sends one command that has one line of a reply, or an error, and waits for it."""
        self.send(command + b"\n")
        taken = self.wait_lines(1, seconds)
        if not taken:
            raise Ended(f"no answer to {command[:60]!r}")
        return taken[0]

    def kill(self, number=signal.SIGKILL, seconds=TIMEOUT_SECONDS):
        """Ends it by a signal and takes what it had said; returns its status as a shell shows it."""
        self.child.send_signal(number)
        return self.end(seconds)

    def end(self, seconds=TIMEOUT_SECONDS):
        """Waits for its end and takes what it has said."""
        end = time.monotonic() + seconds
        while not self.isOver:
            if time.monotonic() > end:
                self.child.kill()
                raise Stuck(f"not ended after {seconds} s")
            self.pump(0.5)
        status = self.child.wait(max(1, end - time.monotonic()))
        self.child.stdin.close()
        self.child.stdout.close()
        running.remove(self.child)
        return 128 - status if status < 0 else status

    def leave(self, seconds=TIMEOUT_SECONDS):
        """Ends its input, waits for its end."""
        end = time.monotonic() + seconds
        while self.unsent and not self.isOver and time.monotonic() < end:
            self.pump(0.5)
        self.child.stdin.close()
        self.child.stdin = open(os.devnull, "wb")
        return self.end(seconds)


class Conversation:
    """A running program that thinks a person types: every error is answered, and it goes on."""

    def __init__(self, *arguments, prefix=()):
        self.master, slave = pty.openpty()
        tty.setraw(slave)
        self.child = subprocess.Popen(
            [*prefix, binary, *arguments], stdin=slave, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=environment(), bufsize=0, start_new_session=True,
        )
        running.append(self.child)
        os.close(slave)
        self.output, self.errors = self.child.stdout.fileno(), self.child.stderr.fileno()
        self.open = {self.output, self.errors}
        self.said = {self.output: bytearray(), self.errors: bytearray()}
        self.greeting = self._until_prompt(b"", TIMEOUT_SECONDS)

    @property
    def isOver(self):
        return not self.open

    def _until_prompt(self, unsent, seconds):
        """Sends, waits for the next prompt or the end; returns (reply, errors)."""
        end = time.monotonic() + seconds
        while self.open and not (not unsent and PROMPT.search(self.said[self.errors])):
            left = end - time.monotonic()
            if left <= 0:
                raise Stuck(f"no prompt after {seconds} s: {bytes(self.said[self.errors])[-200:]!r}")
            reads, writes, _ = select.select(list(self.open), [self.master] if unsent else [], [], left)
            if writes:
                unsent = unsent[os.write(self.master, unsent[:4000]) :]
            for descriptor in reads:
                data = os.read(descriptor, 1 << 20)
                self.said[descriptor] += data
                if not data:
                    self.open.discard(descriptor)
        # What was answered before the prompt is in the pipe by now.
        while self.output in self.open and select.select([self.output], [], [], 0)[0]:
            data = os.read(self.output, 1 << 20)
            self.said[self.output] += data
            if not data:
                self.open.discard(self.output)
        reply, errors = bytes(self.said[self.output]), bytes(self.said[self.errors])
        self.said[self.output].clear()
        self.said[self.errors].clear()
        return reply, PROMPT.sub(b"", errors)

    def ask(self, command, seconds=TIMEOUT_SECONDS):
        """Types one line and waits for the next prompt.

        Returns its reply and the codes of the errors that were printed.
        """
        if self.isOver:
            raise Ended(f"no answer to {command[:60]!r}")
        reply, errors = self._until_prompt(command + b"\n", seconds)
        self.lastErrors = errors
        return reply, ERROR.findall(errors)

    def leave(self, seconds=TIMEOUT_SECONDS):
        """Leaves; returns the status and what was printed meanwhile."""
        reply, errors = b"", b""
        if not self.isOver:
            reply, errors = self._until_prompt(b"exit\n", seconds)
        status = self.child.wait(seconds)
        self.close()
        return (128 - status if status < 0 else status), reply + errors

    def kill(self):
        self.child.kill()
        self.child.wait()
        self.close()

    def close(self):
        for file in (self.child.stdout, self.child.stderr):
            file.close()
        if self.child in running and self.child.poll() is not None:
            running.remove(self.child)
        if self.master is not None:
            os.close(self.master)
            self.master = None

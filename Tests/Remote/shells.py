"""The program under test: runs from their start to their end, and a shell that is asked line by line."""

import os
import re
import select
import subprocess
import time
from dataclasses import dataclass

import served

# Only a hang takes so long, however busy the machine is.
SECONDS_MAX = 60
PLACE = re.compile(r"^-:\d+: (?=error\[)")
# What the shell remarks when a command fails in a transaction, as the one that ends a reply does.
REMARK = "the transaction is still open"


class Stuck(Exception):
    """No answer came in time."""


@dataclass(frozen=True)
class Run:
    """What came of a run."""

    status: int
    output: str
    errors: str

    @property
    def code(self):
        """The code of the first error; empty if there is none."""
        found = re.search(r"error\[([a-z-]+)\]", self.errors)
        return found[1] if found else ""


def environment(password=None):
    return served.environment() | ({"QRROT_PASSWORD": password} if password else {})


def run(binary, *arguments, stdin="", password=None, seconds=SECONDS_MAX):
    """Runs the program; `arguments` may hold several lines of commands behind -c."""
    try:
        done = subprocess.run(
            [binary, *arguments], input=stdin.encode(), capture_output=True, timeout=seconds, env=environment(password))
    except subprocess.TimeoutExpired:
        raise Stuck(f"{arguments} took over {seconds} s") from None
    return Run(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))


class Shell:
    """A shell that goes on whatever happens, driven through pipes."""

    def __init__(self, binary, *arguments, password=None):
        self.process = subprocess.Popen(
            [binary, "--keep-going", "--output", "json", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, env=environment(password))
        self.data = bytearray()
        self.asked = 0

    def ask(self, line, seconds=SECONDS_MAX):
        """The lines that a command prints, errors and notes among them, without their places."""
        self.asked += 1
        # A command that there is none of ends each reply: that is told without asking any server.
        end = f"no-such-command-{self.asked}"
        self.process.stdin.write(f"{line}\n{end}\n".encode())
        self.process.stdin.flush()
        lines, until = [], time.monotonic() + seconds
        while True:
            text = self._line(until, line)
            if end in text:
                return lines
            if lines or not text.startswith(REMARK):
                lines.append(PLACE.sub("", text))

    def _line(self, until, what):
        while (at := self.data.find(b"\n")) < 0:
            readable, _, _ = select.select([self.process.stdout], [], [], max(0, until - time.monotonic()))
            if not readable:
                raise Stuck(f"no answer to {what!r}; so far: {bytes(self.data)!r}")
            piece = os.read(self.process.stdout.fileno(), 1 << 16)
            if not piece:
                raise Stuck(f"the shell ended at {what!r} with {self.process.wait()}; it said {bytes(self.data)!r}")
            self.data += piece
        text = self.data[:at].decode("utf-8", "replace")
        del self.data[: at + 1]
        return text

    def close(self):
        """Ends it; returns its status."""
        self.process.stdin.close()
        try:
            return self.process.wait(SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Stuck("the shell does not end") from None
        finally:
            self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.close()
        else:
            self.process.kill()
            self.process.wait()


def code(lines):
    """The code of the error among the lines of a reply; empty if there is none."""
    for line in lines:
        found = re.match(r"error\[([a-z-]+)\]", line)
        if found:
            return found[1]
    return ""

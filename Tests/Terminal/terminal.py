"""Drives the shell through a pseudo-terminal, in a home of its own."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import termios
import time
import unittest
from pathlib import Path

import pexpect

from screen import Screen, plain

# Only a hang takes so long, however busy the machine is; a test waits for what it expects, never for the
# time to pass.
TIMEOUT_SECONDS = 240
# After so long this is typed, to see whether an answer was lost; see `Terminal.wait`.
LOST_OUTPUT_SECONDS = 20
ANYBODY_THERE = "# anybody there"
PROMPT = re.compile(r"qrrot(\*?)> \Z")
CONTINUATION = re.compile(r"\.\.\.> \Z")

binary = None

ENDLESS = """
import itertools, sys, time
with open(sys.argv[1], "w") as pipe:
    for number in itertools.count():
        pipe.write(sys.argv[2].replace("NUMBER", str(number)) + "\\n")
        # A test that gets no turn for long must not find the memory full.
        if number % 1000 == 0:
            time.sleep(0.01)
"""


def find_binary():
    """The program under test: $TEST_BINARY, or what `swift build` made."""
    if os.environ.get("TEST_BINARY"):
        return os.path.abspath(os.environ["TEST_BINARY"])
    folder = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    shown = subprocess.run(
        ["swift", "build", "--show-bin-path"], cwd=folder, capture_output=True, text=True, check=True
    )
    return os.path.join(shown.stdout.strip(), "qrrot")


class Home:
    """A folder that is the home of every program in a test."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="qrrot-terminal-")
        self.work = os.path.join(self.path, "work")
        os.mkdir(self.work)
        self.write(".inputrc", "")

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)

    def write(self, name, text, mode=0o600):
        """Makes a file; returns its path."""
        path = os.path.join(self.path, name)
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    @property
    def history_path(self):
        return os.path.join(self.path, "state", "qrrot", "history")

    def history(self):
        with open(self.history_path, encoding="utf-8") as file:
            return file.read()

    def environment(self, **changes):
        """Variables for a program; a change to None takes one away."""
        variables = {
            "HOME": self.path,
            "XDG_STATE_HOME": os.path.join(self.path, "state"),
            "XDG_CONFIG_HOME": os.path.join(self.path, "config"),
            "XDG_RUNTIME_DIR": os.path.join(self.path, "run"),
            "INPUTRC": os.path.join(self.path, ".inputrc"),
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "TERM": "xterm-256color",
            "PAGER": "",
            "NO_COLOR": "1",
        }
        if "LD_LIBRARY_PATH" in os.environ:
            variables["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
        variables.update(changes)
        return {name: value for name, value in variables.items() if value is not None}


def keep_queues():
    """For the child: Ctrl-C sends its signal and drops nothing.

    Linux sends the signal first and drops what is typed and what is written after that, so what a quick
    program answers may be lost, and nobody could tell whether it had answered.
    """
    attributes = termios.tcgetattr(0)
    attributes[3] |= termios.NOFLSH
    termios.tcsetattr(0, termios.TCSANOW, attributes)


class Terminal:
    """A program on a pseudo-terminal, and everything that it wrote."""

    def __init__(self, home, arguments=(), rows=24, columns=80, command=None, drops=True, **environment):
        """`drops`: Ctrl-C also drops what was typed and not read yet, and perhaps an answer to it. False is
        for who expects an answer and has seen that all was read."""
        self.home = home
        self.rows, self.columns = rows, columns
        self.drops = drops
        self.child = pexpect.spawn(
            command or binary,
            list(arguments),
            env=home.environment(**environment),
            cwd=home.work,
            dimensions=(rows, columns),
            timeout=TIMEOUT_SECONDS,
            maxread=1 << 16,
            encoding=None,
            preexec_fn=None if drops else keep_queues,
        )
        # Typing is not a race here: nothing is sent before what it answers has been seen.
        self.child.delaybeforesend = None
        self.bytes = b""
        self.mark = 0
        self.may_have_lost_output = False

    # Writing

    def send(self, text):
        """Types `text`; what is looked at from now on is what comes after."""
        self.read_available()
        self.mark = len(self.bytes)
        self.may_have_lost_output = self.drops and text == "\x03"
        self.type(text)
        return self

    def type(self, text):
        """Types `text` as a part of what was sent before."""
        self.child.send(text if isinstance(text, bytes) else text.encode())
        return self

    def paste(self, text):
        """Pastes as a terminal does that knows bracketed paste."""
        return self.send("\x1b[200~" + text.replace("\n", "\r") + "\x1b[201~")

    def run(self, line):
        """Types a command and returns what it printed, once the prompt is back."""
        self.send(line + "\r")
        self.wait_prompt()
        return self.output()

    def resize(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.child.setwinsize(rows, columns)

    # Reading

    def read_available(self, seconds=0):
        """Takes what has been written; False at the end."""
        try:
            self.bytes += self.child.read_nonblocking(1 << 16, seconds)
        except pexpect.TIMEOUT:
            pass
        except pexpect.EOF:
            return False
        return True

    def wait(self, condition, what, seconds=TIMEOUT_SECONDS):
        """Reads until `condition()` holds."""
        start = time.monotonic()
        deadline = start + seconds
        while not condition():
            isOpen = self.read_available(0.05)
            if condition():
                break
            # A person whose answer was lost presses Enter; a program that hangs does not come back by that.
            if self.may_have_lost_output and time.monotonic() > start + LOST_OUTPUT_SECONDS:
                self.may_have_lost_output = False
                self.type(ANYBODY_THERE + "\r")
                # If nothing was lost and all is just slow, there will be two prompts.
                usual, condition = condition, lambda: ANYBODY_THERE in self.seen() and usual()
            if not isOpen or time.monotonic() > deadline:
                ending = "the program ended" if not isOpen else "time ran out"
                raise AssertionError(
                    f"{ending} before {what}; seen: {self.seen()[-1500:]!r}; threads: {self.threads()}")
        return self

    def threads(self):
        """Where each thread of the program waits, as far as the system tells: for a program that hangs."""
        found = []
        for task in sorted(Path(f"/proc/{self.child.pid}/task").glob("*")):
            try:
                found.append(f"{(task / 'wchan').read_text()} {(task / 'syscall').read_text().strip()}")
            except OSError:
                pass
        return found

    def raw(self):
        """What was written since the last `send`, escape sequences and all."""
        return self.bytes[self.mark :].decode("utf-8", "replace")

    def seen(self):
        """What was written since the last `send`, without escape sequences."""
        return plain(self.raw())

    def tail(self):
        return plain(self.bytes[max(self.mark, len(self.bytes) - 500) :].decode("utf-8", "replace"))

    def expect(self, pattern):
        """Waits for a regular expression in what is seen since the last `send`."""
        compiled = re.compile(pattern, re.DOTALL)
        self.wait(lambda: compiled.search(self.seen()), f"{pattern!r}")
        return compiled.search(self.seen())

    def wait_prompt(self):
        """Waits for the prompt on a line of its own, behind whatever was typed."""
        self.wait(
            lambda: PROMPT.search(self.tail()) and (self.mark == 0 or b"\n" in self.bytes[self.mark :]),
            "a prompt",
        )
        return self

    def wait_continuation(self):
        self.wait(lambda: CONTINUATION.search(self.tail()), "a continuation prompt")
        return self

    def output(self):
        """The lines between what was typed last and the prompt."""
        text = self.seen().replace("\r\n", "\n").replace("\r", "")
        text = PROMPT.sub("", text)
        return text.split("\n", 1)[1].rstrip("\n") if "\n" in text else ""

    def screen(self):
        """What a person sees of all that was written."""
        start = 0
        if len(self.bytes) > 1 << 15:
            # What came long before has left the screen.
            start = self.bytes.index(b"\n", len(self.bytes) - (1 << 15)) + 1
        return Screen(self.rows, self.columns).feed(self.bytes[start:].decode("utf-8", "replace"))

    def screen_since_send(self):
        return Screen(self.rows, self.columns).feed(self.raw())

    # Ending

    def end(self):
        """Waits for the program's end; returns its status as a shell would show it."""
        self.wait(lambda: not self.read_available(0.05), "the end")
        self.child.wait()
        if self.child.signalstatus is not None:
            return 128 + self.child.signalstatus
        return self.child.exitstatus

    def leave(self):
        """Leaves by Ctrl-D."""
        self.send("\x04")
        return self.end()

    def is_cooked(self):
        """Whether the terminal is as a shell expects it: echo, whole lines, no bracketed paste."""
        flags = termios.tcgetattr(self.child.child_fd)[3]
        pastes = self.bytes.rfind(b"\x1b[?2004h") > self.bytes.rfind(b"\x1b[?2004l")
        return bool(flags & termios.ECHO) and bool(flags & termios.ICANON) and not pastes

    def close(self):
        self.child.close(force=True)


class TerminalTestCase(unittest.TestCase):
    """Tests with a home; what they start ends with them."""

    def setUp(self):
        self.home = Home()
        self.addCleanup(self.home.remove)

    def spawn(self, *arguments, **options):
        """Starts a program without waiting for anything."""
        terminal = Terminal(self.home, arguments, **options)
        self.addCleanup(terminal.close)
        return terminal

    def start(self, *arguments, **options):
        """Starts the shell and waits for its first prompt."""
        return self.spawn(*arguments, **options).wait_prompt()

    def run_plain(self, *arguments, stdin=b"", **environment):
        """Runs the program without a terminal."""
        return subprocess.run(
            [binary, *arguments],
            input=stdin,
            capture_output=True,
            env=self.home.environment(**environment),
            cwd=self.home.work,
            timeout=TIMEOUT_SECONDS,
        )

    def endless(self, line, name="endless"):
        """A named pipe out of which `line` comes without an end, a number in the place of NUMBER."""
        path = os.path.join(self.home.work, name)
        os.mkfifo(path)
        writer = subprocess.Popen([sys.executable, "-c", ENDLESS, path, line], stderr=subprocess.DEVNULL)
        self.addCleanup(writer.wait)
        self.addCleanup(writer.kill)
        return path

    def write_keys(self, count, name="keys.qrrot"):
        """A command file that puts `count` keys."""
        return self.home.write(name, "".join(f"put key:{n:07d} {n}\n" for n in range(count)))

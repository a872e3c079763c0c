#!/usr/bin/env python3
"""Shows `ask` and `ai` at work, without a network: types requests into the program's own shell, on the
sample data. The model's answers come from a recording; all else is the program.

    demo.py --binary PATH              plays docs/examples/demo.jsonl
    demo.py --binary PATH --record     makes it, with the scripted provider in the model's place

The status is 1 where the story does not come out as it should.
"""

import argparse
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import tempfile
import termios
import time

FOLDER = os.path.dirname(os.path.abspath(__file__))
EXAMPLES = os.path.join(os.path.dirname(os.path.dirname(FOLDER)), "docs", "examples")
RECORDING = os.path.join(EXAMPLES, "demo.jsonl")
TIMEOUT_SECONDS = 60
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|[\x01\x02\r]")
PROMPT = re.compile(r"qrrot> $")
QUESTION = re.compile(r"\[e\]dit\W*$")

BIRTHDAY = "it is Ada's birthday: make her a year older, and count one more visit of the home page"
LYON = "remove everybody who lives in Lyon"
# What is typed, what is waited for behind it, and what has to be seen by then.
STORY = [
    ("ask who lives in Oslo, and how old are they?", PROMPT, ["Ada Holm", "52"]),
    (f"ai {BIRTHDAY}", PROMPT, ["36", "37", "43", "44", "Applied"]),
    ("undo", PROMPT, ["user:1", "visits:home"]),
    (f"ai {LYON}", QUESTION, ["Farid"]),
    ("n", PROMPT, []),
    ("exists user:6", PROMPT, ["1"]),
]
SCRIPT = [
    'QUERY READ: find user:* where @.city == "Oslo" select $.name, $.age',
    {"all": {"names": r'^user:\d+ "([^"]+)"', "ages": r'^user:\d+ "[^"]+" (\d+)'},
     "say": "Two people live in Oslo, <<join(names)>>; they are <<join(ages)>> years old."},
    'QUERY READ: find user:* where search(@.name, "Ada") select $.name, $.age\nQUERY READ: get visits:home',
    {"from": {"key": r'^(user:\d+) "Ada'},
     "say": "QUERY WRITE: incr <<key>> $.age\nQUERY WRITE: incr visits:home"},
    {"all": {"now": r"^(\d\d)$"}, "say": "Happy birthday, Ada! Her age and the visits are now <<join(now)>>."},
    'QUERY READ: find user:* where @.city == "Lyon" select $.name',
    {"from": {"key": r'^(user:\d+) "'}, "say": "QUERY WRITE: del <<key>>"},
    "Farid Nasser is the only one in Lyon; he would be removed.",
]


class Terminal:
    """The program on a terminal of its own; what it says is passed on as it comes."""

    def __init__(self, arguments, variables):
        self.shows = sys.stdout.isatty()
        size = os.get_terminal_size() if self.shows else os.terminal_size((100, 40))
        self.child, self.master = pty.fork()
        if self.child == 0:
            # A window first: the program looks at it when it starts.
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", size.lines, size.columns, 0, 0))
            os.execve(arguments[0], arguments, variables)

    def wait(self, pattern):
        """Passes output on until it ends with `pattern`; returns what came since the last call."""
        end = time.monotonic() + TIMEOUT_SECONDS
        since = ""
        while not pattern.search(ESCAPE.sub("", since)):
            if time.monotonic() > end:
                raise TimeoutError(f"nothing like {pattern.pattern} in: {since[-500:]!r}")
            if not select.select([self.master], [], [], 0.2)[0]:
                continue
            try:
                data = os.read(self.master, 65536)
            except OSError:
                data = b""
            if not data:
                raise EOFError(f"the program has ended: {since[-500:]!r}")
            self.show(data)
            since += data.decode("utf-8", "replace")
        return ESCAPE.sub("", since)

    def type(self, text):
        """Types a line, as quickly as a person where a person looks on."""
        for character in text if self.shows else [text]:
            os.write(self.master, character.encode())
            if self.shows:
                time.sleep(0.03)
                self.pass_on()
        if self.shows:
            time.sleep(0.6)
        os.write(self.master, b"\r")

    def pass_on(self):
        while select.select([self.master], [], [], 0)[0]:
            self.show(os.read(self.master, 65536))

    def show(self, data):
        """Passes output on; the terminal that it goes to makes its own line ends."""
        sys.stdout.buffer.write(data.replace(b"\r\n", b"\n"))
        sys.stdout.buffer.flush()

    def leave(self):
        """Ends the session as a person does."""
        self.type("exit")
        try:
            self.wait(re.compile(r"(?!)"))
        except EOFError:
            pass

    def end(self):
        os.kill(self.child, signal.SIGKILL)
        os.waitpid(self.child, 0)
        os.close(self.master)


def play(binary, options, variables):
    """Plays the story; returns what was missing from it."""
    terminal = Terminal([binary, "--init", os.path.join(EXAMPLES, "sample.qrrot"), *options], variables)
    try:
        terminal.wait(PROMPT)
        for typed, until, wanted in STORY:
            if terminal.shows:
                time.sleep(1)
            terminal.type(typed)
            said = terminal.wait(until)
            missing = [text for text in wanted if text not in said]
            if missing:
                return f"after {typed!r}: {', '.join(missing)} was not seen"
        terminal.leave()
    except (TimeoutError, EOFError) as problem:
        return str(problem)
    except KeyboardInterrupt:
        return "stopped"
    finally:
        terminal.end()
        print()
    return None


def main():
    sys.path.insert(0, FOLDER)
    sys.dont_write_bytecode = True
    import run
    import scripted

    parser = argparse.ArgumentParser(description="Shows requests in plain words, from a recording.")
    parser.add_argument("--binary", required=True, help="the program")
    parser.add_argument("--record", action="store_true", help="make the recording anew")
    options = parser.parse_args()
    if options.record:
        server = scripted.Server()
        server.start()
        requests = [typed.split(" ", 1)[1] for typed, _, _ in STORY if typed.startswith(("ai ", "ask "))]
        model = ["--ai", "openai", "--ai-model", "scripted", "--ai-url", server.add("demo", requests, SCRIPT)]
        if os.path.exists(RECORDING):
            os.unlink(RECORDING)
        model += ["--ai-record", RECORDING]
    else:
        print("This is a recording: what the model says below comes from docs/examples/demo.jsonl, and was written")
        print("by hand. The program, the steps, the plans and the data are real, and no network is used.\n", flush=True)
        model = ["--ai-replay", RECORDING]
    with tempfile.TemporaryDirectory(prefix="qrrot-demo-") as folder:
        # Not into the history, and not by the settings, of who looks on.
        variables = {name: value for name, value in os.environ.items() if not name.startswith("QRROT_")}
        variables |= {"XDG_STATE_HOME": folder, "XDG_CONFIG_HOME": folder, "PAGER": ""}
        if options.record:
            variables["OPENAI_API_KEY"] = run.KEY
        if not sys.stdout.isatty():
            variables |= {"TERM": "dumb", "NO_COLOR": "1"}
        problem = play(os.path.abspath(options.binary), model, variables)
    if problem:
        print(f"demo: {problem}", file=sys.stderr)
        return 1
    if options.record:
        with open(RECORDING, encoding="utf-8") as file:
            if run.KEY in file.read():
                print(f"{RECORDING} holds the key", file=sys.stderr)
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

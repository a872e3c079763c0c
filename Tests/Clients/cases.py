"""Case files: commands and exactly the replies to them. Tests/Clients/cases/README.md says how they are written."""

import dataclasses
import os
import re
import socket
import time

import resp

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "cases")
# How long a reply may take to become what it should.
PATIENCE_SECONDS = 20
FLAGS = {"resp3", "ours", "lines", "inline", "password", "folder"}
DIRECTIVE = re.compile(r"([a-z]\w*)?([~=%!])?>(?: (.*))?")
PUSHED = re.compile(r"([a-z]\w*)?<")
WORD = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|(\S+))')
ESCAPE = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|(.))", re.S)


class Failure(Exception):
    """A reply was not the one in the file, or the file is wrong."""


@dataclasses.dataclass
class Step:
    """One thing to do and the replies to it."""

    line: int
    name: str
    mode: str
    text: str
    expected: list[str]


@dataclasses.dataclass
class Block:
    """What one heading begins: steps on an empty database and new connections."""

    path: str
    line: int
    title: str
    flags: set[str]
    steps: list[Step]

    @property
    def place(self):
        return f"{os.path.basename(self.path)}:{self.line}"


def read(path):
    """The blocks of a file."""
    blocks, step = [], None
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file.read().split("\n"), 1):
            place = f"{os.path.basename(path)}:{number}"
            if heading := re.fullmatch(r"## (.*?)((?: \[\w+\])*)", line):
                flags = set(re.findall(r"\[(\w+)\]", heading[2]))
                if flags - FLAGS:
                    raise Failure(f"{place}: unknown flags {flags - FLAGS}")
                blocks.append(Block(path, number, heading[1], flags, []))
                step = None
            elif not line or line.startswith("# "):
                continue
            elif not blocks:
                raise Failure(f"{place}: no heading stands above it")
            elif found := DIRECTIVE.fullmatch(line):
                step = Step(number, found[1] or "", found[2] or "", found[3] or "", [])
                blocks[-1].steps.append(step)
            elif found := PUSHED.fullmatch(line):
                step = Step(number, found[1] or "", "<", "", [])
                blocks[-1].steps.append(step)
            elif step is None:
                raise Failure(f"{place}: a reply without a command")
            else:
                step.expected.append(line)
    return blocks


def unescaped(text):
    """The bytes between two quotes."""
    named = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}
    return ESCAPE.sub(
        lambda found: bytes([int(found[1], 16)]) if found[1] else named.get(found[2], found[2]), text.encode())


def words(text):
    """A command's words, as bytes."""
    found = []
    at = 0
    while match := WORD.match(text, at):
        found.append(unescaped(match[1]) if match[1] is not None else match[2].encode())
        at = match.end()
    if text[at:].strip():
        raise Failure(f"an open quote in {text}")
    return found


def fits(expected, shown):
    """Whether a reply is the one expected: word for word, `/a pattern/`, or an integer `:LOW..HIGH`."""
    if len(expected) > 2 and expected[0] == expected[-1] == "/":
        return re.fullmatch(expected[1:-1], shown) is not None
    if bounds := re.fullmatch(r":(-?\d+)\.\.(-?\d+)", expected):
        return shown.startswith(":") and int(bounds[1]) <= int(shown[1:]) <= int(bounds[2])
    return expected == shown


class Run:
    """One block on one server."""

    def __init__(self, block, port, password):
        self.block, self.port, self.password = block, port, password
        self.clients = {}
        self.variables = {}
        # What was answered, by line and place; and whether it is kept instead of compared.
        self.recorded = {}
        self.records = False

    def run(self):
        now = time.time()
        self.variables = {"now": int(now), "ms": int(now * 1000)}
        with resp.Client(self.port) as control:
            if "password" in self.block.flags:
                control.ask("AUTH", self.password)
            control.ask("FLUSHALL")
        try:
            for step in self.block.steps:
                try:
                    self.step(step)
                except (resp.Closed, resp.Stuck, resp.Damaged, OSError) as error:
                    raise Failure(
                        f"{os.path.basename(self.block.path)}:{step.line}: {step.text}\n"
                        f"    {type(error).__name__}: {error}") from None
            if "lines" in self.block.flags:
                self.check_ends()
        finally:
            for client in self.clients.values():
                client.close()

    def client(self, name):
        if name not in self.clients:
            client = self.clients[name] = resp.Client(self.port, timeout=PATIENCE_SECONDS)
            if "resp3" in self.block.flags:
                client.ask("HELLO", "3")
        return self.clients[name]

    def filled(self, text):
        """The text with times and what was kept from earlier replies put in."""
        def value(found):
            name, offset = found[1], int(found[2] or 0)
            if name not in self.variables:
                return found[0]
            kept = self.variables[name]
            return str(int(kept) + offset) if offset else str(kept)
        return re.sub(r"\{(\w+)([+-]\d+)?\}", value, text)

    def send(self, client, step, text):
        if step.mode == "!":
            client.send(b"".join(words(text)))
        elif self.block.flags & {"lines", "inline"}:
            client.send(text.encode() + b"\n")
        else:
            client.send(resp.request(words(text)))

    def step(self, step):
        client, text = self.client(step.name), self.filled(step.text)
        if step.mode == "~":
            return self.until(client, step, text)
        if step.mode == "%":
            return self.compare(step, 0, self.scan(client, text))
        if step.mode != "<":
            self.send(client, step, text)
        # Every command has one reply, whatever the file says; raw bytes have those that stand there.
        count = len(step.expected) if step.mode == "!" or "lines" in self.block.flags else 1
        for index in range(count):
            self.compare(step, index, self.answer(client, step, index))

    def answer(self, client, step, index):
        if index < len(step.expected) and step.expected[index] == "closed":
            return "closed" + "".join(f" behind {rest!r}" for rest in [client.rest()] if rest)
        if "lines" in self.block.flags:
            return ("| " + client.line().decode("utf-8", "backslashreplace")).rstrip(" ")
        reply = client.reply()
        return resp.show(sorted(reply) if step.mode == "=" and isinstance(reply, list) else reply)

    def until(self, client, step, text):
        """Asks until the reply is the one expected."""
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            self.send(client, step, text)
            shown = self.answer(client, step, 0)
            if fits(self.filled(step.expected[0]), shown) or time.monotonic() > end:
                return self.compare(step, 0, shown)
            time.sleep(0.01)

    def scan(self, client, text):
        """All that a whole iteration finds, once each."""
        cursor, found = b"0", set()
        while True:
            reply = client.ask(b"SCAN", cursor, *words(text))
            if isinstance(reply, resp.Error):
                return resp.show(reply)
            cursor = reply[0]
            found.update(reply[1])
            if cursor == b"0":
                return resp.show(sorted(found))

    def compare(self, step, index, shown):
        expected = step.expected[index] if index < len(step.expected) else ""
        if name := re.fullmatch(r"let (\w+)", expected):
            self.variables[name[1]] = shown.lstrip(":+").strip('"')
            shown = expected
        isRight = fits(self.filled(expected), shown)
        self.recorded[(step.line, index)] = expected if isRight else shown
        if not isRight and not self.records:
            raise Failure(
                f"{os.path.basename(self.block.path)}:{step.line}: {step.text}\n"
                f"    expected  {self.filled(expected)}\n    answered  {shown}")

    def check_ends(self):
        """Behind plain lines nothing is left that was not expected."""
        for client in self.clients.values():
            client.socket.shutdown(socket.SHUT_WR)
            if rest := client.rest():
                raise Failure(f"{self.block.place}: {rest!r} was answered too")


def paths(names=()):
    """The files whose names hold one of `names`; all without any."""
    found = sorted(name for name in os.listdir(FOLDER) if name.endswith(".txt"))
    return [os.path.join(FOLDER, name) for name in found if not names or any(each in name for each in names)]


def commands(blocks):
    """The names of all commands, in capitals, and with their second words as Redis writes subcommands."""
    found = set()
    for block in blocks:
        for step in block.steps:
            if step.mode == "%":
                found.add("SCAN")
            elif step.mode not in ("!", "<") and "lines" not in block.flags and (text := words(step.text)):
                name = text[0].decode("utf-8", "replace").upper()
                found.add(name)
                if len(text) > 1:
                    found.add(f"{name}|{text[1].decode('utf-8', 'replace').upper()}")
    return found


def rewrite(path, recorded):
    """Writes a file anew with the replies that a server gave; `recorded` maps (line, index) to them."""
    lines, isReply = [], False
    with open(path, encoding="utf-8") as file:
        text = file.read().split("\n")
    answered = {line for line, _ in recorded}
    for number, line in enumerate(text, 1):
        if DIRECTIVE.fullmatch(line) or PUSHED.fullmatch(line):
            lines.append(line)
            isReply = number in answered
            index = 0
            while (number, index) in recorded:
                lines.append(recorded[(number, index)])
                index += 1
        elif not isReply or not line or line.startswith(("## ", "# ")):
            lines.append(line)
            isReply = isReply and bool(line) and not line.startswith(("## ", "# "))
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))

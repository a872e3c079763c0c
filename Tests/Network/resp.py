"""The Redis protocol as a client speaks it, without a library's opinions: every reply keeps its type.

Replies are shown on one line, in the notation of the case files (Tests/Clients/cases).
"""

import re
import socket
import time

# Only a hang takes so long, however busy the machine is.
TIMEOUT_SECONDS = 60


class Simple(bytes):
    """A simple string: `+OK`."""


class Error(bytes):
    """An error reply: `-ERR ...`."""


class Double(bytes):
    """A double of RESP3, as it was sent."""


class BigNumber(bytes):
    """A big number of RESP3."""


class Verbatim(bytes):
    """A verbatim string of RESP3, its three letters in front."""


class NullArray:
    """`*-1`, which RESP2 has beside the null bulk string."""

    def __eq__(self, other):
        return isinstance(other, NullArray)

    def __hash__(self):
        return 0


class Map(list):
    """The pairs of a map, in the order they came in."""


class Set(list):
    """A set."""


class Push(list):
    """A message that answers nothing."""


class Damaged(Exception):
    """What came is not the protocol."""


class Closed(Exception):
    """The server closed the connection before it answered."""


class Stuck(Exception):
    """No answer came in time."""


NULL_ARRAY = NullArray()
LINES = {b"+": Simple, b"-": Error, b",": Double, b"(": BigNumber}
BULKS = {b"$": bytes, b"=": Verbatim}
LISTS = {b"*": list, b"~": Set, b">": Push}


def parse(data, at=0):
    """The reply that begins at `at` and where it ends; None while it is not all there."""
    end = data.find(b"\r\n", at)
    if end < 0:
        return None
    kind, line, next = bytes(data[at : at + 1]), bytes(data[at + 1 : end]), end + 2
    if kind in LINES:
        return LINES[kind](line), next
    if kind == b"_" and not line:
        return None, next
    if kind == b"#" and line in (b"t", b"f"):
        return line == b"t", next
    if not re.fullmatch(rb"-?\d+", line):
        raise Damaged(f"{bytes(data[at:at + 60])!r}")
    number = int(line)
    if kind == b":":
        return number, next
    if kind in BULKS:
        return _bulk(data, BULKS[kind], number, next)
    if kind == b"*" and number == -1:
        return NULL_ARRAY, next
    if kind == b"%":
        return _map(data, number, next)
    if kind in LISTS:
        return _list(data, LISTS[kind], number, next)
    raise Damaged(f"{bytes(data[at:at + 60])!r}")


def _bulk(data, make, count, at):
    if count == -1:
        return None, at
    if len(data) < at + count + 2:
        return None
    if bytes(data[at + count : at + count + 2]) != b"\r\n":
        raise Damaged(f"no line end behind a bulk string of {count} bytes")
    return make(data[at : at + count]), at + count + 2


def _list(data, make, count, at):
    parts = make()
    for _ in range(count):
        step = parse(data, at)
        if step is None:
            return None
        part, at = step
        parts.append(part)
    return parts, at


def _map(data, count, at):
    step = _list(data, list, count * 2, at)
    if step is None:
        return None
    parts, at = step
    return Map(zip(parts[::2], parts[1::2])), at


def request(words):
    """A command as clients send it."""
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        parts.append(b"$%d\r\n%b\r\n" % (len(word), word))
    return b"".join(parts)


ESCAPES = {0x0A: "\\n", 0x0D: "\\r", 0x09: "\\t", 0x22: '\\"', 0x5C: "\\\\"}


def quoted(text):
    """Any bytes as one word of a case file."""
    return '"' + "".join(
        ESCAPES.get(byte) or (chr(byte) if 0x20 <= byte < 0x7F else f"\\x{byte:02x}") for byte in text
    ) + '"'


def show(reply):
    """A reply on one line, its type to be seen."""
    if reply is None:
        return "nil"
    if reply is True or reply is False:
        return "#t" if reply else "#f"
    if isinstance(reply, int):
        return f":{reply}"
    if isinstance(reply, NullArray):
        return "nil-array"
    if isinstance(reply, Map):
        return "{" + ", ".join(f"{show(name)} => {show(value)}" for name, value in reply) + "}"
    if isinstance(reply, list):
        mark = {Set: "~", Push: ">"}.get(type(reply), "")
        return mark + "[" + ", ".join(map(show, reply)) + "]"
    marks = {Simple: "+", Error: "-", Double: ",", BigNumber: "("}
    if type(reply) in marks:
        return marks[type(reply)] + quoted(reply)[1:-1].replace('\\"', '"')
    return ("=" if isinstance(reply, Verbatim) else "") + quoted(reply)


class Client:
    """A connection. Every wait is bounded."""

    def __init__(self, port, timeout=TIMEOUT_SECONDS, context=None):
        self.timeout = timeout
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        self.data = bytearray()

    def send(self, data):
        self.socket.sendall(data)

    def more(self, end):
        """Waits for more bytes until `end`, a time of the monotonic clock."""
        left = end - time.monotonic()
        if left <= 0:
            raise Stuck(f"no reply; there is {bytes(self.data[:80])!r}")
        self.socket.settimeout(left)
        try:
            data = self.socket.recv(1 << 18)
        except TimeoutError:
            raise Stuck(f"no reply; there is {bytes(self.data[:80])!r}") from None
        except ConnectionError as error:
            raise Closed(str(error)) from None
        if not data:
            raise Closed(f"closed behind {bytes(self.data[-80:])!r}")
        self.data += data

    def reply(self):
        end = time.monotonic() + self.timeout
        while (step := parse(self.data)) is None:
            self.more(end)
        del self.data[: step[1]]
        return step[0]

    def line(self):
        """One line of a plain reply, without its end."""
        end = time.monotonic() + self.timeout
        while (at := self.data.find(b"\n")) < 0:
            self.more(end)
        line = bytes(self.data[:at])
        del self.data[: at + 1]
        return line

    def rest(self):
        """All that still comes until the server closes."""
        end = time.monotonic() + self.timeout
        while True:
            try:
                self.more(end)
            except Closed:
                data = bytes(self.data)
                self.data.clear()
                return data

    def ask(self, *words):
        self.send(request([word.encode() if isinstance(word, str) else word for word in words]))
        return self.reply()

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

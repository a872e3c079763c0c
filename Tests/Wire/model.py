"""What two keys do, one operation at a time: the oracle of the histories."""

import dataclasses
import random

import resp

NOT_AN_INTEGER = resp.Error(b"ERR value is not an integer or out of range")
OK = resp.Simple(b"OK")
QUEUED = resp.Simple(b"QUEUED")
KEYS = (b"left", b"right")
WORDS = (b"get", b"set", b"incr", b"del", b"append", b"getset", b"setnx", b"getdel", b"mget", b"mset", b"multi")
WEIGHTS = (6, 5, 5, 2, 2, 2, 2, 1, 2, 2, 4)
IN_MULTI = (b"get", b"set", b"incr", b"append", b"del")


@dataclasses.dataclass
class Call:
    """One operation on a pair of keys: its words, its reply, and the two moments in between which it happened."""

    pair: int
    commands: list[tuple]
    begin: int
    end: int = 0
    reply: object = None

    @property
    def isTransaction(self):
        return len(self.commands) > 1


def apply(state, command):
    """The state behind one command, and its reply. `state` has the values of both keys, None for an absent one."""
    word, side, value = command
    old = state[side] if side is not None else None

    def with_(new):
        return (new, state[1]) if side == 0 else (state[0], new)

    match word:
        case b"get":
            return state, old
        case b"set":
            return with_(value), OK
        case b"incr":
            try:
                number = int(old or b"0") + 1
            except ValueError:
                return state, NOT_AN_INTEGER
            return with_(b"%d" % number), number
        case b"del":
            return with_(None), 0 if old is None else 1
        case b"append":
            new = (old or b"") + value
            return with_(new), len(new)
        case b"getset":
            return with_(value), old
        case b"setnx":
            return (with_(value), 1) if old is None else (state, 0)
        case b"getdel":
            return with_(None), old
        case b"mget":
            return state, list(state)
        case b"mset":
            return (value, value), OK
    raise ValueError(word)


def run(state, call):
    """The state behind a call, and its reply."""
    if not call.isTransaction:
        return apply(state, call.commands[0])
    replies = []
    for command in call.commands:
        state, reply = apply(state, command)
        replies.append(reply)
    return state, replies


def choose(random: random.Random, serial):
    """The commands of one call. Values tell who wrote them, but for counters, which all may add to."""
    value = b"%d" % (serial * 10)

    def one(word):
        side = None if word in (b"mget", b"mset") else random.randrange(2)
        if word == b"append":
            return word, side, b"7"
        return word, side, value if word in (b"set", b"getset", b"setnx", b"mset") else None

    word = random.choices(WORDS, WEIGHTS)[0]
    if word != b"multi":
        return [one(word)]
    return [one(random.choice(IN_MULTI)) for _ in range(random.randint(2, 4))]


def words(pair, command):
    """A command as it is sent."""
    word, side, value = command
    names = [b"%s:%d" % (name, pair) for name in KEYS]
    if word == b"mget":
        return [b"MGET", *names]
    if word == b"mset":
        return [b"MSET", names[0], value, names[1], value]
    return [word.upper(), names[side], *([value] if value is not None else [])]


def request(call):
    """All bytes of a call, and how many replies they have."""
    if not call.isTransaction:
        return resp.request(words(call.pair, call.commands[0])), 1
    parts = [resp.request([b"MULTI"])]
    parts += [resp.request(words(call.pair, command)) for command in call.commands]
    parts.append(resp.request([b"EXEC"]))
    return b"".join(parts), len(call.commands) + 2

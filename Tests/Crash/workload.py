"""Random writes with the replies and the state that they must lead to, and a database's state read back."""

import random
import re
import time

from program import TIMEOUT_SECONDS

KEY_COUNT = 48
COUNTER_COUNT = 4
# Keys that vanish within two seconds: nobody can tell which are there when a state is read, so they are none
# of it. Keys that vanish in a day or so: they are, and their times are read too.
LASTING_COUNT = 4
LASTING_SECONDS = 100_000
FILLING = bytes(random.Random(4).choices(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", k=1 << 18))


class Violation(Exception):
    """The contract was broken: what was found, in one line or a few."""


class Between:
    """A number in a reply that depends on the moment."""

    def __init__(self, least, most):
        self.least, self.most = least, most

    def __eq__(self, reply):
        return isinstance(reply, bytes) and reply.isdigit() and self.least <= int(reply) <= self.most

    def __repr__(self):
        return f"{self.least} to {self.most}"

    def __getitem__(self, index):
        """A reply is cut where it is shown."""
        return self

    __hash__ = None


class Write:
    """One commit: the text of its commands, what they answer, and what it changes (None: the key is gone)."""

    __slots__ = ("text", "replies", "change")

    def __init__(self, text, replies, change):
        self.text, self.replies, self.change = text, replies, change


class Workload:
    """Makes writes of all kinds, one behind the other, and knows the state behind the last.

    A value says which write made it, so no two are equal. `begin` starts from a state that was read back.
    """

    def __init__(self, random, large=0.15, largest=64 << 10):
        self.random = random
        self.large, self.largest = large, largest
        self.number = 0
        self.state = {}
        self.undoable = None

    def begin(self, state):
        """A new session: what it writes follows on `state`."""
        self.state = dict(state)
        self.undoable = None

    def next(self, small=False):
        self.number += 1
        kind = self.random.random()
        if kind < 0.62:
            write = self._put(small)
        elif kind < 0.65:
            write = self._brief()
        elif kind < 0.67:
            write = self._lasting()
        elif kind < 0.70:
            write = self._expired()
        elif kind < 0.78:
            write = self._add()
        elif kind < 0.86:
            write = self._remove()
        elif kind < 0.94:
            write = self._transaction(small)
        elif kind < 0.998:
            write = self._undo() if self.undoable is not None else self._put(small)
        else:
            write = self._clear()
        self._apply(write.change)
        return write

    def _apply(self, change):
        for key, value in change.items():
            if value is None:
                self.state.pop(key, None)
            else:
                self.state[key] = value

    def value(self, small=False):
        random = self.random
        if small or random.random() >= self.large:
            count = random.choice((0, 3, 40, 300, 1_500))
        else:
            count = random.randrange(4 << 10, self.largest)
        start = random.randrange(len(FILLING) - count)
        return b"v%d_" % self.number + FILLING[start : start + count]

    def _key(self):
        return b"key:%02d" % self.random.randrange(KEY_COUNT)

    def _put(self, small):
        key, value = self._key(), self.value(small)
        self.undoable = {key: self.state.get(key)}
        if self.random.random() < 0.2:
            value = b'{"n":"%s"}' % value
        return Write(b"put %s %s\n" % (key, value), [b"OK"], {key: value})

    def _brief(self):
        """A key that vanishes soon; its value says when, so that nobody has to remember.

        Each is another one: if an older value vanished inside the transaction, that would be a conflict.
        """
        key = b"brief:%d" % self.number
        at = int(time.time() * 1_000) + self.random.randrange(100, 2_000)
        self.undoable = None
        text = b"begin\nput %s until_%d\nexpireat %s %d\ncommit\n" % (key, at, key, at)
        return Write(text, [b"OK", b"OK", b"1", b"OK"], {})

    def _lasting(self):
        """A key that is there long after the test, with a time that must be there too."""
        key = b"lasting:%d" % self.random.randrange(LASTING_COUNT)
        value = b"v%d" % self.number
        self.undoable = None
        text = b"begin\nput %s %s\nexpire %s %d\ncommit\n" % (key, value, key, LASTING_SECONDS)
        return Write(text, [b"OK", b"OK", b"1", b"OK"], {key: value})

    def _expired(self):
        """A time that is past removes a key."""
        keys = [key for key in self.state if key.startswith((b"key:", b"lasting:"))]
        if not keys:
            return self._add()
        key = self.random.choice(keys)
        self.undoable = {key: self.state[key]} if key.startswith(b"key:") else None
        line = self.random.choice((b"expire %s 0", b"expire %s -7", b"expireat %s 1000"))
        return Write(line % key + b"\n", [b"1"], {key: None})

    def _add(self):
        key, by = b"count:%d" % self.random.randrange(COUNTER_COUNT), self.random.randrange(1, 9)
        sum_ = b"%d" % (int(self.state.get(key, b"0")) + by)
        self.undoable = None
        return Write(b"incr %s %d\n" % (key, by), [sum_], {key: sum_})

    def _remove(self):
        keys = [key for key in {self._key(), self._key()} if key in self.state]
        if not keys:
            return self._add()
        self.undoable = None
        return Write(b"del %s\n" % b" ".join(keys), [b"%d" % len(keys)], dict.fromkeys(keys))

    def _transaction(self, small):
        change, text, replies = {}, [b"begin"], [b"OK"]
        for index in range(self.random.randrange(2, 6)):
            key = self._key()
            if key in change:
                continue
            if index and key in self.state and self.random.random() < 0.3:
                change[key] = None
                text.append(b"del " + key)
                replies.append(b"1")
            else:
                change[key] = b"%s.%d" % (self.value(small), index)
                text.append(b"put %s %s" % (key, change[key]))
                replies.append(b"OK")
        self.undoable = None
        return Write(b"\n".join(text) + b"\ncommit\n", [*replies, b"OK"], change)

    def _undo(self):
        change, self.undoable = self.undoable, None
        ((key, value),) = change.items()
        return Write(b"undo\n", [row(key, value)], change)

    def _clear(self):
        if not self.state:
            return self._add()
        self.undoable = None
        count = len(self.state)
        return Write(b"clear\n", [Between(count, count + self.number)], dict.fromkeys(self.state))


def row(key, value):
    """A key as `all` and `undo` print it in mode raw."""
    if value is None:
        return key + b"\tnil\t"
    kind = b"int" if key.startswith(b"count:") else b"json" if value.startswith(b"{") else b"string"
    return b"%s\t%s\t%s" % (key, kind, value)


def parse_rows(lines, asked=0.0):
    """The state that the lines of `all` show, which was asked for at this time or later; without what is brief."""
    state = {}
    for line in lines:
        cells = line.split(b"\t")
        if len(cells) != 3 or row(cells[0], cells[2]) != line:
            raise Violation(f"this is no row that was ever written: {line[:120]!r}")
        if not cells[0].startswith(b"brief:"):
            state[cells[0]] = cells[2]
        elif int(cells[2].removeprefix(b"until_")) <= asked * 1_000:
            raise Violation(f"this key has expired and is there: {line[:120]!r}, at {asked:.3f}")
    return state


DUMP = b"all\n" + b"".join(b"ttl lasting:%d\n" % index for index in range(LASTING_COUNT)) + b"size\n"


def read_state(program, seconds=TIMEOUT_SECONDS):
    """Asks a program in mode raw for all keys; what it said before is returned too, as notes."""
    notes, rows, numbers = [], [], []
    asked = time.time()
    program.send(DUMP)
    while True:
        taken = program.wait_lines(1, seconds)
        if not taken:
            said = b"\n".join(notes + [bytes(program.part)]).decode(errors="replace")
            raise Violation(f"the database does not open: {said[:600]}")
        line = taken[0]
        if line.count(b"\t") == 2:
            rows.append(line)
        elif re.fullmatch(rb"-?[0-9]+", line):
            numbers.append(int(line))
            if len(numbers) <= LASTING_COUNT:
                continue
            state = parse_rows(rows, asked)
            if not len(state) <= numbers[-1] <= len(rows):
                raise Violation(f"size says {numbers[-1]}, all shows {len(rows)}, {len(state)} of them to stay")
            check_times(state, numbers)
            return state, notes
        elif line.startswith(b"-:"):
            raise Violation(f"reading fails: {line.decode(errors='replace')}")
        else:
            notes.append(line)


def check_times(state, seconds):
    """The keys that last have their times, in the order of their numbers."""
    for index in range(LASTING_COUNT):
        isThere = b"lasting:%d" % index in state
        if not (0 < seconds[index] <= LASTING_SECONDS if isThere else seconds[index] == -2):
            raise Violation(f"ttl says {seconds[index]} for lasting:{index}, which is {'' if isThere else 'not '}there")


def prefix_length(base, writes, found, least=0):
    """How many of `writes`, done in their order behind `base`, make the state `found`: the most that do.

    None if no prefix does, or only ones shorter than `least`.
    """
    state = dict(base)
    different = {key for key in state.keys() | found.keys() if state.get(key) != found.get(key)}
    answer = 0 if not different and least == 0 else None
    for count, write in enumerate(writes, 1):
        for key, value in write.change.items():
            if value is None:
                state.pop(key, None)
            else:
                state[key] = value
            if state.get(key) == found.get(key):
                different.discard(key)
            else:
                different.add(key)
        if not different and count >= least:
            answer = count
    return answer


def explain(base, writes, found, least):
    """Why `found` is no prefix of at least `least` writes, for a person."""
    shorter = prefix_length(base, writes, found)
    if shorter is not None:
        return f"{least - shorter} acknowledged writes are lost (the state is that after {shorter} of {least})"
    state = dict(base)
    for write in writes[:least]:
        for key, value in write.change.items():
            state[key] = value
    state = {key: value for key, value in state.items() if value is not None}
    wrong = [key for key in state.keys() | found.keys() if state.get(key) != found.get(key)]
    shown = ", ".join(
        f"{key.decode()}: {(found.get(key) or b'absent')[:20]!r} instead of {(state.get(key) or b'absent')[:20]!r}"
        for key in sorted(wrong)[:5]
    )
    return f"the state is that of no moment; beside the last acknowledged one {len(wrong)} keys differ: {shown}"

"""A shell that writes all the time, and what it was told of each write."""

import contextlib
import random
import threading
import time

import nodes
import shells

# What must be known again within this time after a fault: the shell's own patience, and some for the machine.
ANSWER_SECONDS_MAX = 40


class Load(threading.Thread):
    """Increments counters, alone and in pairs that one transaction changes, one command after another.

    Of each counter it keeps how often an increment was acknowledged, and how often nobody could tell. An error
    other than `unknown-outcome` says that nothing was done.
    """

    def __init__(self, binary, url, seed, keys=24, pairs=6):
        super().__init__(daemon=True)
        self.shell = shells.Shell(binary, "--connect", url)
        self.random = random.Random(f"load/{seed}")
        self.keys = [f"counter:{number}" for number in range(keys)]
        self.pairs = [(f"{{pair:{number}}}:left", f"{{pair:{number}}}:right") for number in range(pairs)]
        every = self.keys + [key for pair in self.pairs for key in pair]
        self.acknowledged = dict.fromkeys(every, 0)
        self.unknown = dict.fromkeys(every, 0)
        self.refusals = {}
        self.slowest = 0.0
        self.wrong = []
        self.isOver = False
        # What was acknowledged when all of it was known to be on replicas, and when they had taken over.
        self.safe = self.recovered = None

    @property
    def count(self):
        return sum(self.acknowledged.values())

    def run(self):
        try:
            while not self.isOver:
                if self.random.random() < 0.8:
                    self.increment(self.random.choice(self.keys))
                else:
                    self.change(*self.random.choice(self.pairs))
        except (shells.Stuck, OSError) as error:
            self.wrong.append(f"hang: {error}")

    def ask(self, line):
        start = time.monotonic()
        lines = self.shell.ask(line, ANSWER_SECONDS_MAX)
        self.slowest = max(self.slowest, time.monotonic() - start)
        return lines

    def note(self, code, *keys):
        """Keeps what came of a write."""
        if not code:
            for key in keys:
                self.acknowledged[key] += 1
        elif code == "unknown-outcome":
            for key in keys:
                self.unknown[key] += 1
        else:
            self.refusals[code] = self.refusals.get(code, 0) + 1

    def increment(self, key):
        lines = self.ask(f"incr {key}")
        code = shells.code(lines)
        self.note(code, key)
        if not code:
            number = next((int(line) for line in lines if line.isdigit()), None)
            if number is None or number > self.acknowledged[key] + self.unknown[key]:
                self.wrong.append(f"incr {key} was answered with {lines}; {self.told(key)}")

    def change(self, left, right):
        codes = [shells.code(self.ask(line)) for line in ("begin", f"incr {left}", f"incr {right}")]
        if any(codes):
            # Nothing has been applied; the transaction is given up.
            self.note(next(filter(None, codes)))
            self.ask("rollback")
            return
        code = shells.code(self.ask("commit"))
        self.note(code, left, right)
        if code not in ("", "unknown-outcome", "conflict"):
            # It is still open then, unless it is over: both end it.
            self.ask("rollback")

    def told(self, key):
        return f"{self.acknowledged[key]} were acknowledged, {self.unknown[key]} are unknown"

    def finish(self):
        """Ends it after the command that is under way."""
        self.isOver = True
        self.join(ANSWER_SECONDS_MAX + 20)
        self.shell.close()

    def goes_on(self, count=200):
        """Waits until so many more writes are acknowledged."""
        wanted = self.count + count

        def more():
            """the shell is acknowledged more writes"""
            return self.count >= wanted or self.wrong

        nodes.wait_for(more)

    def keep_safe(self, primaries):
        """Waits until the replicas have all that was acknowledged until now: a fault may not take that."""
        acknowledged = dict(self.acknowledged)
        offsets = {port: int(nodes.info(port, "replication")["master_repl_offset"]) for port in primaries}

        def there():
            """the replicas have what the primaries have"""
            return all(replica_offset(port) >= offset for port, offset in offsets.items())

        nodes.wait_for(there)
        self.safe = acknowledged

    def has_recovered(self):
        """Another server has taken over: from now on nothing that is acknowledged may be lost."""
        self.recovered = dict(self.acknowledged)

    def least(self, key):
        """How often a counter was incremented at least. Redis does not promise to keep a write that a primary
        acknowledged before its replica had it."""
        if self.recovered is None:
            return self.acknowledged[key]
        return self.safe[key] + self.acknowledged[key] - self.recovered[key]

    def check(self, checks, what, read):
        """Holds what is there against what was told."""
        checks.equal(f"{what}: no wrong answers", self.wrong[:3], [])
        checks.true(f"{what}: something was acknowledged ({self.count})", self.count > 50)
        checks.true(f"{what}: the longest wait was {self.slowest:.1f} s", self.slowest < ANSWER_SECONDS_MAX)
        for key in self.acknowledged:
            found, least = int(read(key) or b"0"), self.least(key)
            most = self.acknowledged[key] + self.unknown[key]
            checks.true(
                f"{what}: {key} is {found}; {self.told(key)}, {least} have to be kept", least <= found <= most)
        for left, right in self.pairs:
            checks.equal(f"{what}: {left} and {right}, which one transaction changes", read(left), read(right))

    def summary(self, name):
        return (
            f"{name}: {self.count} acknowledged, {sum(self.unknown.values())} unknown, "
            f"{self.refusals or 'none'} refused, longest wait {self.slowest:.1f} s")


class Reader(threading.Thread):
    """Asks the same again and again, of data that nobody changes: each answer has to be the first one."""

    def __init__(self, binary, url, *questions):
        super().__init__(daemon=True)
        self.shell = shells.Shell(binary, "--connect", url)
        self.questions = questions
        self.answers = {question: self.shell.ask(question, ANSWER_SECONDS_MAX) for question in questions}
        self.count = 0
        self.wrong = []
        self.isOver = False

    def run(self):
        try:
            while not self.isOver and not self.wrong:
                for question in self.questions:
                    answer = self.shell.ask(question, ANSWER_SECONDS_MAX)
                    if answer != self.answers[question]:
                        self.wrong.append(f"{question}: {str(answer)[:200]}")
                    self.count += 1
        except (shells.Stuck, OSError) as error:
            self.wrong.append(f"hang: {error}")

    def finish(self):
        self.isOver = True
        self.join(ANSWER_SECONDS_MAX)
        self.shell.close()


def replica_offset(port):
    fields = dict(part.split("=") for part in nodes.info(port, "replication").get("slave0", "").split(","))
    return int(fields["offset"])


@contextlib.contextmanager
def running(binary, url, seed):
    """A load that has begun, and ends after the block."""
    load = Load(binary, url, seed)
    load.start()
    try:
        load.goes_on()
        yield load
    finally:
        load.finish()

"""kill -9 of the server under load: what was acknowledged is there when it runs again, on the same database.

Each client writes to keys of its own, in order, with several requests under way; so what is found must be the
state behind some first part of its writes, and that part must hold every acknowledged one. A transaction
writes two keys with one number, of which never only one is found. All add to one counter.
"""

import os
import random
import time

import many
import resp
import served
from histories import Violation

CLIENTS = 50
KEYS = 4
WINDOWS = (1, 4, 16)
SECONDS = (0.05, 0.6)
POLICIES = ("always", "second")
COUNTER = b"counter"


class Writer:
    """One client's writes, from round to round."""

    def __init__(self, number):
        self.number = number
        # The state that was last read, what was written since, and how much of that was acknowledged.
        self.base = {}
        self.writes = []
        self.acknowledged = 0
        # Replies still to come for each write under way.
        self.wanted = []

    def key(self, index):
        return b"client:%d:%d" % (self.number, index)

    def next(self, random):
        """The bytes of one more write."""
        serial = b"%d" % random.getrandbits(48)
        first = random.randrange(KEYS)
        kind = random.random()
        if kind < 0.6:
            write = {self.key(first): serial}
            data, count = resp.request([b"SET", self.key(first), serial]), 1
        elif kind < 0.75:
            write = {self.key(first): None}
            data, count = resp.request([b"DEL", self.key(first)]), 1
        else:
            other = (first + 1) % KEYS
            write = {self.key(first): serial, self.key(other): serial}
            commands = [
                [b"MULTI"], [b"SET", self.key(first), serial], [b"INCR", COUNTER], [b"SET", self.key(other), serial],
                [b"EXEC"],
            ]
            data, count = b"".join(map(resp.request, commands)), len(commands)
        self.writes.append(write)
        self.wanted.append(count)
        return data

    def take(self, reply):
        """One reply; returns what the counter was said to be."""
        if isinstance(reply, resp.Error):
            raise Violation(f"a write was answered with {bytes(reply)!r}")
        self.wanted[self.acknowledged] -= 1
        if self.wanted[self.acknowledged] == 0:
            self.acknowledged += 1
        return reply[1] if isinstance(reply, list) else 0

    def check(self, found):
        """Whether what is there is the state behind a first part of the writes, acknowledged ones and more."""
        state = dict(self.base)
        for count in range(len(self.writes) + 1):
            if count:
                for key, value in self.writes[count - 1].items():
                    state[key] = value
            if count >= self.acknowledged and all(state.get(key) == value for key, value in found.items()):
                break
        else:
            raise Violation(
                f"client {self.number}: {self.acknowledged} of {len(self.writes)} writes were acknowledged, and "
                f"what is there is no state behind them: {found}")
        self.base, self.writes, self.acknowledged, self.wanted = dict(found), [], 0, []


class Kills:
    """Rounds on one database."""

    def __init__(self, binary, seed, counts):
        self.binary, self.counts = binary, counts
        self.random = random.Random(f"kills/{seed}")
        self.writers = [Writer(number) for number in range(CLIENTS)]
        self.counter = self.counterSent = 0

    def count(self, name, by=1):
        self.counts[name] = self.counts.get(name, 0) + by

    def run(self, rounds, folder):
        database = os.path.join(folder, "db")
        for number in range(rounds + 1):
            policy = self.random.choice(POLICIES)
            threads = self.random.choice(("1", "2"))
            server = served.Qrrot(self.binary, folder, "--fsync", policy, "--threads", threads, database=database)
            try:
                self.check(server)
                if number < rounds:
                    self.load_and_kill(server)
            except Violation as violation:
                raise Violation(f"round {number}, --fsync {policy} --threads {threads}: {violation}") from None
            finally:
                if server.process.poll() is None:
                    server.kill()
                drop_tails(database)

    def check(self, server):
        """Compares what is there with what was written before."""
        with server.client() as client:
            for writer in self.writers:
                keys = [writer.key(index) for index in range(KEYS)]
                writer.check(dict(zip(keys, client.ask(b"MGET", *keys))))
            found = int(client.ask("GET", COUNTER) or b"0")
        if not self.counter <= found <= self.counterSent:
            raise Violation(f"the counter was said to be {self.counter} and is {found} of {self.counterSent} at most")
        self.counter = self.counterSent = found

    def load_and_kill(self, server):
        links = many.Many(server.port, CLIENTS)
        window = self.random.choice(WINDOWS)
        for link, writer in zip(links.links, self.writers):
            self.send(link, writer, window)
        end = time.monotonic() + self.random.uniform(*SECONDS)
        while time.monotonic() < end:
            self.exchange(links, 0.01, window)
            if links.isOver:
                raise Violation("the server has closed all connections")
        server.kill()
        # What it had sent before it died was acknowledged, read late as it may be.
        end = time.monotonic() + resp.TIMEOUT_SECONDS
        while not links.isOver:
            self.exchange(links, 1, 0)
            if time.monotonic() > end:
                raise Violation("the connections outlive the server")
        links.close()
        self.count("kills")
        for writer in self.writers:
            self.count("acknowledged", writer.acknowledged)
            self.count("in flight", len(writer.writes) - writer.acknowledged)

    def exchange(self, links, seconds, window):
        for link, replies in links.wait(seconds):
            writer = self.writers[link.number]
            for reply in replies:
                self.counter = max(self.counter, writer.take(reply))
            if window and not link.isOver:
                self.send(link, writer, window)

    def send(self, link, writer, window):
        """Fills the window again."""
        data = b""
        while len(writer.writes) - writer.acknowledged < window:
            data += writer.next(self.random)
            self.counterSent += len(writer.writes[-1]) > 1
        if data:
            link.send(data)


def drop_tails(database):
    """Removes copies of torn tails, which many kills would pile up."""
    for name in os.listdir(database) if os.path.isdir(database) else []:
        if ".tail-" in name:
            os.unlink(os.path.join(database, name))

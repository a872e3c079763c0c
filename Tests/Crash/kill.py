"""kill -9 of the program in the middle of writing, thousands of times on the same database.

Each round opens the database (which recovers what the last kill left), reads all of it, and writes
with many writes in flight until it is killed. What was found must be the state behind a prefix of
all writes that holds every acknowledged one. Some rounds are killed while they recover. Where the
log is due for compaction, the round lives until that is seen in the folder, and dies then.
"""

import os
import time

from program import Program
from suite import POLICIES, drop_tails, folder, log_byte_count, run_lanes
from workload import Violation, Workload, explain, prefix_length, read_state
from writing import Writing

ROUNDS = 10_000
LANES = 3
# When a log is worth a snapshot; see CommitLog.
COMPACTION_BYTES = 16 << 20
COMPACTION_WAIT_SECONDS = 6


def run(rounds, seed):
    counts, worst, violations = run_lanes("kill", lane, rounds, seed, LANES)
    text = (
        f"{counts.get('kills', 0)} kills ({counts.get('recovering', 0)} of them while recovering, "
        f"{counts.get('compacting', 0)} while compacting, {counts.get('snapshots', 0)} snapshots finished), "
        f"{counts.get('acknowledged', 0)} writes acknowledged, {counts.get('unfinished', 0)} in flight, "
        f"{counts.get('tails', 0)} torn tails"
    )
    return text, violations


def lane(lane):
    with folder(lane) as path:
        Rounds(lane, os.path.join(path, "db")).run()


class Rounds:
    def __init__(self, lane, database):
        self.lane, self.database, self.random = lane, database, lane.random
        self.workload = Workload(lane.random)
        # The last state that was read, and what was written since: (writes, how many acknowledged).
        self.base, self.writes, self.acknowledged = {}, [], 0

    def run(self):
        for _ in self.lane.each_round():
            policy = self.random.choice(POLICIES)
            try:
                if self.random.random() < 0.08:
                    self.kill_while_recovering(policy)
                else:
                    self.kill_while_writing(policy)
            except Violation as violation:
                raise Violation(f"--fsync {policy}, round {self.lane.counts.get('kills', 0)}: {violation}") from None
            self.lane.count("kills")
        self.check_opening()

    def kill_while_recovering(self, policy):
        program = Program("--fsync", policy, self.database)
        time.sleep(self.random.uniform(0, 0.03))
        program.kill()
        self.lane.count("recovering")

    def kill_while_writing(self, policy):
        program = Program("--fsync", policy, self.database)
        try:
            self.check(program)
            self.write(program)
        finally:
            program.kill()
        writing = self.writing
        # What it had said before it was killed counts, read late as it may be.
        writing.take()
        self.writes, self.acknowledged = writing.writes, writing.acknowledged
        self.lane.count("acknowledged", writing.acknowledged)
        self.lane.count("unfinished", len(writing.writes) - writing.acknowledged)

    def check(self, program):
        """Compares what is there with what was written before."""
        found, notes = read_state(program)
        if prefix_length(self.base, self.writes, found, self.acknowledged) is None:
            raise Violation(explain(self.base, self.writes, found, self.acknowledged))
        self.base, self.writes, self.acknowledged = found, [], 0
        self.lane.count("tails", sum(b"never finished" in note for note in notes))
        drop_tails(self.database)

    def write(self, program):
        self.workload.begin(self.base)
        self.writing = Writing(program, self.workload)
        window = self.random.choice((1, 4, 16, 64, 256))
        if log_byte_count(self.database) > COMPACTION_BYTES and self.random.random() < 0.7:
            return self.write_until_compaction(window)
        end = time.monotonic() + self.random.uniform(0, 0.12)
        while time.monotonic() < end:
            self.writing.step(window, small=self.writing.sentByteCount > 6 << 20)

    def write_until_compaction(self, window):
        """Writes, not too much, until a file appears, and a moment more."""
        before = names(self.database)
        end = time.monotonic() + COMPACTION_WAIT_SECONDS
        while names(self.database) == before and time.monotonic() < end:
            self.writing.step(window if self.writing.sentByteCount < 1 << 20 else 2, small=True)
        end = time.monotonic() + self.random.choice((0, 0.002, 0.01, 0.03)) * self.random.random()
        while time.monotonic() < end:
            self.writing.step(window, small=True, seconds=0.0005)
        after = names(self.database)
        if after != before:
            new = [name for name in after if name.startswith("snapshot-") and name not in before]
            is_finished = any("tmp" not in name for name in new)
            self.lane.count("snapshots" if is_finished else "compacting")

    def check_opening(self):
        program = Program(self.database)
        self.check(program)
        if program.leave() != 0:
            raise Violation("closing fails")


def names(database):
    """The files that a compaction makes and removes."""
    return {name for name in os.listdir(database) if name.startswith(("log-", "snapshot-")) and ".tail-" not in name}

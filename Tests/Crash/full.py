"""A full disk, at every kilobyte of a small tmpfs.

Each round leaves so many kilobytes free, fills them with writes of other sizes than the round before,
and looks: the command for which there is no room fails with `io`, reads go on, a failed write has
changed nothing, and writing resumes by itself when there is room. The database is closed and opened
on the full disk too. No acknowledged write may be missing, and no failed one may be there.
"""

import os
import random

from program import TIMEOUT_SECONDS, Program, run as run_program
from suite import folder, require_root, run_lanes, tmpfs
from workload import Violation, parse_rows, prefix_length, explain, Workload, read_state

ROUNDS = 1_024
LANES = 2
DISK_KIB = 1_024
# The smallest disk on which a database can be made.
PAGE_KIB = 4
# What the program says where it opens a database that there is no room to write to.
FULL = b"the disk is too full to write to the database"


def run(rounds, seed):
    require_root("mount")
    counts, worst, violations = run_lanes("full", lane, rounds, seed, LANES)
    text = (
        f"{counts.get('rounds', 0)} of {DISK_KIB} kilobytes ({counts.get('opening', 0)} too few to make a database), "
        f"{counts.get('io', 0)} commands without room, {counts.get('reads', 0)} reads on a full disk, "
        f"{counts.get('resumed', 0)} writes when there was room again, "
        f"{counts.get('full openings', 0)} openings on a full disk to read only "
        f"({counts.get('refused', 0)} refused to write), "
        f"{counts.get('acknowledged', 0)} writes acknowledged, {counts.get('lost', 0)} lost"
    )
    return text, violations


def lane(lane):
    numbers = list(range(DISK_KIB))
    random.Random(lane.seed).shuffle(numbers)
    with folder(lane) as path, tmpfs(os.path.join(path, "disk"), f"{DISK_KIB}k") as disk:
        for round_, number in enumerate(numbers[lane.number :: LANES if lane.rounds else 1][: lane.rounds]):
            if lane.stop.is_set():
                return
            try:
                Round(lane, disk, number).run()
            except Violation as violation:
                raise Violation(f"{number} KiB free: {violation}") from None
            lane.count("rounds")


class Round:
    def __init__(self, lane, disk, free):
        self.lane, self.disk, self.free = lane, disk, free
        self.database = os.path.join(disk, f"db-{free}")
        self.filler = os.path.join(disk, "filler")
        self.random = random.Random(f"full/{lane.seed}/{free}")
        # About a hundred writes fill whatever is free.
        self.workload = Workload(self.random, large=0.2, largest=max(6 << 10, min(free << 10 >> 4, 60 << 10)))
        # What is there before the workload's writes, and those writes.
        self.shift, self.writes = {}, []

    def run(self):
        self.fill(self.free)
        try:
            self.fill_with_writes()
        finally:
            if os.path.exists(self.filler):
                os.unlink(self.filler)
        self.check()
        for name in os.listdir(self.database):
            os.unlink(os.path.join(self.database, name))
        os.rmdir(self.database)

    def fill(self, free):
        """Leaves so many kilobytes; what is less than a page is taken off the first value instead."""
        with open(self.filler, "wb", buffering=0) as file:
            left = (DISK_KIB - free) * 1024
            try:
                while left > 0:
                    left -= file.write(b"x" * min(left, 4096))
            except OSError:
                pass

    def fill_with_writes(self):
        program = Program("--keep-going", "--output", "raw", "--fsync", "always", self.database)
        shift = b"s" * (self.free % PAGE_KIB * 1024 + self.random.randrange(1024))
        first = program.ask(b"get nobody")
        if FULL in first:
            return self.made_on_full_disk(program)
        if first != b"":
            return self.opening_failed(program, first)
        if shift and self.ask(program, b"put shift " + shift, [b"OK"]):
            self.shift = {b"shift": shift}
        self.workload.begin(self.shift)
        failed = 0
        while failed < 5:
            failed += not self.write(program)
            if failed:
                self.read(program)
        status = program.leave()
        if status != 1:
            raise Violation(f"the end of a run with failed commands has status {status}, not 1")
        self.open_on_full_disk()
        self.resume()

    def opening_failed(self, program, first):
        if b"error[io]" not in first or program.leave() != 3:
            raise Violation(f"opening fails otherwise than with io: {first[:300]!r}")
        self.lane.count("opening")
        os.unlink(self.filler)
        if not os.path.isdir(self.database):
            os.mkdir(self.database)

    def made_on_full_disk(self, program):
        """The database could be made, but there was no room for its log: it reads, and writes later."""
        self.lane.count("refused")
        # What opening had to say comes before the answer.
        if program.wait_lines(1, TIMEOUT_SECONDS) != [b""]:
            raise Violation("no answer to a read on the full disk")
        self.workload.begin(self.workload.state)
        for _ in range(3):
            self.write(program)
        os.unlink(self.filler)
        self.write_again(program)
        program.leave()

    def ask(self, program, text, replies):
        """Sends the commands of one write; whether it was acknowledged."""
        for command, reply in zip(text.splitlines(), replies):
            answer = program.ask(command)
            if answer == reply:
                continue
            if b"error[io]" not in answer or b"full" not in answer:
                raise Violation(f"{command[:40]!r} is answered by {answer[:300]!r}")
            self.lane.count("io")
            if text.startswith(b"begin"):
                # The transaction is still open, and a line says so.
                program.wait_lines(1)
                answer = program.ask(b"rollback")
                if answer != b"OK":
                    raise Violation(f"rollback after a failed commit: {answer[:300]!r}")
            return False
        return True

    def write(self, program):
        before = dict(self.workload.state)
        write = self.workload.next()
        if self.ask(program, write.text, write.replies):
            self.writes.append(write)
            self.lane.count("acknowledged")
            return True
        self.workload.begin(before)
        return False

    def read(self, program):
        for key, value in self.random.sample(sorted(self.workload.state.items()), min(3, len(self.workload.state))):
            if program.ask(b"get " + key) != value:
                raise Violation(f"{key!r} can't be read, or is not as before, on the full disk")
            self.lane.count("reads")

    def open_on_full_disk(self):
        """What was closed on a full disk opens on it, to read only."""
        status, rows, errors = run_program("--read-only", "--output", "raw", self.database, "-c", "all")
        if status != 0:
            raise Violation(f"--read-only on the full disk has status {status}: {errors.decode()[:300]}")
        self.compare(parse_rows(rows.splitlines()))
        self.lane.count("full openings")

    def resume(self):
        """Writing goes on when there is room, in a program that has met the full disk."""
        program = Program("--keep-going", "--output", "raw", self.database)
        first = program.ask(b"get nobody")
        if FULL in first:
            # A log that was closed needs another segment to be written to, and there is no room for it.
            # What opening had to say comes before the answer.
            self.lane.count("refused")
            if program.wait_lines(1, TIMEOUT_SECONDS) != [b""]:
                raise Violation("no answer to a read on the full disk")
        elif first != b"":
            raise Violation(f"the database does not open on the full disk: {first[:300]!r}")
        self.workload.begin(self.workload.state)
        for _ in range(3):
            self.write(program)
            self.read(program)
        os.unlink(self.filler)
        # What the database itself takes has to leave enough for it.
        if self.free * 2 < DISK_KIB:
            self.write_again(program)
        program.leave()

    def write_again(self, program):
        for _ in range(5):
            if not self.write(program):
                raise Violation("writing does not resume although there is room")
            self.lane.count("resumed")

    def compare(self, found):
        if found != self.workload.state:
            self.lane.count("lost")
            raise Violation(explain(self.shift, self.writes, found, len(self.writes)))

    def check(self):
        program = Program(self.database)
        found, _ = read_state(program)
        self.compare(found)
        program.leave()

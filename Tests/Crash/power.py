"""Power failures on a real file system: ext4 on a loop device, shut down without flushing its journal.

Each round opens the database, reads all of it, writes, and then cuts the file system off with an
ioctl (EXT4_IOC_SHUTDOWN, no log flush): what was not synced is gone. The program is killed, the file
system is unmounted and mounted, which replays its journal. Only acknowledgements that were read
before the ioctl count. Under `always` none may be lost, under `second` none that is much older than a
second, under `never` none that was there when the database was opened. All of it is a prefix.
"""

import fcntl
import os
import struct
import time

from program import Program, end_all
from suite import (
    POLICIES, Lane, Skipped, call, drop_tails, folder, log_byte_count, loop_device, require_root, run_lanes, unmount,
)
from workload import Violation, Workload, explain, prefix_length, read_state
from writing import Writing

ROUNDS = 1_000
LANES = 4
IMAGE_BYTES = 384 << 20
# EXT4_IOC_SHUTDOWN, EXT4_GOING_FLAGS_NOLOGFLUSH
SHUTDOWN, WITHOUT_FLUSH = 0x8004587D, struct.pack("I", 2)
# Under `second` a thread looks twice a second for what is to be synced, and writers wait only for a sync
# that takes over two seconds. When the thread gets its turn is up to a busy machine: it may lose more
# than a second now and then, which the closing line tells, but never this much.
SECONDS_MAX = 10
LATE_SECONDS = 1.5
COMPACTION_BYTES = 16 << 20


def run(rounds, seed):
    require_root("mkfs.ext4", "losetup", "mount")
    probe(seed)
    counts, worst, violations = run_lanes("power", lane, rounds, seed, LANES)
    by_policy = ", ".join(f"{counts.get(policy, 0)} {policy}" for policy in POLICIES)
    text = (
        f"{counts.get('cycles', 0)} power failures ({by_policy}; {counts.get('compacting', 0)} around a compaction), "
        f"{counts.get('acknowledged', 0)} writes acknowledged before, of them lost: "
        f"always {counts.get('lost always', 0)}, second {counts.get('lost second', 0)} "
        f"(at most {worst.get('second', 0):.2f} s, {counts.get('late', 0)} times over {LATE_SECONDS} s), "
        f"never {counts.get('lost never', 0)}; "
        f"{counts.get('tails', 0)} torn tails"
    )
    return text, violations


def image_folder():
    """Memory, if there is enough: what is lost is what the file system has not been told to keep."""
    memory = "/dev/shm"
    if os.path.isdir(memory):
        room = os.statvfs(memory)
        if room.f_bavail * room.f_frsize > LANES * IMAGE_BYTES * 2:
            return memory
    return None


def probe(seed):
    """Skips where no loop device can be mounted."""
    with folder(Lane("power", seed, 0, 0, None), image_folder()) as path, mounted(path, 16 << 20):
        pass


class mounted:
    """An ext4 of its own on a loop device, which can be mounted again and again."""

    def __init__(self, path, byteCount):
        self.image, self.path = os.path.join(path, "image"), os.path.join(path, "disk")
        self.byteCount = byteCount

    def __enter__(self):
        os.mkdir(self.path)
        with open(self.image, "wb") as file:
            file.truncate(self.byteCount)
        call("mkfs.ext4", "-q", "-F", self.image)
        self.device = loop_device(self.image)
        self.name = self.device.__enter__()
        try:
            self.mount()
        except RuntimeError as problem:
            self.device.__exit__(None, None, None)
            raise Skipped(f"ext4 can't be mounted here ({problem})") from None
        return self

    def __exit__(self, *error):
        end_all()
        unmount(self.path)
        self.device.__exit__(*error)

    def mount(self):
        call("mount", "-t", "ext4", self.name, self.path)

    def cut_off(self, descriptor):
        """The power failure itself."""
        fcntl.ioctl(descriptor, SHUTDOWN, WITHOUT_FLUSH)

    def come_back(self):
        unmount(self.path)
        self.mount()


def lane(lane):
    with folder(lane, image_folder()) as path, mounted(path, IMAGE_BYTES) as disk:
        Cycles(lane, disk).run()


class Cycles:
    def __init__(self, lane, disk):
        self.lane, self.disk, self.random = lane, disk, lane.random
        self.database = os.path.join(disk.path, "db")
        self.workload = Workload(lane.random, large=0.3)
        self.base, self.writes, self.least = {}, [], 0
        # Of the last power failure: the policy, how many were acknowledged, and when.
        self.last = None

    def run(self):
        for number in self.lane.each_round():
            policy = self.random.choice(POLICIES)
            try:
                self.cycle(policy)
            except Violation as violation:
                before = f" after a power failure under --fsync {self.last[0]}" if self.last else ""
                raise Violation(f"--fsync {policy}, cycle {number}{before}: {violation}") from None
            self.lane.count("cycles")
            self.lane.count(policy)
        program = Program(self.database)
        self.check(program)
        if program.leave() != 0:
            raise Violation("closing fails")

    def cycle(self, policy):
        program = Program("--fsync", policy, self.database)
        descriptor = os.open(self.disk.path, os.O_RDONLY)
        try:
            self.check(program)
            self.workload.begin(self.base)
            writing = Writing(program, self.workload)
            self.write(writing, policy)
            program.read()
            writing.take()
            moment = time.monotonic()
            self.disk.cut_off(descriptor)
        finally:
            os.close(descriptor)
            program.kill()
        self.writes = writing.writes
        self.last = (policy, writing, moment)
        self.least = {
            "always": writing.acknowledged,
            "second": writing.acknowledged_before(moment - SECONDS_MAX),
            "never": 0,
        }[policy]
        self.lane.count("acknowledged", writing.acknowledged)
        self.disk.come_back()

    def check(self, program):
        found, notes = read_state(program)
        length = prefix_length(self.base, self.writes, found, self.least)
        if length is None:
            raise Violation(explain(self.base, self.writes, found, self.least))
        self.note_loss(length)
        self.base, self.writes, self.least = found, [], 0
        self.lane.count("tails", sum(b"never finished" in note for note in notes))
        drop_tails(self.database)

    def note_loss(self, length):
        """Counts what was acknowledged and is gone, where the policy allows that."""
        if self.last is None:
            return
        policy, writing, moment = self.last
        lost = max(0, writing.acknowledged - length)
        self.lane.count(f"lost {policy}", lost)
        if lost and policy == "second":
            first = next(time_ for time_, count in writing.times if count > length)
            self.lane.note_worst("second", moment - first)
            self.lane.count("late", moment - first > LATE_SECONDS)
        self.last = None

    def write(self, writing, policy):
        window = self.random.choice((1, 4, 32, 128))
        seconds, most = self.random.uniform(0, 0.25), 4 << 20
        if log_byte_count(self.database) > COMPACTION_BYTES and self.random.random() < 0.7:
            # The background thread looks once a second; what it writes is small, so it is done soon.
            seconds = self.random.uniform(1.0, 1.12)
            self.lane.count("compacting")
        elif policy == "second" and self.random.random() < 0.5:
            isLong = self.random.random() < 0.08
            seconds = SECONDS_MAX + self.random.uniform(0.5, 1.5) if isLong else self.random.uniform(0.9, 2.6)
        elif self.random.random() < 0.3:
            # Makes the log long enough for a compaction in a later cycle.
            seconds, most, window = 0.8, COMPACTION_BYTES, 128
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            # Not more than the compaction can keep up with.
            small = writing.sentByteCount > most
            writing.step(2 if small else window, small)

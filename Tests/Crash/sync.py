"""A sync that really fails: ext4 on a loop device whose backing file has no room left.

The backing file is sparse, on a tmpfs that is far smaller than it promises to be. ext4 believes in
its free blocks and takes every write; only the sync finds that they can't be stored, fails once, and
would succeed when repeated, although the data is gone. From the first failure on nothing may be
acknowledged, the database is read-only, and reads go on. Then the tmpfs is made larger, the file
system is mounted again, and the database must open and hold every acknowledged write.
"""

import os

from power import mounted
from program import Conversation, Program, run as run_program
from suite import call, folder, require_root, run_lanes, tmpfs
from workload import Violation, Workload, explain, prefix_length, read_state

ROUNDS = 50
LANES = 2
BACKING, PROMISED_BYTES = "12m", 64 << 20
WRITES_MAX = 4_000


def run(rounds, seed):
    require_root("mkfs.ext4", "losetup", "mount")
    counts, worst, violations = run_lanes("sync", lane, rounds, seed, LANES)
    text = (
        f"{counts.get('failures', 0)} failed syncs of {counts.get('rounds', 0)} rounds "
        f"({counts.get('io', 0)} ended by a failed write instead), "
        f"{counts.get('acknowledged', 0)} writes acknowledged before, "
        f"{counts.get('refused', 0)} refused after, {counts.get('reads', 0)} reads after, "
        f"{counts.get('lost', 0)} acknowledged writes lost, "
        f"{counts.get('holes', 0)} refused for a hole in what was never synced"
    )
    return text, violations


def lane(lane):
    for number in lane.each_round():
        policy = "always" if number % 5 else "second"
        with folder(lane) as path:
            memory = os.path.join(path, "memory")
            with tmpfs(memory, BACKING), mounted(memory, PROMISED_BYTES) as disk:
                Round(lane, policy, memory, disk).run()
        lane.count("rounds")


class Round:
    def __init__(self, lane, policy, memory, disk):
        self.lane, self.policy, self.memory, self.disk = lane, policy, memory, disk
        self.database = os.path.join(disk.path, "db")
        self.workload = Workload(lane.random, large=0.5)
        # Everything that may be there later: acknowledged first, then what has an unknown outcome.
        self.writes, self.acknowledged = [], 0

    def run(self):
        program = Conversation("--output", "raw", "--fsync", self.policy, self.database)
        try:
            if program.isOver:
                raise Violation(f"the database does not open: {program.greeting[1].decode()}")
            if self.write_until_failure(program):
                self.lane.count("failures")
                self.look_after_failure(program)
            else:
                self.lane.count("io")
            program.leave()
        finally:
            if not program.isOver:
                program.kill()
            elif program.master is not None:
                program.close()
        self.make_room()
        self.check()

    def write_until_failure(self, program):
        """Writes until something fails; whether that was a sync."""
        while len(self.writes) < WRITES_MAX:
            write = self.workload.next()
            self.writes.append(write)
            for command in write.text.splitlines():
                reply, codes = program.ask(command)
                if b"unknown-outcome" in codes or b"read-only" in codes:
                    if reply:
                        raise Violation(f"acknowledged ({reply[:60]!r}) together with the error {codes}")
                    self.failure = program.lastErrors.decode(errors="replace")
                    return True
                if codes == [b"io"]:
                    # This write itself, which is not there then.
                    self.writes.pop()
                    return False
                if codes:
                    raise Violation(f"{command[:60]!r} fails with {codes}: {program.lastErrors[:300]!r}")
            self.acknowledged += 1
            self.lane.count("acknowledged")
        raise Violation(f"no sync failed in {WRITES_MAX} writes")

    def look_after_failure(self, program):
        state = self.workload.state
        if self.writes[-1].text.startswith(b"begin"):
            program.ask(b"rollback")
        for number in range(20):
            reply, codes = program.ask(b"put late:%d x" % number)
            if reply or codes != [b"read-only"]:
                raise Violation(f"a write after {self.failure}: {reply!r} {codes} {program.lastErrors[:300]!r}")
            self.lane.count("refused")
            if not state:
                # The last that was written is a `clear`.
                continue
            key, value = self.lane.random.choice(sorted(state.items()))
            reply, codes = program.ask(b"get " + key)
            # The command whose outcome is unknown may or may not be seen.
            if codes or (reply[:-1] != value and key not in self.writes[-1].change):
                raise Violation(f"a read after the failed sync: {reply[:60]!r} {codes} {program.lastErrors[:300]!r}")
            self.lane.count("reads")

    def make_room(self):
        call("mount", "-o", "remount,size=128m", self.memory)
        self.disk.come_back()

    def check(self):
        status, _, errors = run_program("--read-only", "--output", "raw", self.database, "-c", "size")
        if status != 0:
            # Many commits were waiting for that sync, and the disk kept later ones and not the first.
            # Behind a hole nothing can be told from damage, so it is refused, which is no silent loss.
            if status == 3 and self.policy != "always" and b"error[corrupt]" in errors and b"offset" in errors:
                return self.lane.count("holes")
            raise Violation(f"--fsync {self.policy}: --read-only does not open it: {errors.decode()}")
        program = Program(self.database)
        found, _ = read_state(program)
        # Under second the failed sync is that of the second before; what it took is reported, not kept.
        least = self.acknowledged if self.policy == "always" else 0
        length = prefix_length({}, self.writes, found, least)
        if length is None:
            raise Violation(f"--fsync {self.policy}: " + explain({}, self.writes, found, least))
        if self.policy == "always":
            self.lane.count("lost", max(0, self.acknowledged - length))
        if program.ask(b"put late 1") != b"OK":
            raise Violation("nothing can be written after opening it again")
        program.leave()

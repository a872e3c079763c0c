"""The disk fails at each of the first 500 write and sync calls (strace injects EIO).

A first run counts the calls; then there is a run for every one of them, in which it fails. A failed
write fails its command with `io` and nothing else; after a failed sync the outcome is unknown, writes
are `read-only`, and reads go on. While opening it is `io` and status 3; while closing the status is 1.
Every tenth call also fails from then on for good, and with EINTR, which nobody may notice. Afterwards
the database is opened without strace: it holds what was acknowledged and nothing that had failed.
"""

import itertools
import os
import random
import re
import shutil
import subprocess
import sys

import program
from program import ERROR, TIMEOUT_SECONDS, Conversation, Ended, Program, environment, run as run_program
from suite import POLICIES, Skipped, call, folder, run_lanes
from workload import Violation, Workload, explain, prefix_length, read_state

ROUNDS = 500
LANES = 2
SYSTEM_CALLS = "pwrite64,fdatasync,fsync"
# Commands behind the one that fails.
LATER_COUNT = 6


def run(rounds, seed):
    if sys.platform != "linux" or shutil.which("strace") is None:
        raise Skipped("there is no strace here; .ci/install crash installs it")
    try:
        call("strace", "-qq", "-o", os.devnull, "-e", "trace=pwrite64", "true")
    except RuntimeError as problem:
        raise Skipped(f"strace may not trace here ({problem})") from None
    counts, worst, violations = run_lanes("eio", lane, rounds, seed, LANES)
    text = (
        f"{counts.get('runs', 0)} runs over {counts.get('calls', 0)} calls "
        f"({counts.get('write', 0)} failed writes, {counts.get('sync', 0)} failed syncs, "
        f"{counts.get('for good', 0)} for good, {counts.get('EINTR', 0)} EINTR; "
        f"{counts.get('opening', 0)} while opening, {counts.get('closing', 0)} while closing), "
        f"{counts.get('acknowledged', 0)} writes acknowledged, {counts.get('io', 0)} io, "
        f"{counts.get('unknown', 0)} unknown-outcome, "
        f"{counts.get('refused', 0)} read-only, {counts.get('reads', 0)} reads after"
    )
    return text, violations


def lane(lane):
    total = ROUNDS
    with folder(lane, "/dev/shm" if os.path.isdir("/dev/shm") else None) as path:
        if lane.number == 0:
            short_runs(lane, path)
        calls = count_calls(lane, path, total)
        # All lanes of a seed choose from the same order, and each takes its own.
        numbers = list(range(len(calls)))
        random.Random(lane.seed).shuffle(numbers)
        lanes = LANES if lane.rounds else 1
        mine = numbers[lane.number :: lanes][: lane.rounds]
        for number in mine:
            if lane.stop.is_set():
                return
            lane.count("calls")
            Run(lane, path, calls, number, "EIO", "").run()
            if number % 10 == 9:
                Run(lane, path, calls, number, "EIO", "+").run()
                Run(lane, path, calls, number, "EINTR", "").run()


def count_calls(lane, path, total):
    """The first calls of a run without faults: (system call, its number among its like, by that thread)."""
    log = os.path.join(path, "calls")
    program = start(path, "count", log, [])
    workload = Workload(fixed_random(lane), large=0.02, largest=8 << 10)
    for _ in range(total):
        for command in workload.next().text.splitlines():
            reply, codes = program.ask(command)
            if codes:
                raise Violation(f"{command[:60]!r} fails with {codes} although nothing is wrong")
    program.leave()
    seen, calls = {}, []
    for line in open(log, errors="replace"):
        found = re.match(r"(\d+) +(\w+)\(", line)
        if found and found.group(2) in SYSTEM_CALLS:
            seen[found.groups()] = seen.get(found.groups(), 0) + 1
            calls.append((found.group(2), seen[found.groups()]))
    shutil.rmtree(os.path.join(path, "count"))
    if len(calls) < total:
        raise Violation(f"only {len(calls)} calls in {total} writes")
    return calls[:total]


def short_runs(lane, path):
    """Every call of a run of one command, so of opening and of closing, under every policy."""
    log, database = os.path.join(path, "short-calls"), os.path.join(path, "short")
    for policy, kind in itertools.product(POLICIES, SYSTEM_CALLS.split(",")):
        for number in range(1, 100):
            shutil.rmtree(database, ignore_errors=True)
            done = subprocess.run(
                [*tracing(log, [f"{kind}:error=EIO:when={number}"]), program.binary, "--output", "raw",
                 "--fsync", policy, database, "-c", "put a 1"],
                stdin=subprocess.DEVNULL, capture_output=True, env=environment(), timeout=TIMEOUT_SECONDS,
            )
            if "INJECTED" not in open(log, errors="replace").read():
                break
            codes = ERROR.findall(done.stderr)
            status, reply, errors = run_program("--output", "raw", database, "-c", "get a")
            # What was answered is there, what failed is not, and of the rest nobody knows.
            allowed = {b"1\n"} if done.stdout else {b"1\n", b"\n"} if codes == [b"unknown-outcome"] else {b"\n"}
            said = f"--fsync {policy}, {kind} number {number}: status {done.returncode}, {done.stderr.decode()[:200]}"
            # Some calls do no harm when they fail: there is nothing to be told then.
            if done.returncode != (0 if not codes else 1 if done.stdout else done.returncode) or len(codes) > 1:
                raise Violation(said)
            if codes and done.returncode not in (1, 3) or status != 0 or reply not in allowed:
                raise Violation(f"{said}; opened again: status {status}, {reply!r} {errors.decode()[:200]}")
            lane.count("opening" if done.returncode == 3 else "closing" if codes and done.stdout else "harmless")
            lane.count("runs")


def fixed_random(lane):
    return random.Random(f"eio/{lane.seed}")


def start(path, name, log, faults):
    return Conversation("--output", "raw", os.path.join(path, name), prefix=tracing(log, faults))


def tracing(log, faults):
    """What stands before a command so that its calls are written to `log`, and some fail."""
    prefix = ["strace", "-f", "-qq", "--seccomp-bpf", "-o", log, "-e", f"trace={SYSTEM_CALLS}"]
    for fault in faults:
        prefix += ["-e", f"inject={fault}"]
    return prefix


class Run:
    def __init__(self, lane, path, calls, number, error, again):
        self.lane, self.path, self.number = lane, path, number
        self.name = f"db-{number}-{error}{again}"
        self.database = os.path.join(path, self.name)
        self.kind, self.index = calls[number]
        self.error, self.again = error, again
        self.workload = Workload(fixed_random(lane), large=0.02, largest=8 << 10)
        self.kept, self.acknowledged = [], 0
        self.failures = []

    @property
    def title(self):
        return f"call {self.number + 1} ({self.kind} number {self.index}{self.again}, {self.error})"

    def run(self):
        log = os.path.join(self.path, f"log-{self.lane.number}")
        program = start(self.path, self.name, log, [f"{self.kind}:error={self.error}:when={self.index}{self.again}"])
        try:
            try:
                self.talk(program)
            finally:
                if program.master is not None:
                    program.kill()
            if "INJECTED" not in open(log, errors="replace").read():
                raise Violation("the call did not come")
            self.check()
        except Violation as violation:
            raise Violation(f"{self.title}: {violation}") from None
        except Ended as ended:
            raise Violation(f"{self.title}: the program ended: {ended}") from None
        self.lane.count("runs")
        failed = "write" if "write" in self.kind else "sync"
        self.lane.count("EINTR" if self.error == "EINTR" else "for good" if self.again else failed)
        shutil.rmtree(self.database, ignore_errors=True)

    def talk(self, program):
        if program.isOver:
            return self.opening_failed(program)
        later = 0
        # The workload is the one that was counted, so the call comes for certain: at the latest in closing.
        for _ in range(ROUNDS):
            if self.failures:
                later += 1
            if later > LATER_COUNT:
                break
            if not self.failures and self.is_done(program):
                # EINTR, and calls that fail without harm.
                later += 1
            self.write(program)
            self.read(program)
        status, said = program.leave()
        wanted = {0} if not self.failures else {0, 1}
        if status not in wanted:
            raise Violation(f"the end has status {status}: {said.decode()[:300]}")

    def is_done(self, program):
        log = os.path.join(self.path, f"log-{self.lane.number}")
        return b"INJECTED" in open(log, "rb").read()

    def opening_failed(self, program):
        errors = program.greeting[1]
        status = program.child.wait(TIMEOUT_SECONDS)
        program.close()
        if self.error == "EINTR" or status != 3 or b"error[io]" not in errors:
            raise Violation(f"opening ends with status {status}: {errors.decode()[:300]}")
        self.lane.count("opening")

    def write(self, program):
        before = dict(self.workload.state)
        write = self.workload.next()
        replies, codes = [], []
        for command in write.text.splitlines():
            reply, codes = program.ask(command)
            if codes:
                break
            replies += reply.splitlines()
        if not codes:
            if replies != write.replies:
                raise Violation(f"{write.text[:60]!r} is answered by {replies[:3]!r}")
            if b"unknown-outcome" in self.failures:
                raise Violation(f"{write.text[:60]!r} is acknowledged after a failed sync")
            self.kept.append(write)
            self.acknowledged = len(self.kept)
            self.lane.count("acknowledged")
            return
        if reply:
            raise Violation(f"both a reply {reply[:60]!r} and an error: {program.lastErrors[:300]!r}")
        self.judge(codes, program, write)
        if codes == [b"unknown-outcome"]:
            # It may be there or not, and is seen meanwhile.
            self.kept.append(write)
        else:
            self.workload.begin(before)
        if write.text.startswith(b"begin"):
            program.ask(b"rollback")

    def judge(self, codes, program, write):
        """Whether this error is one that the contract gives now."""
        said = program.lastErrors.decode(errors="replace")[:300]
        if self.error == "EINTR":
            raise Violation(f"an interrupted call was not repeated: {said}")
        if b"unknown-outcome" in self.failures:
            allowed, name = [b"read-only"], "refused"
        elif "sync" in self.kind:
            allowed, name = [b"unknown-outcome"], "unknown"
        else:
            allowed, name = [b"io"], "io"
            if self.failures and not self.again:
                raise Violation(f"a write fails that has nothing to do with the failed call: {said}")
        if codes != allowed:
            raise Violation(f"{write.text[:60]!r} gives {codes}, not {allowed}: {said}")
        self.failures += codes
        self.lane.count(name)

    def read(self, program):
        if not self.workload.state:
            return
        key, value = self.lane.random.choice(sorted(self.workload.state.items()))
        reply, codes = program.ask(b"get " + key)
        if codes or reply != value + b"\n":
            raise Violation(f"a read gives {reply[:60]!r} {codes}: {program.lastErrors[:300]!r}")
        if self.failures:
            self.lane.count("reads")

    def check(self):
        program = Program(self.database)
        found, _ = read_state(program)
        if prefix_length({}, self.kept, found, self.acknowledged) is None:
            raise Violation(explain({}, self.kept, found, self.acknowledged))
        if program.ask(b"put late 1") != b"OK" or program.leave() != 0:
            raise Violation("writing does not go on after opening it again")

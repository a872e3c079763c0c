"""What happens to a database that is open: signals, other processes, and its folder going away.

- SIGTERM and SIGHUP in the middle of writing: status 143 and 129, every reply that was given holds,
  the log is closed;
- a second process is `busy` and names the first one, also to read;
- the folder is removed, or the log is removed, or replaced by another: the next write is `io`, then
  `read-only`, and reads go on; renamed, the next write is `io` too, and nothing is lost;
- a read-only file system: opens with --read-only, is refused without, changes nothing.
"""

import os
import shutil
import signal
import time

from program import Conversation, Program, run as run_program
from suite import Skipped, call, folder, require_root, run_lanes, tmpfs
from workload import Violation, Workload, explain, prefix_length, read_state
from writing import Writing

ROUNDS = 400
LANES = 2


def run(rounds, seed):
    counts, worst, violations = run_lanes("events", lane, rounds, seed, LANES)
    if counts.get("no mount"):
        print("events: SKIPPED in part: no file system can be mounted here, so none is read-only", flush=True)
    names = [name_of(event) for event in EVENTS] + ["writes acknowledged"]
    return ", ".join(f"{counts.get(name, 0)} {name}" for name in names), violations


def lane(lane):
    for number in lane.each_round():
        event = EVENTS[number % len(EVENTS)]
        with folder(lane) as path:
            try:
                event(lane, path, os.path.join(path, "db"))
            except Violation as violation:
                raise Violation(f"{event.__name__}: {violation}") from None
        lane.count(name_of(event))


def name_of(event):
    return event.__name__.replace("_", " ")


# Signals

def sigterm(lane, path, database):
    ended(lane, database, signal.SIGTERM, 143)


def sighup(lane, path, database):
    ended(lane, database, signal.SIGHUP, 129)


def ended(lane, database, number, status):
    policy = lane.random.choice(("always", "second", "never"))
    program = Program("--fsync", policy, database)
    workload = Workload(lane.random)
    writing = Writing(program, workload)
    read_state(program)
    end = time.monotonic() + lane.random.uniform(0, 0.2)
    window = lane.random.choice((1, 16, 256))
    while time.monotonic() < end:
        writing.step(window)
    got = program.kill(number)
    drop_last_words(program)
    writing.take()
    if got != status:
        raise Violation(f"--fsync {policy}: status {got} instead of {status}")
    lane.count("writes acknowledged", writing.acknowledged)
    program = Program(database)
    found, notes = read_state(program)
    length = prefix_length({}, writing.writes, found, writing.acknowledged)
    if length is None:
        raise Violation(f"--fsync {policy}: " + explain({}, writing.writes, found, writing.acknowledged))
    if notes:
        raise Violation(f"--fsync {policy}: it was not closed: {notes}")
    # A command that was run has been answered, for the program ended in order.
    if prefix_length({}, writing.writes[: writing.acknowledged], found) is None:
        raise Violation(f"--fsync {policy}: {length - writing.acknowledged} commits were made and not answered")
    program.leave()


def drop_last_words(program):
    """Takes away what is no reply: that a transaction was open."""
    program.lines = [line for line in program.lines if b"transaction" not in line]


# Processes

def second_process(lane, path, database):
    first = Program(database)
    if first.ask(b"put a 1") != b"OK":
        raise Violation("it does not open")
    for options in ((), ("--read-only",), ("--fsync", "never")):
        status, _, errors = run_program(*options, database, "-c", "get a")
        if status != 3 or b"error[busy]" not in errors or b"process %d" % first.child.pid not in errors:
            raise Violation(f"a second process {options}: status {status}: {errors.decode()}")
    if first.ask(b"put a 2") != b"OK":
        raise Violation("the first process can't go on")
    (first.kill if lane.random.random() < 0.5 else first.leave)()
    status, reply, errors = run_program("--output", "raw", database, "-c", "get a")
    if (status, reply) != (0, b"2\n"):
        raise Violation(f"after the first has ended: status {status}: {errors.decode()}")


# The folder

def folder_removed(lane, path, database):
    gone(lane, database, lambda: shutil.rmtree(database))


def log_removed(lane, path, database):
    def remove():
        for name in os.listdir(database):
            if name.startswith("log-"):
                os.unlink(os.path.join(database, name))

    gone(lane, database, remove)


def log_replaced(lane, path, database):
    def replace():
        for name in os.listdir(database):
            if name.startswith("log-"):
                file = os.path.join(database, name)
                shutil.copy(file, file + ".copy")
                os.rename(file + ".copy", file)

    gone(lane, database, replace)
    status, reply, errors = run_program("--output", "raw", database, "-c", "get a")
    if (status, reply) != (0, b"1\n"):
        raise Violation(f"opening again: status {status}: {errors.decode()}")


def gone(lane, database, remove):
    """The log has lost its name: what is written to it would be lost, so nothing is."""
    program = Conversation("--output", "raw", database)
    if program.ask(b"put a 1") != (b"OK\n", []):
        raise Violation(f"it does not open: {program.greeting}")
    remove()
    expected = [b"io"]
    for number in range(4):
        answer = program.ask(b"put b %d" % number)
        if answer != (b"", expected):
            raise Violation(f"a write: {answer}, not {expected}: {program.lastErrors.decode()[:300]}")
        expected = [b"read-only"]
        for command, reply in ((b"get a", b"1\n"), (b"get b", b"\n")):
            if program.ask(command) != (reply, []):
                raise Violation(f"a read: {program.lastErrors.decode()[:300]}")
    program.leave()


def folder_renamed(lane, path, database):
    program = Program("--keep-going", "--output", "raw", database)
    if program.ask(b"put a 1") != b"OK":
        raise Violation("it does not open")
    moved = database + "-moved"
    os.rename(database, moved)
    answers = [program.ask(b"put a 2"), program.ask(b"get a")]
    if b"error[io]" not in answers[0] or answers[1] != b"1":
        raise Violation(f"renamed: {answers}")
    # Another database may take its place meanwhile.
    if run_program("--output", "raw", database, "-c", "put a other")[0] != 0:
        raise Violation("no other database can be made in its place")
    status = program.kill()
    for place, value in ((moved, b"1\n"), (database, b"other\n")):
        got = run_program("--output", "raw", place, "-c", "get a")
        if got[:2] != (0, value):
            raise Violation(f"{place}: {got}, status of the first {status}")


# Read-only

def read_only_disk(lane, path, database):
    disk = os.path.join(path, "disk")
    try:
        require_root("mount")
        with tmpfs(disk, "4m"):
            on_read_only_disk(lane, disk)
    except Skipped:
        lane.count("no mount")


def on_read_only_disk(lane, disk):
    database = os.path.join(disk, "db")
    program = Program(database)
    writing = Writing(program, Workload(lane.random, large=0.02))
    for _ in range(20):
        writing.step(4)
    writing.finish()
    # Closed in order, or not.
    (program.leave if lane.random.random() < 0.5 else program.kill)()
    call("mount", "-o", "remount,ro", disk)
    before = contents(database)
    for _ in range(2):
        program = Conversation("--read-only", "--output", "raw", database)
        for key, value in sorted(writing.workload.state.items())[:10]:
            if program.ask(b"get " + key) != (value + b"\n", []):
                raise Violation(f"--read-only: {key!r}: {program.lastErrors.decode()}")
        if program.ask(b"put a 1") != (b"", [b"read-only"]):
            raise Violation("--read-only takes a write")
        program.leave()
    status, _, errors = run_program(database, "-c", "size")
    if status != 3 or b"error[io]" not in errors or b"--read-only" not in errors:
        raise Violation(f"without --read-only: status {status}: {errors.decode()}")
    if contents(database) != before:
        raise Violation("something was written")
    call("mount", "-o", "remount,rw", disk)
    program = Program(database)
    found, _ = read_state(program)
    if found != writing.workload.state:
        raise Violation(explain({}, writing.writes, found, len(writing.writes)))
    program.leave()


def contents(database):
    return {name: open(os.path.join(database, name), "rb").read() for name in os.listdir(database)}


EVENTS = (
    sigterm, sighup, second_process, folder_removed, folder_renamed, log_removed, log_replaced, read_only_disk,
)

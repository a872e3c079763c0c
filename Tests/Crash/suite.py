"""What the suites share: rounds in several processes at a time, folders, the closing line."""

import contextlib
import ctypes
import functools
import multiprocessing
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

from program import Ended, Stuck, end_all
from workload import Violation

POLICIES = ("always", "second", "never")


class Skipped(Exception):
    """The suite can't run here, and why."""


class Lane:
    """One of several processes that each do a share of a suite's rounds, one after another."""

    def __init__(self, suite, seed, number, rounds, stop):
        self.suite, self.seed, self.number, self.rounds = suite, seed, number, rounds
        self.random = random.Random(f"{suite}/{seed}/{number}")
        self.stop = stop
        self.counts = {}
        self.worst = {}
        self.violations = []
        self.skipped = None
        # Whether its files are kept for whoever looks at them.
        self.keeps = False

    def count(self, name, by=1):
        self.counts[name] = self.counts.get(name, 0) + by

    def note_worst(self, name, value):
        self.worst[name] = max(self.worst.get(name, value), value)

    def violation(self, text):
        """Notes what is wrong; what a lane has made is kept for whoever looks at it."""
        self.keeps = True
        self.violations.append(text)
        print(f"{self.suite}: VIOLATION: {text}", file=sys.stderr, flush=True)

    def each_round(self):
        """The numbers of this lane's rounds, until another lane has found something."""
        for number in range(self.rounds):
            if self.stop.is_set():
                return
            yield number


def _run_lane(body, lane, results):
    try:
        body(lane)
    except Skipped as why:
        lane.skipped = str(why)
    except (Violation, Stuck, Ended) as problem:
        lane.violation(f"{type(problem).__name__}: {problem}")
        lane.stop.set()
    except Exception:
        lane.violation(traceback.format_exc())
        lane.stop.set()
    end_all()
    results.put((lane.counts, lane.worst, lane.violations, lane.skipped))


def run_lanes(suite, body, rounds, seed, lanes):
    """Runs `body(lane)` in so many processes; returns counts, worst values and violations of all."""
    lanes = max(1, min(lanes, rounds))
    context = multiprocessing.get_context("fork")
    stop, results = context.Event(), context.SimpleQueue()
    processes = []
    for number in range(lanes):
        share = rounds // lanes + (number < rounds % lanes)
        lane = Lane(suite, seed, number, share, stop)
        processes.append(context.Process(target=_run_lane, args=(body, lane, results)))
        processes[-1].start()
    counts, worst, violations, skipped = {}, {}, [], None
    try:
        for process in processes:
            theirs, worsts, found, why = results.get()
            for name, count in theirs.items():
                counts[name] = counts.get(name, 0) + count
            for name, value in worsts.items():
                worst[name] = max(worst.get(name, value), value)
            violations += found
            skipped = skipped or why
    except BaseException:
        # They take their mounts away before they end.
        for process in processes:
            process.terminate()
        raise
    finally:
        for process in processes:
            process.join()
    if skipped and not violations:
        raise Skipped(skipped)
    return counts, worst, violations


@contextlib.contextmanager
def folder(lane, parent=None):
    """A folder that goes with its lane, unless something was found."""
    path = tempfile.mkdtemp(prefix=f"qrrot-crash-{lane.suite}-", dir=parent)
    try:
        yield path
    except BaseException:
        lane.keeps = True
        raise
    finally:
        if lane.keeps:
            print(f"{lane.suite}: the files are kept in {path}", file=sys.stderr, flush=True)
        else:
            shutil.rmtree(path, ignore_errors=True)


def drop_tails(database, limit=8):
    """Removes copies of torn tails, which thousands of crashes would pile up."""
    tails = [name for name in os.listdir(database) if ".tail-" in name]
    if len(tails) > limit:
        for name in tails:
            os.unlink(os.path.join(database, name))
    return len(tails)


def log_byte_count(database):
    """The size of all log segments."""
    total = 0
    for name in os.listdir(database):
        if name.startswith("log-") and ".tail-" not in name:
            with contextlib.suppress(FileNotFoundError):
                total += os.stat(os.path.join(database, name)).st_size
    return total


# Mounts

def require_root(*commands):
    if sys.platform != "linux":
        raise Skipped("it needs Linux")
    if os.geteuid() != 0:
        raise Skipped("it needs root")
    for command in commands:
        if shutil.which(command) is None:
            raise Skipped(f"there is no {command} here; .ci/install crash installs it")
    own_mounts()


@functools.cache
def own_mounts():
    """Gives this process, and what it starts, mounts that nobody else sees.

    Every new namespace of mounts has a copy of those it sees, and an unmounted file system stays as it is
    while there is a copy: one that was cut off came back without power beside a `swift build`, which has a
    namespace of its own.
    """
    newNamespace = 0x0002_0000  # CLONE_NEWNS
    if ctypes.CDLL(None).unshare(newNamespace) == 0:
        call("mount", "--make-rprivate", "/")


def call(*arguments):
    """Runs a tool of the system; its message if it fails."""
    done = subprocess.run(arguments, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(arguments)}: {done.stderr.strip() or done.returncode}")
    return done.stdout.strip()


def unmount(path):
    """Unmounts, patiently: what just ended may hold it for a moment more."""
    for attempt in range(2_400):
        if not os.path.ismount(path):
            return
        try:
            return call("umount", path)
        except RuntimeError:
            if attempt == 2_399:
                raise
            time.sleep(0.05)


@contextlib.contextmanager
def tmpfs(path, size):
    """A small tmpfs on a new folder."""
    os.makedirs(path, exist_ok=True)
    try:
        call("mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "qrrot-crash", path)
    except RuntimeError as problem:
        raise Skipped(f"no file system can be mounted here ({problem})") from None
    try:
        yield path
    except (Violation, Stuck, Ended):
        # It goes with its mount; a copy is for whoever looks at it.
        end_all()
        shutil.copytree(path, path + "-copy", ignore=shutil.ignore_patterns("filler", "image"), dirs_exist_ok=True)
        raise
    finally:
        end_all()
        unmount(path)


@contextlib.contextmanager
def loop_device(image):
    """A loop device over a file."""
    try:
        device = call("losetup", "--find", "--show", image)
    except RuntimeError as problem:
        raise Skipped(f"there is no loop device to be had ({problem})") from None
    try:
        yield device
    finally:
        subprocess.run(["losetup", "--detach", device], capture_output=True)

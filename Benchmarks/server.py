#!/usr/bin/env python3
"""`qrrot serve` beside redis-server and the original's design in Go: throughput, and processor time a request.

redis-benchmark drives qrrot and Redis, 50 clients, keys filled first, one request at a time and in pipelines;
first without persistence, then with both writing a log. Lines, which it can't speak, come from a load
generator in Go (Reference/load.go), which speaks RESP too, so that both are compared by the same hand. The
servers take turns within every round. A server without persistence has one core, the load another.
"""

import contextlib
import csv
import io
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import harness
from harness import BenchmarkError, Row
from store import build_reference

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Tests" / "Network"))
import served  # noqa: E402

ROUNDS = 5
KEYS = 100_000
CLIENTS = 50
VALUE_BYTES = 32
PIPELINES = (1, 16, 64)
COMMANDS = ("get", "set")
# Requests for each key, so that each measure takes a second or two.
REQUESTS = {1: 1, 16: 8, 64: 16}
# The throughput that is wanted, as a part of the peer's; and the processor time that is allowed.
REDIS_GOALS = {1: (0.9, 1.15), 16: (1.4, 0.7), 64: (1.8, 0.5)}
# The same work in that part of the time is as good.
GO_GOALS = {1: 1.1, 16: 1.6, 64: 2}
# Redis' name of the same promise, and the part of the requests that a disk has time for.
POLICIES = {"second": ("everysec", 1), "always": ("always", 5)}


@dataclass(frozen=True)
class Goal(Row):
    """A row that is met too if its other half is: throughput or processor time is enough."""

    other: Row | None = None

    @property
    def met(self) -> bool:
        return super().met or (self.other is not None and self.other.met)


@dataclass(frozen=True)
class Sample:
    """What one run of a load found."""

    requests_per_second: float
    processor_microseconds: float


class Reference(served.Served):
    """The original's design in Go, on lines."""

    name = "Go"

    def __init__(self, program: str, folder: str):
        super().__init__([program, "serve", "0"], folder)
        self.port = int(self.process.stdout.readline().partition(b"=")[2])


class Bench:
    def __init__(self, options, reference: str):
        self.options = options
        self.reference = reference
        self.results: dict[tuple, list[Sample]] = {}

    def on_core(self, number: int):
        """Runs what it starts on one core; several cores are shared out from the last one."""
        cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_setaffinity") else []
        if len(cores) < 2:
            return None
        return lambda: os.sched_setaffinity(0, {cores[-1 - number]})

    def pin(self, server: served.Served) -> None:
        body = self.on_core(0)
        if body is None:
            return
        cores = {sorted(os.sched_getaffinity(0))[-1]}
        for thread in os.listdir(f"/proc/{server.pid}/task"):
            with contextlib.suppress(ProcessLookupError):
                os.sched_setaffinity(int(thread), cores)

    def load(self, *argv: str, pinned: bool = True) -> str:
        done = subprocess.run(
            argv, capture_output=True, text=True, stdin=subprocess.DEVNULL,
            preexec_fn=self.on_core(1) if pinned else None)
        if done.returncode != 0:
            raise BenchmarkError(f"{' '.join(argv)}: {done.stderr or done.stdout}")
        return done.stdout

    def fill(self, server: served.Served, protocol: str) -> None:
        self.load(
            self.reference, "load", "fill", str(server.port), protocol, "set", "1", "1", str(self.options.count), "0")

    def sample(self, server: served.Served, requests: int, run: Callable[[], float]) -> Sample:
        before = server.processor_seconds()
        rate = run()
        seconds = server.processor_seconds() - before
        return Sample(rate, seconds / requests * 1e6)

    def redis_benchmark(self, server: served.Served, command: str, pipeline: int, share: int = 1,
                        pinned: bool = True) -> Sample:
        requests = max(CLIENTS * pipeline, self.options.count * REQUESTS[pipeline] // share)

        def run() -> float:
            output = self.load(
                harness.program("redis-benchmark"), "-p", str(server.port), "-c", str(CLIENTS), "-r",
                str(self.options.count), "-d", str(VALUE_BYTES), "-P", str(pipeline), "-n", str(requests), "-t",
                command, "--csv", pinned=pinned)
            for row in csv.reader(io.StringIO(output)):
                if row and row[0].upper() == command.upper():
                    return float(row[1])
            raise BenchmarkError(f"redis-benchmark said {output!r}")

        return self.sample(server, requests, run)

    def generator(self, server: served.Served, protocol: str, command: str, pipeline: int) -> Sample:
        requests = max(CLIENTS * pipeline, self.options.count * REQUESTS[pipeline])

        def run() -> float:
            output = self.load(
                self.reference, "load", "run", str(server.port), protocol, command, str(CLIENTS), str(pipeline),
                str(self.options.count), str(requests))
            return float(output.split()[1])

        return self.sample(server, requests, run)

    def note(self, sample: Sample, *key) -> None:
        self.results.setdefault(key, []).append(sample)
        print(".", end="", file=sys.stderr, flush=True)

    def take_turns(self, number: int, bodies: list[Callable[[], None]]) -> None:
        first = number % len(bodies)
        for body in bodies[first:] + bodies[:first]:
            body()

    # The rounds

    def in_memory(self) -> None:
        with contextlib.ExitStack() as stack:
            enter = stack.enter_context
            ours = enter(served.running(
                lambda folder: served.Qrrot(self.options.binary, folder, "--threads", "1")))
            redis = enter(served.running(lambda folder: served.Redis(folder, "--io-threads", "1")))
            go = enter(served.running(lambda folder: Reference(self.reference, folder)))
            for server, protocol in ((ours, "resp"), (redis, "resp"), (go, "lines")):
                self.pin(server)
                self.fill(server, protocol)
            for number in range(self.options.rounds):
                for pipeline in PIPELINES:
                    for command in COMMANDS:
                        self.one_round(number, ours, redis, go, command, pipeline)

    def one_round(self, number: int, ours, redis, go, command: str, pipeline: int) -> None:
        key = (command, pipeline)
        self.take_turns(number, [
            lambda: self.note(self.redis_benchmark(ours, command, pipeline), "ours", *key),
            lambda: self.note(self.redis_benchmark(redis, command, pipeline), "redis", *key),
        ])
        self.take_turns(number, [
            lambda: self.note(self.generator(ours, "lines", command, pipeline), "lines", *key),
            lambda: self.note(self.generator(ours, "resp", command, pipeline), "resp", *key),
            lambda: self.note(self.generator(go, "lines", command, pipeline), "go", *key),
        ])

    def with_logs(self) -> None:
        for policy, (theirs, share) in POLICIES.items():
            with contextlib.ExitStack() as stack:
                enter = stack.enter_context
                ours = enter(served.running(lambda folder: served.Qrrot(
                    self.options.binary, folder, "--fsync", policy, database=os.path.join(folder, "db"))))
                redis = enter(served.running(lambda folder: served.Redis(
                    folder, "--io-threads", "1", "--appendonly", "yes", "--appendfsync", theirs)))
                for server in (ours, redis):
                    self.fill(server, "resp")
                for number in range(self.options.rounds):
                    for pipeline in PIPELINES:
                        self.take_turns(number, [
                            lambda: self.note(
                                self.redis_benchmark(ours, "set", pipeline, share, pinned=False),
                                "ours", policy, pipeline),
                            lambda: self.note(
                                self.redis_benchmark(redis, "set", pipeline, share, pinned=False),
                                "redis", policy, pipeline),
                        ])

    # The rows

    def median(self, *key) -> Sample:
        samples = self.results[key]
        return Sample(
            statistics.median(each.requests_per_second for each in samples),
            statistics.median(each.processor_microseconds for each in samples))

    def rows(self) -> list[Row]:
        rows: list[Row] = []
        for pipeline in PIPELINES:
            rate, processor = REDIS_GOALS[pipeline]
            for command in COMMANDS:
                rows += pair(
                    label(command.upper(), pipeline), self.median("ours", command, pipeline), "redis",
                    self.median("redis", command, pipeline), rate, processor)
        for pipeline in PIPELINES:
            for command in COMMANDS:
                ours, go = self.median("lines", command, pipeline), self.median("go", command, pipeline)
                goal = GO_GOALS[pipeline]
                rows += pair(label(f"line {command}", pipeline), ours, "Go", go, goal, 1 / goal)
        for pipeline in PIPELINES:
            for command in COMMANDS:
                lines, resp = self.median("lines", command, pipeline), self.median("resp", command, pipeline)
                # Two figures of one server: what is within the noise of a run is not slower.
                rows += pair(label(f"line {command}", pipeline), lines, "our RESP", resp, 0.97, 1.03)
        for policy, (theirs, _) in POLICIES.items():
            for pipeline in PIPELINES:
                rows += pair(
                    label(f"SET, fsync {policy}", pipeline), self.median("ours", policy, pipeline),
                    f"redis {theirs}", self.median("redis", policy, pipeline), None, None)
        return rows


def label(what: str, pipeline: int) -> str:
    return f"{what}, one at a time" if pipeline == 1 else f"{what}, pipeline of {pipeline}"


def pair(name: str, ours: Sample, peer: str, theirs: Sample, rate: float | None,
         processor: float | None) -> list[Row]:
    """The time of a request, which is the throughput turned over so that below 1 is better, and the processor's."""
    ratio = ours.requests_per_second / theirs.requests_per_second
    aim = f"{ours.requests_per_second:,.0f}/s, {ratio:.2f} times theirs" + (f"; >= {rate:g}" if rate else "")
    time = Row(
        name, 1e6 / ours.requests_per_second, "us", peer, 1e6 / theirs.requests_per_second,
        must=1 / rate if rate else None, aim=aim)
    work = Row(
        f"{name}, processor", ours.processor_microseconds, "us", peer, theirs.processor_microseconds,
        must=processor, aim=f"<= {processor:.2g}" if processor else "")
    if processor is None:
        return [time, work]
    return [Goal(**vars(time), other=work), Goal(**vars(work), other=time)]


def main() -> None:
    parser = harness.arguments(__doc__, ROUNDS)
    parser.add_argument("--go", required=True, help="the Go toolchain that builds the reference and the load generator")
    parser.add_argument("--count", type=harness.at_least_one, default=KEYS, help="keys; the requests follow")
    options = parser.parse_args()
    options.binary = harness.program(options.binary)
    with harness.work_folder() as folder:
        bench = Bench(options, build_reference(options.go, folder))
        harness.header(f"The server, median of {options.rounds} rounds, {options.count:,} keys, {CLIENTS} clients", {
            "qrrot": harness.version([options.binary, "--version"]),
            "redis": harness.version([harness.program("redis-server"), "--version"]),
            "go": harness.version([options.go, "version"]),
        })
        bench.in_memory()
        bench.with_logs()
        print(file=sys.stderr)
    harness.report(bench.rows(), options.json)


if __name__ == "__main__":
    harness.main(main)

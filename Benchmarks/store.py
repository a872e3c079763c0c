#!/usr/bin/env python3
"""The store and the parser beside the original's design in Go: one table of ratios.

Each round runs both programs, pinned to one core (two cores for the measures of two threads), in turns. A
number is the median over the rounds of what the program itself found to be the median of its samples.
"""

import os
import statistics
import subprocess
import sys
from pathlib import Path

import harness
from harness import BenchmarkError, Row

ROUNDS = 5
MANY = 1_000_000
GROW = 10_000_000

# measure, name in the programs' output, unit, must, aim
RATIOS = [
    ("hot get", "hot-get", "ns", 0.6, "<= 0.45"),
    ("hot put, same size", "hot-put", "ns", 0.6, "<= 0.45"),
    ("get, 1M random keys", "random-get", "ns", 0.55, "<= 0.40"),
    ("put, 1M random keys, copying", "random-put", "ns", 0.35, "<= 0.22"),
    ("get, 2 threads on one key", "hot-get-2-threads", "ns", 0.5, "<= 0.2"),
    ("mixed, 2 threads, 95 % get, 1M keys", "mixed-2-threads", "ns", 0.7, "<= 0.5"),
    ("parse get user:1", "parse-get", "ns", 0.4, "<= 0.3"),
    ("parse a put with escapes", "parse-put", "ns", 0.35, "<= 0.25"),
    ("bytes a key at 1M, 48 of data", "bytes-per-key", "B", None, ""),
    ("put while growing to 10M keys, mean", "grow-mean", "ns", None, ""),
    ("put while growing to 10M keys, p99.99", "grow-p99.99", "us", None, ""),
    ("put while growing to 10M keys, slowest", "grow-slowest", "us", None, ""),
]
ABSOLUTES = [
    ("bytes a key at 1M, 48 of data", "bytes-per-key", "B", 90, "<= 78"),
    ("put while growing to 10M keys, p99.99", "grow-p99.99", "us", 200, "<= 100"),
    ("allocations per hot get", "hot-get-allocations", "", 0, ""),
    ("allocations per hot put, same size", "hot-put-allocations", "", 0, ""),
    ("allocations per parse of a get", "parse-get-allocations", "", 0, ""),
    ("allocations per parse of a put", "parse-put-allocations", "", 0, ""),
    ("a whole line: get user:1 to reply bytes", "line-get", "ns", 150, "<= 80"),
    ("a whole line: put with escapes", "line-put", "ns", None, ""),
    ("a whole line: get doc:1 $.a.b of 1 KB", "line-path", "ns", None, "<= 400"),
    ("allocations per whole line, get", "line-get-allocations", "", 0, ""),
    ("keys 'user:12*' among 10M keys", "scan-keys", "ms", None, ""),
    ("completion of user:12 among 10M keys", "scan-completion", "ms", 50, ""),
    ("completion that finds nothing, 10M keys", "scan-completion-none", "ms", 50, ""),
    ("256 records from all over 10M keys", "scan-sample", "ms", 50, ""),
    ("all over 1M keys", "scan-all", "ms", None, ""),
    ("expireat, 1M keys in random order", "expire", "ns", None, ""),
    ("bytes more for a key that expires", "expire-bytes-per-key", "B", None, "<= 48"),
    ("1M keys that expire at once, memory back", "sweep", "ms", None, ""),
    ("a put beside that, p99.9", "sweep-p99.9", "us", 1_000, ""),
    ("a put beside that, slowest", "sweep-slowest", "us", 20_000, ""),
]


def main() -> None:
    parser = harness.arguments(__doc__, ROUNDS)
    parser.add_argument("--go", required=True, help="the Go toolchain that builds the reference")
    parser.add_argument("--count", type=harness.at_least_one, help="keys instead of a million; ten times that to grow")
    options = parser.parse_args()
    binary = harness.program(options.binary)
    many = options.count or MANY
    grow = many * 10 if options.count else GROW
    with harness.work_folder() as folder:
        reference = build_reference(options.go, folder)
        harness.header(f"The store, median of {options.rounds} rounds", {
            "qrrot": str(Path(binary).name),
            "go": harness.version([options.go, "version"]),
        })
        ours: dict[str, list[float]] = {}
        theirs: dict[str, list[float]] = {}
        for index in range(options.rounds):
            sides = [(binary, ours), (reference, theirs)]
            for program, results in sides if index % 2 == 0 else reversed(sides):
                measure(program, ["one"], results)
                measure(program, ["many", str(many)], results)
                measure(program, ["threads", str(many)], results, cores=2)
                measure(program, ["grow", str(grow)], results)
        measure(binary, ["scan", str(grow)], ours)
        measure(binary, ["expire", str(many)], ours, cores=2)

    def row(name: str, key: str, unit: str, must: float | None, aim: str, peer: bool) -> Row:
        value = statistics.median(ours[key])
        if not peer:
            return Row(name, value, unit, must=must, aim=aim)
        return Row(name, value, unit, "Go", statistics.median(theirs[key]), must=must, aim=aim)

    harness.report(
        [row(*each, peer=True) for each in RATIOS]
        + [row(*each, peer=False) for each in ABSOLUTES if each[1] in ours],
        options.json)


def build_reference(go: str, folder: Path) -> str:
    """Builds the Go program beside this file; nothing is written into the source folder."""
    source = Path(__file__).parent / "Reference"
    target = folder / "reference"
    environment = {**os.environ, "GOFLAGS": "-mod=mod", "GOCACHE": str(folder / "cache"), "CGO_ENABLED": "0"}
    subprocess.run([go, "build", "-o", str(target), "."], cwd=source, env=environment, check=True)
    return str(target)


def measure(program: str, arguments: list[str], results: dict[str, list[float]], cores: int = 1) -> None:
    """Runs one part of one program on that many cores and adds its numbers to `results`."""

    def pin() -> None:
        if hasattr(os, "sched_setaffinity"):
            allowed = sorted(os.sched_getaffinity(0))
            os.sched_setaffinity(0, allowed[-cores:])

    output = subprocess.run(
        [program, *arguments], stdout=subprocess.PIPE, text=True, check=True, preexec_fn=pin).stdout
    lines = [line.split() for line in output.splitlines()]
    if not lines:
        raise BenchmarkError(f"{program} {' '.join(arguments)} measured nothing")
    for name, value in lines:
        results.setdefault(name, []).append(float(value))
    print(".", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    harness.main(main)

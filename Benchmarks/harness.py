"""What the benchmarks share: timing whole processes in alternating rounds, one kind of table, one kind
of JSON row.

Every number is the median over rounds in which the programs take turns, so that a machine that
grows slower or faster does so for all of them. A process that fails is an error, never a fast run.
"""

import argparse
import contextlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator


class BenchmarkError(Exception):
    """A peer is missing, a process failed, or a result was wrong: there is nothing to report."""


@dataclass(frozen=True)
class Row:
    """One measure of ours, beside one peer's.

    `must` is an upper bound: on the ratio where there is a peer, else on `ours` in its unit. A ratio has
    to be below it, an absolute number at most equal to it. `aim` is text for the reader of the table.
    """

    measure: str
    ours: float
    unit: str
    peer: str | None = None
    theirs: float | None = None
    must: float | None = None
    aim: str = ""

    @property
    def ratio(self) -> float | None:
        return None if not self.theirs else self.ours / self.theirs

    @property
    def met(self) -> bool:
        if self.must is None:
            return True
        return self.ours <= self.must if self.ratio is None else self.ratio < self.must

    def json(self) -> dict:
        return {
            "measure": self.measure,
            "ours": round(self.ours, 3),
            "unit": self.unit,
            "peer": self.peer,
            "theirs": None if self.theirs is None else round(self.theirs, 3),
            "ratio": None if self.ratio is None else round(self.ratio, 4),
            "must": self.must,
            "met": self.met,
        }

    def cells(self) -> list[str]:
        def number(value: float | None) -> str:
            return "" if value is None else f"{value:,.2f} {self.unit}"

        bound = ""
        if self.must is not None:
            bound = f"<= {self.must:g} {self.unit}" if self.ratio is None else f"< {self.must:g}"
        met = "" if self.must is None else ("yes" if self.met else "NO")
        ratio = "" if self.ratio is None else f"{self.ratio:.3f}"
        return [
            self.measure, number(self.ours), self.peer or "", number(self.theirs), ratio, bound, met, self.aim,
        ]


@dataclass(frozen=True)
class Run:
    """One process from its start to its end."""

    milliseconds: float
    peak_mebibytes: float


def arguments(description: str, rounds: int) -> argparse.ArgumentParser:
    """The options that every benchmark has; `rounds` is its own number of them."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--binary", required=True, type=Path, help="the qrrot to measure")
    parser.add_argument("--json", type=Path, metavar="FILE", help="append one JSON object a row to FILE")
    parser.add_argument(
        "--rounds", type=at_least_one, default=rounds, metavar="N",
        help=f"rounds of each program (default {rounds})")
    return parser


def at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def program(name: str | Path) -> str:
    """The full path of a program, so that no timing includes looking for it."""
    path = shutil.which(str(name))
    if path is None:
        raise BenchmarkError(f"{name} is not there: run `.ci/install bench` and `make release`")
    return os.path.abspath(path)


@contextlib.contextmanager
def work_folder() -> Iterator[Path]:
    """A folder that is gone afterwards, in memory where the system offers that."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="qrrot-bench-", dir=memory) as name:
        yield Path(name)


def clean_environment(home: Path) -> dict[str, str]:
    """Nobody's configuration, history or locale has a say in a measurement."""
    return {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(home), "LC_ALL": "C.UTF-8"}


def run(argv: list[str], environment: dict[str, str], stdin: Path | None = None,
        stdout: Path | None = None) -> Run:
    """Times one process from posix_spawn to wait4. Both files default to /dev/null.

    The peak is the kernel's, and never below this interpreter's own (some 10 MiB), since the kernel
    counts what a child was before it became the program: keep this process small.
    """
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, str(stdin or os.devnull), os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(stdout or os.devnull), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
    ]
    start = time.perf_counter()
    pid = os.posix_spawn(argv[0], argv, environment, file_actions=actions)
    _, status, usage = os.wait4(pid, 0)
    milliseconds = (time.perf_counter() - start) * 1000
    code = os.waitstatus_to_exitcode(status)
    if code != 0:
        raise BenchmarkError(f"{' '.join(argv)} ended with {code}")
    return Run(milliseconds, peak_mebibytes(usage.ru_maxrss))


def peak_mebibytes(maxrss: int) -> float:
    """`ru_maxrss` is in KiB on Linux and in bytes on macOS."""
    return maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)


def alternate(rounds: int, contenders: dict[str, Callable[[], Run]]) -> dict[str, list[Run]]:
    """Runs every contender once a round, each round beginning with another one."""
    names = list(contenders)
    runs: dict[str, list[Run]] = {name: [] for name in names}
    for index in range(rounds):
        first = index % len(names)
        for name in names[first:] + names[:first]:
            runs[name].append(contenders[name]())
    return runs


def milliseconds(runs: list[Run]) -> float:
    return statistics.median(each.milliseconds for each in runs)


def mebibytes(runs: list[Run]) -> float:
    return statistics.median(each.peak_mebibytes for each in runs)


def version(argv: list[str]) -> str:
    """The first line that a program prints of its version, without the hashes at its end."""
    answer = subprocess.run(argv, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=True)
    return textwrap.shorten(answer.stdout.partition("\n")[0], width=48, placeholder="")


def processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n"):
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def header(title: str, versions: dict[str, str]) -> None:
    """What a reader needs to judge the numbers below it."""
    load = " ".join(f"{value:.2f}" for value in os.getloadavg())
    print(f"{title}")
    print(f"  date       {time.strftime('%Y-%m-%d %H:%M:%S %Z')}")
    print(f"  processor  {processor()}, {os.cpu_count()} cores, load average {load}")
    for name, text in versions.items():
        print(f"  {name:<10} {text}")
    print(flush=True)


def report(rows: list[Row], path: Path | None) -> None:
    """Prints the table and the verdict; appends the rows to `path`."""
    titles = ["measure", "ours", "peer", "theirs", "ratio", "must", "met", "aim"]
    lines = [titles] + [row.cells() for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(titles))]
    numeric = {1, 3, 4}
    for index, line in enumerate(lines):
        cells = [
            cell.rjust(width) if column in numeric else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths))
        ]
        print(" | ".join(cells).rstrip())
        if index == 0:
            print("-|-".join("-" * width for width in widths))
    unmet = [f"{row.measure}, {row.peer or 'absolute'}" for row in rows if not row.met]
    print(f"\n{'every bar is met' if not unmet else 'NOT MET: ' + '; '.join(unmet)}\n", flush=True)
    if path is not None:
        with path.open("a", encoding="utf-8") as file:
            for row in rows:
                file.write(json.dumps(row.json(), ensure_ascii=False) + "\n")


def main(body: Callable[[], None]) -> None:
    """Runs a benchmark; what makes its numbers worthless is one line and status 1."""
    try:
        body()
    except (BenchmarkError, subprocess.CalledProcessError, OSError) as error:
        sys.exit(f"benchmark: {error}")

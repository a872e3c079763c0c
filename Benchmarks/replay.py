#!/usr/bin/env python3
"""A command file of many puts into an empty database in memory, beside sqlite3 and redis-cli --pipe.

All three get the same pairs (16-byte keys in no order, 32-byte values) from files in memory and start
from nothing: sqlite3 fills a table in one transaction; redis-cli writes into a redis-server without
persistence, started before and stopped after each run, over a Unix socket.
"""

import contextlib
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

import harness
from harness import BenchmarkError, Row, Run

ROUNDS = 5
COUNT = 1_000_000
COUNT_MAX = 100_000_000

# Odd and prime to ten: multiplying by it visits every number below a power of ten once, in no order.
SCRAMBLE = 387_420_489_001
KEY_SPACE = 10**12
SERVER_START_SECONDS_MAX = 10


def pair(index: int) -> tuple[str, str]:
    """The key (16 bytes) and the value (32 bytes, no integer, no quotes) of one line."""
    return f"key:{index * SCRAMBLE % KEY_SPACE:012d}", f"value:{index * 2_654_435_761:026x}"


@dataclass(frozen=True)
class Files:
    """The same pairs as each program reads them."""

    commands: Path
    sql: Path
    resp: Path

    @staticmethod
    def write(folder: Path, count: int) -> "Files":
        files = Files(folder / "puts.qrrot", folder / "inserts.sql", folder / "sets.resp")
        with files.commands.open("w") as commands, files.sql.open("w") as sql, \
                files.resp.open("w", newline="") as resp:
            sql.write("CREATE TABLE kv(key TEXT PRIMARY KEY, value TEXT);\nBEGIN;\n")
            for index in range(count):
                key, value = pair(index)
                commands.write(f"put {key} {value}\n")
                sql.write(f"INSERT INTO kv VALUES('{key}','{value}');\n")
                resp.write(f"*3\r\n$3\r\nSET\r\n$16\r\n{key}\r\n$32\r\n{value}\r\n")
            sql.write("COMMIT;\n")
        return files


@dataclass(frozen=True)
class Bench:
    """The programs, their input, and how each is run once."""

    folder: Path
    environment: dict[str, str]
    qrrot: str
    sqlite: str
    redis_cli: str
    redis_server: str
    files: Files

    @property
    def socket(self) -> Path:
        return self.folder / "redis.sock"

    def ours(self, *more: str, stdout: Path | None = None) -> Run:
        argv = [self.qrrot, "-f", str(self.files.commands), *more]
        return harness.run(argv, self.environment, stdout=stdout)

    def theirs_sqlite(self) -> Run:
        return harness.run([self.sqlite, ":memory:"], self.environment, stdin=self.files.sql)

    def theirs_redis(self, check=None) -> Run:
        """Times the client's run alone; the peak is the server's, which holds the data."""
        with self.server() as peaks:
            argv = [self.redis_cli, "-s", str(self.socket), "--pipe"]
            timed = harness.run(argv, self.environment, stdin=self.files.resp)
            if check:
                check()
        return Run(timed.milliseconds, peaks[0])

    @contextlib.contextmanager
    def server(self) -> Iterator[list[float]]:
        """A redis-server of our own without port or files; its peak memory is there once it has ended."""
        argv = [
            self.redis_server, "--port", "0", "--unixsocket", str(self.socket), "--save", "",
            "--appendonly", "no", "--dir", str(self.folder),
        ]
        quiet = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)]
        pid = os.posix_spawn(argv[0], argv, self.environment, file_actions=quiet)
        peaks: list[float] = []
        try:
            self.wait_for_server()
            yield peaks
        finally:
            # SIGTERM is its orderly stop, which saves nothing without save points.
            os.kill(pid, 15)
            _, _, usage = os.wait4(pid, 0)
            peaks.append(harness.peak_mebibytes(usage.ru_maxrss))

    def wait_for_server(self) -> None:
        deadline = time.monotonic() + SERVER_START_SECONDS_MAX
        while self.redis("ping") != "PONG":
            if time.monotonic() > deadline:
                raise BenchmarkError("redis-server does not answer")
            time.sleep(0.01)

    def redis(self, *command: str) -> str:
        answer = subprocess.run(
            [self.redis_cli, "-s", str(self.socket), *command],
            env=self.environment, capture_output=True, text=True, check=False)
        return answer.stdout.strip()

    def verify(self, count: int) -> None:
        """A fast wrong answer is worth nothing: counts the keys, and reads one back, of all three."""
        key, value = pair(count // 2)
        expected = [str(count), value]

        replies = self.folder / "replies"
        self.ours("-c", f"size\nget {key}", stdout=replies)
        agree("qrrot", last_lines(replies, 2), expected)
        replies.unlink()

        with self.files.sql.open("rb") as inserts:
            query = f"SELECT count(*) FROM kv; SELECT value FROM kv WHERE key='{key}';"
            program = subprocess.run(
                [self.sqlite, ":memory:", "-cmd", ".read /dev/stdin", query],
                env=self.environment, stdin=inserts, capture_output=True, text=True, check=True)
        agree("sqlite3", program.stdout.split(), expected)

        self.theirs_redis(
            lambda: agree("redis", [self.redis("dbsize"), self.redis("get", key)], expected))


def last_lines(path: Path, count: int) -> list[str]:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 4096))
        return file.read().decode("utf-8", "replace").splitlines()[-count:]


def agree(name: str, found: list[str], expected: list[str]) -> None:
    if found != expected:
        raise BenchmarkError(f"{name} holds {found}, not {expected}")


def main() -> None:
    parser = harness.arguments(__doc__, ROUNDS)
    parser.add_argument(
        "--count", type=harness.at_least_one, default=COUNT, metavar="N",
        help=f"lines (default {COUNT:,})")
    options = parser.parse_args()
    if options.count > COUNT_MAX:
        parser.error(f"--count is at most {COUNT_MAX}")

    binary = harness.program(options.binary)
    with harness.work_folder() as folder:
        bench = Bench(
            folder, harness.clean_environment(folder), binary, harness.program("sqlite3"),
            harness.program("redis-cli"), harness.program("redis-server"),
            Files.write(folder, options.count))
        harness.header(f"Replay of {options.count:,} puts, median of {options.rounds} runs each", {
            "qrrot": harness.version([binary, "--version"]),
            "sqlite3": harness.version([bench.sqlite, "--version"]),
            "redis": harness.version([bench.redis_server, "--version"]),
        })
        bench.verify(options.count)
        runs = harness.alternate(options.rounds, {
            "ours": bench.ours, "sqlite3": bench.theirs_sqlite, "redis": bench.theirs_redis,
        })

    name = f"replay of {options.count:,} puts"
    time_ours, memory_ours = harness.milliseconds(runs["ours"]), harness.mebibytes(runs["ours"])
    harness.report([
        Row(name, time_ours, "ms", "redis-cli --pipe", harness.milliseconds(runs["redis"]), must=1,
            aim="<= 0.5"),
        Row(name, time_ours, "ms", "sqlite3, one transaction", harness.milliseconds(runs["sqlite3"]), must=1),
        Row(f"{name}, peak memory", memory_ours, "MiB", "redis-server", harness.mebibytes(runs["redis"])),
        Row(f"{name}, peak memory", memory_ours, "MiB", "sqlite3", harness.mebibytes(runs["sqlite3"])),
    ], options.json)


if __name__ == "__main__":
    harness.main(main)

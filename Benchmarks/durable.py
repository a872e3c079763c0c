#!/usr/bin/env python3
"""Writes that survive, snapshots and recovery: qrrot on a folder beside redis-server with an append-only
file and sqlite3 with a write-ahead log, each with the same promise about power failures.

All three are driven through a pipe or a socket, by one writer that waits for each answer, or for 256 at
once (sqlite3: one transaction of 256). Files are on the disk of --folder, not in memory.
"""

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import harness
from harness import BenchmarkError, Row
from replay import pair

ROUNDS = 5
SECONDS = 1.0
PIPELINE = 256
KEYS = 1_000_000
START_SECONDS_MAX = 60

# policy: how redis and sqlite3 call the same promise
POLICIES = {"always": ("always", "FULL"), "second": ("everysec", "NORMAL"), "never": ("no", "OFF")}


class Contender:
    """A running program that takes puts; `put` returns once all of them are acknowledged."""

    process: subprocess.Popen
    answer: bytes

    def put(self, pairs: list[tuple[str, str]]) -> None:
        self.process.stdin.write(self.text(pairs))
        self.process.stdin.flush()
        for _ in range(self.answers(len(pairs))):
            if self.process.stdout.readline() != self.answer:
                raise BenchmarkError(f"{type(self).__name__}: a put was not acknowledged")

    def answers(self, count: int) -> int:
        return count

    def stop(self) -> None:
        self.process.stdin.close()
        if self.process.wait(timeout=60) != 0:
            raise BenchmarkError(f"{type(self).__name__} ended with {self.process.returncode}")


class Ours(Contender):
    answer = b"OK\n"

    def __init__(self, binary: str, folder: Path, policy: str):
        self.process = subprocess.Popen(
            [binary, str(folder / "ours"), "--fsync", policy], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def text(self, pairs: list[tuple[str, str]]) -> bytes:
        return "".join(f"put {key} {value}\n" for key, value in pairs).encode()


class SQLite(Contender):
    answer = b"1\n"

    def __init__(self, folder: Path, policy: str):
        self.process = subprocess.Popen(
            [harness.program("sqlite3"), str(folder / "sqlite.db")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.process.stdin.write(
            b"PRAGMA journal_mode=WAL;\nPRAGMA synchronous=%s;\n"
            b"CREATE TABLE kv(key TEXT PRIMARY KEY, value TEXT);\n" % POLICIES[policy][1].encode())
        self.process.stdin.flush()
        if self.process.stdout.readline() != b"wal\n":
            raise BenchmarkError("sqlite3 has no write-ahead log here")

    def text(self, pairs: list[tuple[str, str]]) -> bytes:
        inserts = "".join(f"INSERT OR REPLACE INTO kv VALUES('{key}','{value}');\n" for key, value in pairs)
        return (inserts if len(pairs) == 1 else f"BEGIN;\n{inserts}COMMIT;\n").encode() + b"SELECT 1;\n"

    def answers(self, count: int) -> int:
        return 1


class Redis(Contender):
    answer = b"+OK\r\n"

    def __init__(self, folder: Path, policy: str, appendonly: bool = True):
        self.path = folder / "redis.sock"
        self.process = subprocess.Popen(
            [harness.program("redis-server"), "--port", "0", "--unixsocket", str(self.path), "--save", "",
             "--appendonly", "yes" if appendonly else "no", "--appendfsync", POLICIES[policy][0],
             "--auto-aof-rewrite-percentage", "0", "--dir", str(folder)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.socket = self.connect()
        self.reader = self.socket.makefile("rb")

    def connect(self) -> socket.socket:
        """Waits until it has loaded its files: before that it answers LOADING."""
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            connection = socket.socket(socket.AF_UNIX)
            try:
                connection.connect(str(self.path))
                connection.sendall(b"PING\r\n")
                if connection.recv(64) == b"+PONG\r\n":
                    return connection
            except OSError:
                pass
            connection.close()
            time.sleep(0.001)
        raise BenchmarkError("redis-server does not answer")

    def put(self, pairs: list[tuple[str, str]]) -> None:
        self.socket.sendall("".join(
            f"*3\r\n$3\r\nSET\r\n${len(key)}\r\n{key}\r\n${len(value)}\r\n{value}\r\n"
            for key, value in pairs).encode())
        for _ in pairs:
            if self.reader.readline() != self.answer:
                raise BenchmarkError("redis: a put was not acknowledged")

    def command(self, text: str) -> bytes:
        self.socket.sendall(text.encode() + b"\r\n")
        return self.reader.readline()

    def stop(self) -> None:
        self.socket.close()
        self.process.terminate()
        self.process.wait(timeout=60)


def puts_per_second(contender: Contender, group: int, seconds: float) -> float:
    done = 0
    start = time.perf_counter()
    while (elapsed := time.perf_counter() - start) < seconds:
        contender.put([pair(done + index) for index in range(group)])
        done += group
    return done / elapsed


def measure_puts(options: argparse.Namespace, folder: Path) -> list[Row]:
    rows = []
    for policy in POLICIES:
        for group, name in ((1, "one writer"), (PIPELINE, f"pipeline of {PIPELINE}")):
            rates: dict[str, list[float]] = {"ours": [], "redis": [], "sqlite3": []}
            for _ in range(options.rounds):
                for key, make in (
                    ("ours", lambda at: Ours(options.binary, at, policy)),
                    ("redis", lambda at: Redis(at, policy)),
                    ("sqlite3", lambda at: SQLite(at, policy)),
                ):
                    with tempfile.TemporaryDirectory(dir=folder) as place:
                        contender = make(Path(place))
                        rates[key].append(puts_per_second(contender, group, options.seconds))
                        contender.stop()
            # The time of a put, so that below 1 is better as everywhere else.
            micros = {key: 1e6 / statistics.median(values) for key, values in rates.items()}
            label = f"durable put, fsync {policy}, {name}"
            rows.append(Row(label, micros["ours"], "us", f"redis appendfsync {POLICIES[policy][0]}", micros["redis"]))
            rows.append(Row(label, micros["ours"], "us", f"sqlite3 WAL synchronous={POLICIES[policy][1]}",
                            micros["sqlite3"]))
    return rows


def fill(contender: Contender, count: int) -> None:
    for start in range(0, count, 10_000):
        contender.put([pair(index) for index in range(start, min(start + 10_000, count))])


def timed(body) -> float:
    start = time.perf_counter()
    body()
    return (time.perf_counter() - start) * 1000


def tree_bytes(folder: Path) -> int:
    return sum(each.stat().st_size for each in folder.iterdir())


def measure_recovery(options: argparse.Namespace, folder: Path) -> list[Row]:
    """Opening a million keys: from the log, from the snapshot; and making that snapshot."""
    data = options.count * 48
    with tempfile.TemporaryDirectory(dir=folder) as name:
        place = Path(name)
        ours = Ours(options.binary, place, "never")
        fill(ours, options.count)
        ours.process.kill()
        ours.process.wait()
        redis = Redis(place, "never")
        fill(redis, options.count)
        redis.stop()

        def open_ours() -> float:
            return timed(lambda: check_size(options, place / "ours"))

        def open_redis(appendonly: bool) -> float:
            start = time.perf_counter()
            server = Redis(place, "never", appendonly=appendonly)
            elapsed = (time.perf_counter() - start) * 1000
            if server.command("DBSIZE") != b":%d\r\n" % options.count:
                raise BenchmarkError("redis lost keys")
            server.stop()
            return elapsed

        log_ours, log_redis = rounds(options, open_ours, lambda: open_redis(True))
        saves, peaks, plain = [], [], []
        for _ in range(options.rounds):
            plain.append(run_peak(options, place / "ours", "size"))
            peaks.append(run_peak(options, place / "ours", "save"))
            saves.append(peaks[-1].milliseconds - plain[-1].milliseconds)
        snapshot_bytes = max(each.stat().st_size for each in (place / "ours").glob("snapshot-*"))
        server = Redis(place, "never")
        redis_save = timed(lambda: server.command("SAVE"))
        server.stop()
        for path in place.glob("appendonlydir/*"):
            path.unlink()
        rdb_ours, rdb_redis = rounds(options, open_ours, lambda: open_redis(False))
    growth = statistics.median(p.peak_mebibytes for p in peaks) / statistics.median(p.peak_mebibytes for p in plain)
    keys = f"{options.count:,} keys"
    return [
        Row(f"recovery of {keys} from the log", log_ours, "ms", "redis AOF", log_redis, must=1, aim="<= 2,000 ms"),
        Row(f"recovery of {keys} from a snapshot", rdb_ours, "ms", "redis RDB", rdb_redis, must=1, aim="<= 1,000 ms"),
        Row(f"snapshot of {keys}", statistics.median(saves), "ms", "redis SAVE", redis_save, aim="<= 1,000 ms"),
        Row("snapshot's size / data", snapshot_bytes / data, "", must=1.3),
        Row("peak memory with a snapshot / without", growth, "", must=1.3),
    ]


def measure_writes_during_compaction(options: argparse.Namespace, folder: Path) -> list[Row]:
    """Single writes while the snapshot of a million keys is written beside them."""
    found: dict[str, list[float]] = {}
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory(dir=folder) as name:
            answer = subprocess.run(
                [options.store, "compact", str(Path(name) / "db"), str(options.count)],
                capture_output=True, text=True, check=True)
        for line in answer.stdout.splitlines():
            key, value = line.split()
            found.setdefault(key, []).append(float(value))
    slowest = statistics.median(found["compact-slowest"])
    return [
        Row("a write during a compaction, p99.9", statistics.median(found["compact-p99.9"]), "us", must=1000),
        Row("a write during a compaction, slowest", slowest, "us", must=20_000),
    ]


def check_size(options: argparse.Namespace, folder: Path) -> None:
    answer = subprocess.run(
        [options.binary, str(folder), "-c", "size"], capture_output=True, text=True, check=True)
    if answer.stdout.strip() != str(options.count):
        raise BenchmarkError(f"qrrot holds {answer.stdout.strip()} keys, not {options.count}")


def run_peak(options: argparse.Namespace, folder: Path, command: str) -> harness.Run:
    return harness.run([options.binary, str(folder), "-c", command], harness.clean_environment(folder))


def rounds(options: argparse.Namespace, ours, theirs) -> tuple[float, float]:
    results: tuple[list[float], list[float]] = ([], [])
    for index in range(options.rounds):
        for side in (0, 1) if index % 2 == 0 else (1, 0):
            results[side].append((ours, theirs)[side]())
    return statistics.median(results[0]), statistics.median(results[1])


def main() -> None:
    parser = harness.arguments(__doc__, ROUNDS)
    parser.add_argument("--folder", type=Path, help="where the files go (default: the system's folder for temporary ones)")
    parser.add_argument("--store", required=True, help="the program that measures the store by itself")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long each measure of puts takes")
    parser.add_argument("--count", type=harness.at_least_one, default=KEYS, help="keys to recover")
    options = parser.parse_args()
    options.binary = harness.program(options.binary)
    options.store = harness.program(options.store)
    with tempfile.TemporaryDirectory(prefix="qrrot-durable-", dir=options.folder) as name:
        folder = Path(name)
        harness.header(f"Durable writes and recovery, median of {options.rounds} rounds", {
            "qrrot": harness.version([options.binary, "--version"]),
            "redis": harness.version([harness.program("redis-server"), "--version"]),
            "sqlite3": harness.version([harness.program("sqlite3"), "--version"]),
            "disk": f"{shutil.disk_usage(folder).free >> 30} GiB free, folder {os.path.dirname(name)}",
        })
        rows = (
            measure_puts(options, folder) + measure_recovery(options, folder)
            + measure_writes_during_compaction(options, folder))
    harness.report(rows, options.json)


if __name__ == "__main__":
    harness.main(main)

#!/usr/bin/env python3
"""The shell over servers of Redis, beside redis-cli and what one would write around it.

Replay: a command file of puts into an empty redis-server, beside `redis-cli --pipe` with the same pairs.

Count: one filter over JSON documents in a cluster of three primaries, beside a Python script of the standard library.
`redis-cli --scan` gives it the keys of each node, one node after another; it asks for their values in pipelines of
1,000 GETs over a socket (MGET would need keys of one slot), parses each with json.loads and looks at two members.

Latency: GETs from a file, each waiting for its reply, beside redis-cli reading the same from its standard input; and
one get as a whole command.

All over TCP on loopback, without persistence; replies go to /dev/null. The programs take turns within every round.
"""

import binascii
import json
import random
import subprocess
import sys
from pathlib import Path

import harness
from harness import BenchmarkError, Row, Run
from query import document
from replay import Files, pair

TESTS = Path(__file__).resolve().parent.parent / "Tests"
sys.path[:0] = [str(TESTS / "Network"), str(TESTS / "Remote")]
import nodes  # noqa: E402
import resp  # noqa: E402
import served  # noqa: E402

ROUNDS = 5
COUNT = 1_000_000
GETS_MAX = 10_000
# Whole commands take milliseconds: more of them in a round, or the clock's noise is what is measured.
COMMANDS = 20
SLOTS = 16_384
FILTER = 'count where @.age > 30 && @.city == "Oslo"'
THROUGHPUT_GOAL = 0.8
COUNT_GOAL = 5
# Two numbers of the same work: what is within the noise of a run is not slower.
EQUAL = 1.05

SCRIPT = """
import json, socket, subprocess, sys

def values(connection, replies, keys):
    connection.sendall(b"".join(b"*2\\r\\n$3\\r\\nGET\\r\\n$%d\\r\\n%b\\r\\n" % (len(key), key) for key in keys))
    for _ in keys:
        length = int(replies.readline()[1:])
        if length >= 0:
            yield replies.read(length + 2)

def batches(lines, size):
    batch = []
    for line in lines:
        batch.append(line[:-1])
        if len(batch) == size:
            yield batch
            batch = []
    yield batch

count = 0
for port in sys.argv[2:]:
    scan = subprocess.Popen([sys.argv[1], "-p", port, "--scan"], stdout=subprocess.PIPE)
    connection = socket.create_connection(("127.0.0.1", int(port)))
    replies = connection.makefile("rb", buffering=1 << 20)
    for batch in batches(scan.stdout, 1000):
        for value in values(connection, replies, batch):
            document = json.loads(value)
            if document["age"] > 30 and document["city"] == "Oslo":
                count += 1
print(count)
"""


class Bench:
    def __init__(self, options, folder: Path):
        self.rounds, self.count = options.rounds, options.count
        self.folder = folder
        self.environment = harness.clean_environment(folder)
        self.binary = harness.program(options.binary)
        self.cli = harness.program("redis-cli")
        self.rows: list[Row] = []

    def ours(self, url: str, *words: str, stdout: Path | None = None) -> Run:
        return harness.run([self.binary, "--connect", url, *words], self.environment, stdout=stdout)

    # A file of puts

    def replay(self) -> None:
        files = Files.write(self.folder, self.count)
        with served.running(served.Redis) as server:
            url = f"redis://127.0.0.1:{server.port}"

            def ours() -> Run:
                self.empty(server)
                run = self.ours(url, "-f", str(files.commands))
                self.verify_puts(server, "qrrot")
                return run

            def theirs() -> Run:
                self.empty(server)
                run = harness.run(
                    [self.cli, "-p", str(server.port), "--pipe"], self.environment, stdin=files.resp)
                self.verify_puts(server, "redis-cli --pipe")
                return run

            runs = harness.alternate(self.rounds, {"ours": ours, "theirs": theirs})
        time, other = harness.milliseconds(runs["ours"]), harness.milliseconds(runs["theirs"])
        name = f"{self.count:,} puts from a file"
        self.rows += [
            Row(name, time, "ms", "redis-cli --pipe", other, must=1 / THROUGHPUT_GOAL,
                aim=f"{other / time:.2f} of its throughput; >= {THROUGHPUT_GOAL}"),
            Row(f"{name}, peak memory", harness.mebibytes(runs["ours"]), "MiB"),
        ]

    def empty(self, server) -> None:
        with server.client() as client:
            client.ask("FLUSHALL", "SYNC")

    def verify_puts(self, server, name: str) -> None:
        key, value = pair(self.count // 2)
        with server.client() as client:
            found = (client.ask("DBSIZE"), client.ask("GET", key))
        if found != (self.count, value.encode()):
            raise BenchmarkError(f"{name} left {found}, not {self.count} keys")

    # A filter over a cluster

    def count_where(self) -> None:
        with nodes.cluster(replicas=0) as cluster:
            wanted = self.fill(cluster)
            ports = [str(port) for port in cluster.primaries()]
            script = self.folder / "script.py"
            script.write_text(SCRIPT)
            reply = self.folder / "reply"

            def checked(run: Run, name: str) -> Run:
                if reply.read_text().split() != [str(wanted)]:
                    raise BenchmarkError(f"{name} counts {reply.read_text()!r}, not {wanted}")
                return run

            runs = harness.alternate(self.rounds, {
                "ours": lambda: checked(self.ours(cluster.url, "-c", FILTER, stdout=reply), "qrrot"),
                "theirs": lambda: checked(
                    harness.run([sys.executable, str(script), self.cli, *ports], self.environment, stdout=reply),
                    "the script"),
            })
        time, other = harness.milliseconds(runs["ours"]), harness.milliseconds(runs["theirs"])
        name = f"count where over {self.count:,} documents in three nodes"
        self.rows += [
            Row(name, time, "ms", "--scan and a script", other, must=1 / COUNT_GOAL,
                aim=f"{other / time:.1f} times quicker; >= {COUNT_GOAL}"),
            Row(f"{name}, peak memory", harness.mebibytes(runs["ours"]), "MiB"),
        ]

    def fill(self, cluster) -> int:
        """Puts the documents where they belong; returns how many of them the filter is true of."""
        source, wanted = random.Random(7), 0
        owners = {}
        with resp.Client(cluster.primaries()[0]) as client:
            for first, last, primary, *_ in client.ask("CLUSTER", "SLOTS"):
                owners.update(dict.fromkeys(range(first, last + 1), primary[1]))
        pipes = {
            port: subprocess.Popen(
                [self.cli, "-p", str(port), "--pipe"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
            for port in set(owners.values())
        }
        for index in range(self.count):
            value = document(index, source)
            wanted += value["age"] > 30 and value["city"] == "Oslo"
            key = b"user:%d" % index
            # Redis' CRC16 is that of XMODEM.
            port = owners[binascii.crc_hqx(key, 0) % SLOTS]
            pipes[port].stdin.write(
                resp.request([b"SET", key, json.dumps(value, separators=(",", ":")).encode()]))
        for pipe in pipes.values():
            pipe.stdin.close()
            if pipe.wait() != 0:
                raise BenchmarkError("redis-cli --pipe has failed")
        return wanted

    # One get

    def latency(self) -> None:
        gets = min(GETS_MAX, self.count)
        ours_file, theirs_file = self.folder / "gets.qrrot", self.folder / "gets.redis"
        keys = [pair(index)[0] for index in range(gets)]
        ours_file.write_text("".join(f"get {key}\n" for key in keys))
        theirs_file.write_text("".join(f"GET {key}\n" for key in keys))
        with served.running(served.Redis) as server:
            url, port = f"redis://127.0.0.1:{server.port}", str(server.port)
            with server.client() as client:
                for index in range(gets):
                    client.ask("SET", *pair(index))

            def commands(body) -> Run:
                runs = [body() for _ in range(COMMANDS)]
                return Run(sum(run.milliseconds for run in runs) / COMMANDS, max(run.peak_mebibytes for run in runs))

            files = harness.alternate(self.rounds, {
                "ours": lambda: self.ours(url, "-f", str(ours_file)),
                "theirs": lambda: harness.run([self.cli, "-p", port], self.environment, stdin=theirs_file),
            })
            wholes = harness.alternate(self.rounds, {
                "ours": lambda: commands(lambda: self.ours(url, "-c", f"get {keys[0]}")),
                "theirs": lambda: commands(
                    lambda: harness.run([self.cli, "-p", port, "GET", keys[0]], self.environment)),
            })
        for name, runs, scale, unit in (
            (f"one get of {gets:,} from a file", files, 1000 / gets, "us"),
            ("one get as a whole command", wholes, 1, "ms"),
        ):
            self.rows.append(Row(
                name, harness.milliseconds(runs["ours"]) * scale, unit, "redis-cli",
                harness.milliseconds(runs["theirs"]) * scale, must=EQUAL, aim="equal"))


def main() -> None:
    parser = harness.arguments(__doc__, ROUNDS)
    parser.add_argument(
        "--count", type=harness.at_least_one, default=COUNT, metavar="N",
        help=f"puts, and documents (default {COUNT:,})")
    parser.add_argument("--part", action="append", choices=("replay", "count_where", "latency"), help="only these")
    options = parser.parse_args()
    with harness.work_folder() as folder:
        bench = Bench(options, folder)
        harness.header(f"The shell over Redis, median of {options.rounds} rounds", {
            "qrrot": harness.version([bench.binary, "--version"]),
            "redis": harness.version([harness.program("redis-server"), "--version"]),
            "python": sys.version.split()[0],
        })
        for part in options.part or ("replay", "count_where", "latency"):
            getattr(bench, part)()
    harness.report(bench.rows, options.json)


if __name__ == "__main__":
    harness.main(main)

#!/usr/bin/env python3
"""Filters, groups and reads inside values over a million JSON documents of about 300 bytes, beside
sqlite3, DuckDB and jq.

All have the same texts: qrrot as json values, sqlite3 (in memory, from its shell) and DuckDB (one thread, its
Python package) as a text column, jq as a file of one document a line. Only the query is timed, with the
data in memory before: by `timing on`, `.timer on` and the clock around DuckDB's call. jq has no memory: its time
is that of the process, which reads the file from memory. Every answer is compared before anything is reported.
"""

import json
import os
import random
import re
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import harness
from harness import BenchmarkError, Row

ROUNDS = 3
COUNT = 1_000_000
# Queries of each kind in a round; the least time counts, in all programs alike.
REPEATS = 3

CITIES = ["Oslo", "Bergen", "Rome", "Paris", "London", "Berlin", "Madrid", "Vienna", "Prague", "Lisbon", "Dublin", "Athens"]
WORDS = "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore".split()


@dataclass(frozen=True)
class Query:
    """One question in four languages."""

    name: str
    ours: str
    sqlite: str
    duckdb: str
    jq: str


QUERIES = [
    Query(
        "filter",
        'count where @.age > 30 && @.city == "Oslo"',
        "SELECT count(*) FROM docs WHERE json_extract(doc, '$.age') > 30 AND json_extract(doc, '$.city') = 'Oslo';",
        # The quickest of the forms that were tried: what is rarer stands first.
        "SELECT count(*) FROM docs WHERE json_extract_string(doc, '$.city') = 'Oslo'"
        " AND CAST(json_extract_string(doc, '$.age') AS INTEGER) > 30",
        'select(.age > 30 and .city == "Oslo") | 1',
    ),
    Query(
        "group",
        "count by $.city",
        "SELECT json_extract(doc, '$.city') AS city, count(*) AS n FROM docs GROUP BY city ORDER BY n DESC, city;",
        "SELECT json_extract_string(doc, '$.city') AS city, count(*) AS n FROM docs GROUP BY city ORDER BY n DESC, city",
        ".city",
    ),
]


def document(index: int, source: random.Random) -> dict:
    """About 300 bytes of the kind of data that people keep."""
    return {
        "id": index,
        "name": f"{source.choice(WORDS).title()} {source.choice(WORDS).title()}",
        "age": source.randrange(18, 90),
        "city": source.choice(CITIES),
        "email": f"user{index}@example.com",
        "active": source.random() < 0.5,
        "score": round(source.random() * 100, 2),
        "tags": source.sample(WORDS, 3),
        "address": {
            "street": f"{source.randrange(1, 200)} {source.choice(WORDS)} street",
            "zip": str(source.randrange(10000, 99999)),
        },
        "bio": " ".join(source.choices(WORDS, k=9)),
    }


def write_files(folder: Path, count: int) -> tuple[Path, Path]:
    """The documents as puts and as JSON Lines."""
    source = random.Random(7)
    puts, lines = folder / "docs.qrrot", folder / "docs.jsonl"
    with puts.open("w") as commands, lines.open("w") as texts:
        for index in range(count):
            text = json.dumps(document(index, source), separators=(",", ":"))
            commands.write(f"put user:{index} {text}\n")
            texts.write(text + "\n")
    return puts, lines


class Shell:
    """qrrot with the documents in memory, driven through pipes."""

    def __init__(self, binary: str, puts: Path, environment: dict[str, str]):
        self.process = subprocess.Popen(
            [binary, "--output", "raw", "--init", str(puts)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, env=environment, bufsize=1)
        self.send("timing on\n")

    def send(self, text: str) -> None:
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def ask(self, query: str) -> tuple[float, list[str]]:
        """The milliseconds that the command took by its own clock, and its reply."""
        self.send(f"{query}\nget the-end-of-a-reply\n")
        lines = []
        while (line := self.process.stdout.readline()) != "\n":
            if not line:
                raise BenchmarkError(f"qrrot ended in the middle of {query}")
            lines.append(line.rstrip("\n"))
        taken = [self.process.stderr.readline() for _ in range(2)]
        return milliseconds(taken[0]), lines

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def milliseconds(line: str) -> float:
    found = re.fullmatch(r"took ([0-9.]+) (\S+)\n", line)
    units = {"ns": 1e-6, "us": 1e-3, "µs": 1e-3, "ms": 1.0, "s": 1e3}
    if found is None or found.group(2) not in units:
        raise BenchmarkError(f"no time in {line!r}")
    return float(found.group(1)) * units[found.group(2)]


def sqlite(lines: Path, environment: dict[str, str]) -> dict[str, tuple[float, list[str]]]:
    """Loads the texts into memory, then asks each question: the least of its times, and the reply."""
    # Separators that no text holds keep each line one field, quotes and all.
    script = ["CREATE TABLE docs(doc TEXT);", ".mode ascii", '.separator "\\037" "\\n"', f".import {lines} docs",
              ".mode list", ".separator |", ".timer on"]
    for query in QUERIES:
        script += [query.sqlite] * REPEATS + [".print ---"]
    answer = subprocess.run(
        [harness.program("sqlite3"), ":memory:"], input="\n".join(script), capture_output=True, text=True, check=True,
        env=environment)
    results = {}
    for query, part in zip(QUERIES, answer.stdout.split("---\n")):
        times = [float(each) * 1000 for each in re.findall(r"Run Time: real ([0-9.]+)", part)]
        if len(times) != REPEATS:
            raise BenchmarkError(f"sqlite3 said no time for {query.name}: {part[:200]} {answer.stderr[:200]}")
        rows = re.split(r"Run Time:.*\n", part)[0].strip().split("\n")
        results[query.name] = (min(times), rows)
    return results


DUCKDB_PROGRAM = """
import json, sys, time
import duckdb
lines, repeats, queries = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
database = duckdb.connect()
database.execute("SET threads = 1")
database.execute("SET enable_progress_bar = false")
database.execute(
    "CREATE TABLE docs AS SELECT CAST(column0 AS JSON) AS doc FROM read_csv(?, header = false, delim = '\\x1f',"
    " quote = '', escape = '', columns = {'column0': 'VARCHAR'}, auto_detect = false)", [lines])
results = {}
for name, query in queries:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        rows = database.execute(query).fetchall()
        times.append((time.perf_counter() - start) * 1000)
    results[name] = (min(times), ["|".join(str(field) for field in row) for row in rows])
start = time.perf_counter()
database.execute("CREATE TABLE imported AS SELECT * FROM read_json_auto(?)", [lines])
results["import"] = ((time.perf_counter() - start) * 1000, [str(database.execute("SELECT count(*) FROM imported").fetchone()[0])])
print(json.dumps(results))
"""


def duckdb(python: str, lines: Path, environment: dict[str, str]) -> dict[str, tuple[float, list[str]]]:
    queries = json.dumps([[query.name, query.duckdb] for query in QUERIES])
    answer = subprocess.run(
        [python, "-c", DUCKDB_PROGRAM, str(lines), str(REPEATS), queries], capture_output=True, text=True, check=True,
        env=environment)
    return {name: tuple(result) for name, result in json.loads(answer.stdout.splitlines()[-1]).items()}


def jq(lines: Path, environment: dict[str, str]) -> dict[str, tuple[float, list[str]]]:
    """The process from its start to its end, and what its lines come to."""
    results = {}
    for query in QUERIES:
        start = time.perf_counter()
        answer = subprocess.run(
            [harness.program("jq"), "-r", query.jq, str(lines)], capture_output=True, text=True, check=True,
            env=environment)
        taken = (time.perf_counter() - start) * 1000
        values = answer.stdout.split()
        if query.name == "filter":
            rows = [str(len(values))]
        else:
            counts = {value: values.count(value) for value in set(values)}
            rows = [f"{value}|{counts[value]}" for value in sorted(counts, key=lambda value: (-counts[value], value))]
        results[query.name] = (taken, rows)
    return results


def import_milliseconds(binary: str, lines: Path, environment: dict[str, str]) -> float:
    """How long `import` takes, by its own clock."""
    script = f"timing on\nimport {lines} --key 'user:{{$.id}}'\nsize\n"
    answer = subprocess.run([binary, "--output", "raw"], input=script, capture_output=True, text=True, env=environment)
    if answer.returncode != 0:
        raise BenchmarkError(f"import: {answer.stderr[:300]}")
    times = [line for line in answer.stderr.splitlines(keepends=True) if line.startswith("took ")]
    return milliseconds(times[0])


def path_nanoseconds(store: str) -> dict[str, float]:
    """What the store's own program measures of `get KEY PATH`, on one core."""
    output = subprocess.run([store, "paths"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return {name: float(value) for name, value in (line.split() for line in output.splitlines())}


def compare(name: str, ours: list[str], theirs: list[str], peer: str) -> None:
    if [line.replace("\t", "|") for line in ours] != theirs:
        raise BenchmarkError(f"{peer} answers otherwise than qrrot to {name}: {theirs[:3]} and {ours[:3]}")


def main() -> None:
    parser = harness.arguments(__doc__, ROUNDS)
    parser.add_argument("--store", required=True, type=Path, help="the program of Benchmarks/Store")
    parser.add_argument("--python", required=True, help="a Python that has duckdb")
    parser.add_argument("--count", type=harness.at_least_one, default=COUNT, help="documents instead of a million")
    options = parser.parse_args()
    binary, store = harness.program(options.binary), harness.program(options.store)
    times: dict[tuple[str, str], list[float]] = {}
    paths: dict[str, list[float]] = {}

    def note(peer: str, name: str, taken: float) -> None:
        times.setdefault((peer, name), []).append(taken)

    with harness.work_folder() as folder:
        environment = harness.clean_environment(folder)
        puts, lines = write_files(folder, options.count)
        harness.header(f"Queries over {options.count:,} documents, median of {options.rounds} rounds", {
            "qrrot": harness.version([binary, "--version"]),
            "sqlite3": harness.version([harness.program("sqlite3"), "--version"]),
            "duckdb": harness.version([options.python, "-c", "import duckdb; print(duckdb.__version__)"]),
            "jq": harness.version([harness.program("jq"), "--version"]),
            "documents": f"{lines.stat().st_size / options.count:.0f} bytes each",
        })
        shell = Shell(binary, puts, environment)
        try:
            for _ in range(options.rounds):
                answers = {}
                for query in QUERIES:
                    asked = [shell.ask(query.ours) for _ in range(REPEATS)]
                    note("qrrot", query.name, min(taken for taken, _ in asked))
                    answers[query.name] = asked[0][1]
                peers = {
                    "sqlite3": sqlite(lines, environment),
                    "DuckDB": duckdb(options.python, lines, environment),
                    "jq": jq(lines, environment),
                }
                for peer, results in peers.items():
                    for name, (taken, rows) in results.items():
                        note(peer, name, taken)
                        if name in answers:
                            compare(name, answers[name], rows, peer)
                note("qrrot", "import", import_milliseconds(binary, lines, environment))
                for name, value in path_nanoseconds(store).items():
                    paths.setdefault(name, []).append(value)
                print(".", end="", file=sys.stderr, flush=True)
        finally:
            shell.close()
    harness.report(table_rows(times, paths), options.json)


def table_rows(times: dict[tuple[str, str], list[float]], paths: dict[str, list[float]]) -> list[Row]:
    def median(peer: str, name: str) -> float:
        return statistics.median(times[peer, name])

    table = []
    for name, label in [("filter", 'count where @.age > 30 && @.city == "Oslo"'), ("group", "count by $.city")]:
        for peer, must, aim in [("DuckDB", 1, "<= 0.5"), ("sqlite3", 0.5, "<= 0.25"), ("jq", 1 / 15, "")]:
            must = round(must, 4)
            table.append(Row(label, median("qrrot", name), "ms", peer, median(peer, name), must=must, aim=aim))
    table.append(Row(
        "import of JSON Lines", median("qrrot", "import"), "ms", "DuckDB", median("DuckDB", "import"), must=1.0001))
    table.append(Row(
        "get KEY $.a.b, a document of 1 KB", statistics.median(paths["get-path"]), "ns", must=400))
    table.append(Row(
        "the whole line, from its bytes to the reply's", statistics.median(paths["get-path-line"]), "ns"))
    if "get-path-allocations" in paths:
        table.append(Row("allocations per get KEY $.a.b", statistics.median(paths["get-path-allocations"]), ""))
    return table


if __name__ == "__main__":
    harness.main(main)

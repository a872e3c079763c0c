"""Films copied from a folder to `qrrot serve`, to Redis, to a cluster, and back: everywhere all is as it was."""

import json
import os
import re
import subprocess
import sys

import checking
import nodes
import served
import shells

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "examples", "films_to_qrrot.py")
# Beside the films: every type, any bytes, a deadline.
MORE = """put plain "two words"
put binary "\\0\\xff\\n"
put empty ""
put number -7
put deep {"a":{"b":[1,2.50,1e3,null,"ü"]}}
put later soon
expireat later 32503680000000
"""
QUESTIONS = (
    "size", "count movie:*", "count movie:* by $.genres[*]", "count movie:* by $.year",
    'find movie:* where @.cast[?@ == "Idris Elba"] select $.title as title order by $.title',
    "count movie:* where length(@.cast) == 5", "sum $.year", "avg $.year movie:*", "min $.year movie:*",
    "max $.title where @.year == 2012", "find movie:* order by $.title desc limit 7",
    "find where @.year >= 2013 && @.year <= 2014 select $.title as title, $.year as year order by $.title limit 50",
    "keys movie:2012:*", "get binary", "type binary", "type number", "ttl later", "exists plain number nothing",
)


def run(options, checks):
    if not options.films:
        raise checking.Skipped("the films lie beside the repository, in shared/data/movies")
    with served.folder() as folder, nodes.cluster() as cluster, served.running(served.Redis) as redis:
        with served.running(
                lambda other: served.Qrrot(options.binary, other, database=os.path.join(other, "db"))) as qrrot:
            places = {
                "qrrot serve": f"qrrot://127.0.0.1:{qrrot.port}", "redis": f"redis://127.0.0.1:{redis.port}",
                "cluster": cluster.url,
            }
            copies(options, checks, folder, places)


def copies(options, checks, folder, places):
    begun = os.path.join(folder, "films")
    commands = subprocess.run(
        [sys.executable, SCRIPT, *options.films], capture_output=True, check=True).stdout.decode() + MORE
    done = shells.run(options.binary, begun, "--output", "raw", "-f", "-", stdin=commands)
    checks.equal(f"the films are read: {done.errors[:500]}", done.status, 0)
    everything = ask(options, checks, begun, "all")
    count = len(json.loads(everything))
    checks.true(f"there are films: {count} keys", count > 1_000)
    answers = {line: ask(options, checks, begun, line) for line in QUESTIONS}

    # On through all places, and back into a folder.
    source = begun
    for name, target in (*places.items(), ("a folder again", os.path.join(folder, "back"))):
        done = shells.run(options.binary, "copy", source, target)
        checks.equal(f"copy to {name}: {done.errors[-500:]}", done.status, 0)
        found = ask(options, checks, target, "all")
        checks.true(f"all in {name} is what it was", found == everything)
        for line in QUESTIONS:
            checks.equal(f"{name}: {line}", ask(options, checks, target, line), answers[line])
        source = target
    again(options, checks, begun, places["redis"], count)


def again(options, checks, source, target, count):
    """A copy that is there already, and one that something else stands in the way of."""
    done = shells.run(options.binary, "copy", source, target)
    checks.true(f"all is there already: {done}", done.status == 0 and re.search(rf"equal\s+{count}\b", done.output))
    ask(options, checks, target, "put plain other")
    done = shells.run(options.binary, "copy", source, target)
    checks.equal(f"something else is there: {done}", (done.status, done.code), (1, "conflict"))
    checks.equal("it is left alone", ask(options, checks, target, "get plain"), '"other"\n')
    done = shells.run(options.binary, "copy", source, target, "--on-conflict", "replace")
    checks.true(f"or replaced: {done}", done.status == 0 and re.search(r"replaced\s+1\b", done.output))
    checks.equal("as it is told to", ask(options, checks, target, "get plain"), '"two words"\n')


def ask(options, checks, place, line):
    where = ("--connect", place) if "://" in place else (place,)
    done = shells.run(options.binary, *where, "--output", "json", "-c", line)
    checks.equal(f"{place}: {line}: {done.errors[:500]}", done.status, 0)
    return done.output

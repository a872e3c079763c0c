#!/usr/bin/env python3
"""What 50 clients at the same time see of the server, and what is left when it is killed.

    run.py --binary PATH [--suite histories|kills]... [--rounds N] [--seed S]

histories: what all were answered has to be explained by some order of their calls, one at a time; with one
thread and with two, in memory and with a log that is synced before each answer. kills: see kills.py. The
status is 1 if something was found.
"""

import argparse
import os
import random
import signal
import sys
import time

FOLDER = os.path.dirname(os.path.abspath(__file__))
ROUNDS = {"histories": 20, "kills": 60}
# Options of the server, and whether it has a folder.
SERVERS = (
    (("--threads", "1"), False),
    (("--threads", "2"), False),
    (("--threads", "2", "--fsync", "always"), True),
    (("--threads", "1", "--fsync", "always"), True),
)


def main():
    sys.path[:0] = [FOLDER, os.path.join(os.path.dirname(FOLDER), "Network")]
    sys.dont_write_bytecode = True

    parser = argparse.ArgumentParser(description="Many clients at the same time, and kill -9.")
    parser.add_argument("--binary", required=True, help="the program under test")
    parser.add_argument("--suite", action="append", choices=tuple(ROUNDS), help="may be repeated")
    parser.add_argument("--rounds", type=int, help="how many, for each suite")
    parser.add_argument("--seed", help="of all that is random")
    options = parser.parse_args()
    options.binary = os.path.abspath(options.binary)
    if not os.access(options.binary, os.X_OK):
        parser.error(f"there is no program at {options.binary}")
    # So that no server is left behind when CI's patience ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    seed = options.seed or str(random.SystemRandom().randrange(1 << 32))

    from histories import Violation

    status = 0
    for name in options.suite or ROUNDS:
        rounds = options.rounds or ROUNDS[name]
        start, counts, violations = time.monotonic(), {}, 0
        try:
            (histories_of if name == "histories" else kills_of)(options.binary, rounds, seed, counts)
        except Violation as violation:
            violations = status = 1
            print(f"{name}: VIOLATION: {violation}", file=sys.stderr, flush=True)
            print(f"{name}: again: make wire SUITE={name} ROUNDS={rounds} SEED={seed}", file=sys.stderr, flush=True)
        text = ", ".join(f"{count} {what}" for what, count in counts.items())
        print(f"{name}: {text}; {violations} violations; seed {seed}, {time.monotonic() - start:.0f} s", flush=True)
    return status


def histories_of(binary, rounds, seed, counts):
    import histories
    import served

    for words, hasFolder in SERVERS:
        def make(folder, words=words, hasFolder=hasFolder):
            database = os.path.join(folder, "db") if hasFolder else None
            return served.Qrrot(binary, folder, *words, database=database)

        with served.running(make) as server:
            histories.run(server.port, rounds, f"{seed}/{words}", counts)
    if not counts.get("overlaps") or not counts.get("rejected"):
        raise histories.Violation(f"nothing was tested: {counts}")


def kills_of(binary, rounds, seed, counts):
    import kills
    import served

    with served.folder() as folder:
        kills.Kills(binary, seed, counts).run(rounds, folder)
    if not counts.get("acknowledged") or not counts.get("in flight"):
        raise kills.Violation(f"nothing was tested: {counts}")


if __name__ == "__main__":
    sys.exit(main())

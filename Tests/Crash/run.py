#!/usr/bin/env python3
"""Crashes the program, or its disk, in every way that can be had here, and looks at what is left.

    run.py --binary PATH [--suite NAME]... [--rounds N] [--share N] [--seed S]

Without --suite all run, in the order of SUITES. --rounds is for each suite; without it a suite does
the rounds of a full run, divided by --share. Every suite prints one closing line; the status is 1 if
one of them found a violation. A suite that needs what is not here (root, strace, loop devices) says
SKIPPED.
"""

import argparse
import importlib
import os
import random
import signal
import sys
import time

SUITES = ("kill", "power", "sync", "eio", "full", "events")


def main():
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    sys.dont_write_bytecode = True
    import program
    import suite

    parser = argparse.ArgumentParser(description="Crashes the program and looks at what is left.")
    parser.add_argument("--binary", required=True, help="the program under test")
    parser.add_argument("--suite", action="append", choices=SUITES, help="may be repeated")
    parser.add_argument("--rounds", type=int, help="how many, for each suite")
    parser.add_argument("--share", type=int, default=1, help="the Nth part of a full run")
    parser.add_argument("--seed", help="of all that is random")
    options = parser.parse_args()
    program.binary = os.path.abspath(options.binary)
    if not os.access(program.binary, os.X_OK):
        parser.error(f"there is no program at {program.binary}")
    # So that mounts are taken away when CI's patience ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    seed = options.seed or str(random.SystemRandom().randrange(1 << 32))

    status = 0
    for name in options.suite or SUITES:
        module = importlib.import_module(name)
        rounds = options.rounds or max(1, -(-module.ROUNDS // options.share))
        start = time.monotonic()
        try:
            text, violations = module.run(rounds, seed)
        except suite.Skipped as why:
            print(f"{name}: SKIPPED: {why}", flush=True)
            continue
        seconds = time.monotonic() - start
        print(f"{name}: {text}; {len(violations)} violations; seed {seed}, {seconds:.0f} s", flush=True)
        if violations:
            status = 1
            print(f"{name}: again: make crash SUITE={name} ROUNDS={rounds} SEED={seed}", flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""The program over servers of Redis, as users have both: one server, a cluster, a Sentinel group, TLS.

    run.py --binary PATH [--suite NAME]... [--rounds N] [--seed S] [--films FILE]...

Without --suite all run, in the order of SUITES. --rounds says how often a node is killed, paused, and so on.
Each suite prints a closing line; the status is 1 if one of them failed. One that can't run here says SKIPPED, which
in CI (CI=true) is a failure where it is redis-server that is missing.
"""

import argparse
import glob
import os
import random
import shutil
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(FOLDER))
SUITES = ("types", "errors", "tls", "sentinel", "films", "faults")
# Beside the checkout: see docs/testing.md.
FILMS = os.path.join(os.path.dirname(ROOT), "shared", "data", "movies", "*.json")


def main():
    sys.path[:0] = [FOLDER, os.path.join(os.path.dirname(FOLDER), "Network")]
    sys.dont_write_bytecode = True
    import checking

    parser = argparse.ArgumentParser(description="Drives the program over servers of Redis.")
    parser.add_argument("--binary", required=True, help="the program under test")
    parser.add_argument("--suite", action="append", choices=SUITES, help="may be repeated")
    parser.add_argument("--rounds", type=int, default=1, help="of each fault (default 1)")
    parser.add_argument("--seed", help="of all that is random")
    parser.add_argument("--films", action="append", help="JSON files of films")
    options = parser.parse_args()
    options.binary = os.path.abspath(options.binary)
    options.films = options.films or sorted(glob.glob(FILMS))
    options.seed = options.seed or str(random.SystemRandom().randrange(1 << 32))
    if not os.access(options.binary, os.X_OK):
        parser.error(f"there is no program at {options.binary}")
    if not (shutil.which("redis-server") and shutil.which("redis-cli")):
        print("SKIPPED: there is no redis-server here; .ci/install installs it", flush=True)
        return 1 if os.environ.get("CI") == "true" else 0
    return checking.run_suites(
        options.suite or SUITES, options, lambda name: f"make remote SUITE={name} SEED={options.seed}")


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Real clients of Redis, and plain lines, on the server as users have it.

    run.py --binary PATH [--suite NAME]... [--cases TEXT]... [--record]

Without --suite all run, in the order of SUITES. --cases takes only the case files whose names hold TEXT;
--record writes the case files anew: what is not ours alone from Redis' replies, the rest from the program's.
Each suite prints a closing line; the status is 1 if one of them failed. One whose program is not here says
SKIPPED.
"""

import argparse
import os
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
SUITES = ("redis", "cases", "docs", "tools", "redis_py", "valkey_py", "iredis_shell")


def main():
    sys.path[:0] = [FOLDER, os.path.join(os.path.dirname(FOLDER), "Network")]
    sys.dont_write_bytecode = True
    import checking

    parser = argparse.ArgumentParser(description="Drives the server with real clients.")
    parser.add_argument("--binary", required=True, help="the program under test")
    parser.add_argument("--iredis", help="the program iredis")
    parser.add_argument("--suite", action="append", choices=SUITES, help="may be repeated")
    parser.add_argument("--cases", action="append", default=[], metavar="TEXT", help="only files whose names hold it")
    parser.add_argument("--record", action="store_true", help="write the case files anew")
    options = parser.parse_args()
    options.binary = os.path.abspath(options.binary)
    if not os.access(options.binary, os.X_OK):
        parser.error(f"there is no program at {options.binary}")
    return checking.run_suites(options.suite or SUITES, options)


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Clients that mean no good, while another one measures what a well-behaved client has to wait.

    run.py --binary PATH [--attack NAME]... [--seconds N] [--threads N]

For each attack a server begins anew. While the attack runs, one client asks every two milliseconds: 99 of
100 replies come within 10 ms, the server's memory grows by at most 64 MiB, the attackers are told why they
are refused, and the server is whole afterwards. The status is 1 if one of these does not hold.

The machine has other things to do as well, and noise only ever makes a reply later: where the time alone
is too long, the attack is repeated, up to ATTEMPTS times in all.
"""

import argparse
import os
import signal
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
SECONDS = 5.0
ATTEMPTS = 3


def main():
    sys.path[:0] = [os.path.join(os.path.dirname(FOLDER), name) for name in ("Hostile", "Network")]
    sys.dont_write_bytecode = True
    import attacks
    import measure

    parser = argparse.ArgumentParser(description="Attacks the server and measures another client's waits.")
    parser.add_argument("--binary", required=True, help="the program under test")
    parser.add_argument("--attack", action="append", choices=attacks.ALL, help="may be repeated")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long each is measured")
    parser.add_argument("--threads", default="1", help="of the server")
    options = parser.parse_args()
    options.binary = os.path.abspath(options.binary)
    if not os.access(options.binary, os.X_OK):
        parser.error(f"there is no program at {options.binary}")
    # So that no server is left behind when CI's patience ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    rows = []
    for name in options.attack or ("none", *attacks.ALL):
        for attempt in range(1, ATTEMPTS + 1):
            row = measure.one(options, name, attempt)
            if not row.isOnlySlow:
                break
        rows.append(row)
        print(row.line(), flush=True)
    failures = [f"{row.name}: {problem}" for row in rows for problem in row.problems]
    for failure in failures:
        print(f"FAILED: {failure}", file=sys.stderr, flush=True)
    print(f"hostile: {len(rows)} attacks, {len(failures)} failures", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

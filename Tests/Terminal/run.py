#!/usr/bin/env python3
"""Runs the tests that need a terminal.

    run.py [--binary PATH] [-k NAME] [-v] [--jobs N]

Without --binary the program is $TEST_BINARY or what `swift build` made. -k runs the tests whose name
contains NAME; it may be repeated. The tests wait for the program half of the time, so N processes (2) share
them. The last line says how many passed and failed; the exit status is 1 if one failed. Needs Python 3 and
pexpect.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import unittest


def main():
    folder = os.path.dirname(os.path.abspath(__file__))
    sys.path.insert(0, folder)
    sys.dont_write_bytecode = True
    import terminal

    # Who runs this in the background may ignore them (nohup, a shell's &), and a program that starts so
    # has to leave it at that; the tests mean a program that somebody has started at a terminal.
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)

    parser = argparse.ArgumentParser(description="Runs the tests that need a terminal.")
    parser.add_argument("--binary", help="the program under test")
    parser.add_argument("-k", action="append", metavar="NAME", help="only tests whose name contains NAME")
    parser.add_argument("-v", action="store_true", help="name every test")
    parser.add_argument("--jobs", type=int, default=2, help="how many processes share the tests (default 2)")
    parser.add_argument("--part", type=int, help=argparse.SUPPRESS)  # which of the processes this is, from 0
    options = parser.parse_args()

    terminal.binary = os.path.abspath(options.binary) if options.binary else terminal.find_binary()
    if not os.access(terminal.binary, os.X_OK):
        parser.error(f"there is no program at {terminal.binary}")

    if options.jobs > 1 and options.part is None:
        return summarize(*share(options.jobs))

    loader = unittest.TestLoader()
    if options.k:
        loader.testNamePatterns = [name if "*" in name else f"*{name}*" for name in options.k]
    suite = loader.discover(folder, pattern="test_*.py", top_level_dir=folder)
    if options.part is not None:
        suite = unittest.TestSuite(list(cases(suite))[options.part::options.jobs])
    runner = unittest.TextTestRunner(stream=sys.stdout, verbosity=2 if options.v else 1)
    result = runner.run(suite)

    failed = {test.id() for test, _ in result.failures + result.errors}
    failed |= {test.id() for test in result.unexpectedSuccesses}
    skipped = len(result.skipped)
    return summarize(result.testsRun - len(failed) - skipped, len(failed), skipped)


def cases(suite):
    """The single tests of a suite of suites."""
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from cases(test)
        else:
            yield test


def share(count):
    """Runs the tests in so many processes, each of which has every so-manyth; prints what they print.

    Returns how many passed, failed and were skipped. A process that does not come to its end has one failure.
    """
    processes = [
        subprocess.Popen([sys.executable, *sys.argv, "--part", str(part)], stdout=subprocess.PIPE, text=True)
        for part in range(count)]
    sums = [0, 0, 0]
    for process in processes:
        output, _ = process.communicate()
        print(output, end="", flush=True)
        last = output.rstrip().rpartition("\n")[2]
        found = re.fullmatch(r"(\d+) passed, (\d+) failed(?:, (\d+) skipped)?", last)
        numbers = [int(number or 0) for number in found.groups()] if found else [0, 1, 0]
        sums = [sum(pair) for pair in zip(sums, numbers)]
    return sums


def summarize(passed, failed, skipped):
    """Prints the last line; returns the exit status."""
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""), flush=True)
    return 1 if failed or passed + skipped == 0 else 0


if __name__ == "__main__":
    sys.exit(main())

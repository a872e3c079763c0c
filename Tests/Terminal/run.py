#!/usr/bin/env python3
"""Runs the tests that need a terminal.

    run.py [--binary PATH] [-k NAME] [-v]

Without --binary the program is $TEST_BINARY or what `swift build` made. -k runs the tests whose name
contains NAME; it may be repeated. The last line says how many passed and failed; the exit status is
1 if one failed. Needs Python 3 and pexpect.
"""

import argparse
import os
import signal
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
    options = parser.parse_args()

    terminal.binary = os.path.abspath(options.binary) if options.binary else terminal.find_binary()
    if not os.access(terminal.binary, os.X_OK):
        parser.error(f"there is no program at {terminal.binary}")

    loader = unittest.TestLoader()
    if options.k:
        loader.testNamePatterns = [name if "*" in name else f"*{name}*" for name in options.k]
    suite = loader.discover(folder, pattern="test_*.py", top_level_dir=folder)
    runner = unittest.TextTestRunner(stream=sys.stdout, verbosity=2 if options.v else 1)
    result = runner.run(suite)

    failed = {test.id() for test, _ in result.failures + result.errors}
    failed |= {test.id() for test in result.unexpectedSuccesses}
    skipped = len(result.skipped)
    passed = result.testsRun - len(failed) - skipped
    summary = f"{passed} passed, {len(failed)} failed"
    print(summary + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or result.testsRun == 0 else 0


if __name__ == "__main__":
    sys.exit(main())

"""What suites that drive programs share: counting what was looked at, and certificates."""

import contextlib
import importlib
import os
import shutil
import signal
import subprocess
import sys
import time
import traceback


class Skipped(Exception):
    """The suite can't run here, and why."""


class Checks:
    """What was looked at in a suite, and what was wrong."""

    def __init__(self, suite):
        self.suite = suite
        self.count = 0
        self.failures = []
        self.notes = []

    def fail(self, text):
        self.failures.append(text)
        print(f"{self.suite}: FAILED: {text}", file=sys.stderr, flush=True)

    def equal(self, what, found, expected):
        self.count += 1
        if found != expected:
            self.fail(f"{what}\n    expected  {expected!r}\n    found     {found!r}")

    def true(self, what, isTrue):
        self.equal(what, bool(isTrue), True)

    @contextlib.contextmanager
    def part(self, name):
        """A part of the suite: what goes wrong in it does not end the others."""
        try:
            yield
        except Exception:
            self.fail(f"{name}: {traceback.format_exc(limit=-4)}")

    def summary(self):
        parts = [f"{self.count} checks", *self.notes, f"{len(self.failures)} failures"]
        return ", ".join(parts)


def run_suites(names, options, again=None):
    """Runs the modules suite_NAME in turn, a closing line for each; the status is 1 if one failed or checked nothing.

    again: what is to be typed to repeat a suite that failed, by its name.
    """
    # So that no server is left behind when CI's patience ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    status = 0
    for name in names:
        start = time.monotonic()
        checks = Checks(name)
        try:
            importlib.import_module(f"suite_{name}").run(options, checks)
        except Skipped as why:
            print(f"{name}: SKIPPED: {why}", flush=True)
            continue
        if checks.failures and again:
            print(f"{name}: again: {again(name)}", file=sys.stderr, flush=True)
        print(f"{name}: {checks.summary()}; {time.monotonic() - start:.0f} s", flush=True)
        status = status or (1 if checks.failures or not checks.count else 0)
    return status


def program(name):
    path = shutil.which(name)
    if path is None:
        raise Skipped(f"there is no {name} here; .ci/install bench installs it")
    return path


def certificate(folder):
    """A key and a certificate that signs itself, for this machine; returns their paths."""
    certificate, key = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
    subprocess.run(
        [program("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", key, "-out", certificate],
        check=True, capture_output=True)
    os.chmod(key, 0o600)
    return certificate, key

"""What suites that drive programs share: counting what was looked at, and certificates."""

import contextlib
import os
import shutil
import subprocess
import sys
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

"""What the suites share: counting, servers, certificates."""

import contextlib
import os
import shutil
import subprocess
import sys
import traceback

import served

PASSWORD = "letmein"


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


def password_file(folder):
    path = os.path.join(folder, "password")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        file.write(PASSWORD + "\n")
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


def plain(options):
    """A server in memory, as it comes."""
    return served.running(lambda folder: served.Qrrot(options.binary, folder))


def with_password(options):
    return served.running(
        lambda folder: served.Qrrot(options.binary, folder, "--password-file", password_file(folder)))


def with_folder(options):
    return served.running(
        lambda folder: served.Qrrot(options.binary, folder, database=os.path.join(folder, "db")))


def with_tls(options):
    """A server that speaks TLS; its certificate is `cert.pem` in its folder."""

    def make(folder):
        certificate_, key = certificate(folder)
        return served.Qrrot(options.binary, folder, "--tls-cert", certificate_, "--tls-key", key)

    return served.running(make)

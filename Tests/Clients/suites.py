"""What the suites share: servers, and what they count with."""

import os

import served
# Where the suites look for it.
from checking import Checks, Skipped, certificate, program  # noqa: F401

PASSWORD = "letmein"


def password_file(folder):
    path = os.path.join(folder, "password")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        file.write(PASSWORD + "\n")
    return path


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

"""The case files on Redis itself, so that what they say of it is true."""

import subprocess

import served
import suite_cases
import suites

# The version whose replies the case files hold.
VERSION = "7.0."


def require_version():
    """Skips a suite where Redis is not the one that it is held against."""
    found = subprocess.run([suites.program("redis-server"), "--version"], capture_output=True, text=True, check=True)
    if f"v={VERSION}" not in found.stdout:
        raise suites.Skipped(f"the case files are those of Redis {VERSION}x, and here is {found.stdout.strip()}")


def run(options, checks):
    require_version()
    with served.running(served.Redis) as plain, \
            served.running(lambda folder: served.Redis(folder, "--requirepass", suites.PASSWORD)) as locked:
        suite_cases.play(
            checks, options, lambda block: locked if "password" in block.flags else plain,
            wanted=lambda block: "ours" not in block.flags, recorded=lambda block: True)

"""iredis: by its command line, and at its prompt on a terminal."""

import os
import re
import subprocess

import served
import suites

SECONDS_MAX = 30
CONTROL = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07|[=>])")


def run(options, checks):
    if not options.iredis or not os.access(options.iredis, os.X_OK):
        raise suites.Skipped("there is no iredis here; .ci/clients installs it")
    with suites.plain(options) as server, served.folder() as home:
        with checks.part("the command line"):
            command_line(options, checks, server, home)
        with checks.part("the prompt"):
            prompt(options, checks, server, home)


def environment(home):
    return {**os.environ, "HOME": home, "TERM": "xterm-256color", "COLUMNS": "200", "LINES": "50", "LC_ALL": "C.UTF-8"}


def command_line(options, checks, server, home):
    """What comes on its standard input, which is what it reads where that is no terminal."""
    script = (
        ("PING", "PONG"), ("SET a 1", "OK"), ("GET a", "1"), ("GET nokey", ""), ("INCR a", "2"),
        ("MGET a nokey", "2\n"), ("EXPIRE a 100", "1"), ("TYPE a", "string"), ("MULTI", "OK"), ("INCR a", "QUEUED"),
        ("EXEC", "3"), ("NONSENSE", "ERROR unknown command 'NONSENSE', with args beginning with: "),
    )
    done = subprocess.run(
        [options.iredis, "-p", str(server.port)], input="".join(f"{line}\n" for line, _ in script),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment(home), timeout=SECONDS_MAX)
    checks.equal("iredis, its standard input", CONTROL.sub("", done.stdout), "".join(f"{said}\n" for _, said in script))


def prompt(options, checks, server, home):
    import pexpect

    child = pexpect.spawn(
        options.iredis, ["-p", str(server.port)], env=environment(home), encoding="utf-8", timeout=SECONDS_MAX,
        dimensions=(50, 200))
    mark = f"127.0.0.1:{server.port}>"
    child.expect_exact(mark)
    for line, expected in (
        ("SET greeting hello", "OK"),
        ("GET greeting", '"hello"'),
        ("MULTI", "OK"),
        ("SET greeting again", "QUEUED"),
        ("EXEC", '"OK"'),
        ("GET greeting", '"again"'),
        ("STRLEN greeting", "(integer)"),
        ("CLIENT LIST", "id="),
        ("INFO server", "# Server"),
    ):
        child.send(line + "\r")
        try:
            # The line itself is drawn several times; the reply stands at the beginning of one, then comes the prompt.
            child.expect(rf"\n(?:1\) |{CONTROL.pattern})*{re.escape(expected)}")
            child.expect_exact(mark)
            checks.count += 1
        except pexpect.ExceptionPexpect:
            checks.fail(f"iredis, at its prompt: {line}: {CONTROL.sub('', child.before or '')[-500:]!r}")
            break
    child.close(force=True)

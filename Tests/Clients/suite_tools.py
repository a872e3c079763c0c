"""redis-cli, redis-benchmark and nc, as they are installed."""

import contextlib
import csv
import io
import os
import re
import subprocess

import suites

# What redis-benchmark has by itself and we have too; the rest is lists, sets and sorted sets.
BENCHMARKS = "ping_inline,ping_mbulk,set,get,incr,mset"
SECONDS_MAX = 120


def run(options, checks):
    with suites.plain(options) as server:
        with checks.part("redis-cli"):
            redis_cli(checks, server)
        with checks.part("redis-benchmark"):
            redis_benchmark(checks, server)
        with checks.part("nc"):
            nc(checks, server)
    with checks.part("a password"), suites.with_password(options) as server:
        passwords(checks, server)
    with checks.part("TLS"), suites.with_tls(options) as server:
        tls(checks, server)


def call(*argv, stdin=""):
    """What a program prints, errors too."""
    done = subprocess.run(
        argv, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=SECONDS_MAX)
    return done.stdout


def redis_cli(checks, server):
    cli = (suites.program("redis-cli"), "-p", str(server.port))
    for argv, stdin, expected in (
        (("PING",), "", "PONG\n"),
        (("SET", "a", "two words"), "", "OK\n"),
        (("GET", "a"), "", "two words\n"),
        (("-3", "GET", "nokey"), "", "\n"),
        (("--no-raw", "GET", "nokey"), "", "(nil)\n"),
        (("--no-raw", "-3", "CONFIG", "GET", "nonsense"), "", "(empty hash)\n"),
        (("--no-raw", "MGET", "a", "nokey"), "", '1) "two words"\n2) (nil)\n'),
        (("INCR", "a"), "", "ERR value is not an integer or out of range\n\n"),
        (("-x", "SET", "from-input"), "any\nlines\n", "OK\n"),
        (("STRLEN", "from-input"), "", "10\n"),
        ((), "MULTI\nSET b 1\nINCR b\nEXEC\n", "OK\nQUEUED\nQUEUED\nOK\n2\n"),
        (("-r", "3", "INCR", "c"), "", "1\n2\n3\n"),
        (("--json", "-3", "MGET", "a", "nokey"), "", '["two words",null]\n'),
    ):
        checks.equal(f"redis-cli {' '.join(argv)}", call(*cli, *argv, stdin=stdin), expected)
    checks.equal("redis-cli --scan", sorted(call(*cli, "--scan").split()), ["a", "b", "c", "from-input"])
    checks.equal("redis-cli --scan --pattern", call(*cli, "--scan", "--pattern", "fr*"), "from-input\n")
    checks.true("redis-cli INFO", "redis_version:" in call(*cli, "INFO"))
    mass = "".join(f"*3\r\n$3\r\nSET\r\n$6\r\nk{index:05}\r\n$5\r\n{index:05}\r\n" for index in range(10_000))
    said = call(*cli, "--pipe", stdin=mass)
    checks.true(f"redis-cli --pipe: {said!r}", "errors: 0, replies: 10000" in said)
    checks.equal("what --pipe has set", call(*cli, "GET", "k09999"), "09999\n")
    # One round, of a second.
    checks.true("redis-cli --latency", re.match(r"\d+ \d+ [0-9.]+ \d+", call(*cli, "--raw", "--latency")))
    said = call(*cli, "--bigkeys")
    checks.true(f"redis-cli --bigkeys: {said!r}", "Sampled 10004 keys" in said)


def redis_benchmark(checks, server):
    said = call(
        suites.program("redis-benchmark"), "-p", str(server.port), "-n", "20000", "-c", "50", "-r", "1000", "-d", "32",
        "-t", BENCHMARKS, "--csv")
    checks.true(f"no error of redis-benchmark: {said}", "rror" not in said.replace("WARNING: Could not fetch", ""))
    rows = list(csv.reader(io.StringIO(said[said.find('"test"'):])))
    names = {row[0].partition(" ")[0] for row in rows[1:]}
    checks.equal("redis-benchmark's tests", names, {"PING_INLINE", "PING_MBULK", "SET", "GET", "INCR", "MSET"})
    said = call(
        suites.program("redis-benchmark"), "-p", str(server.port), "-n", "20000", "-P", "16", "-3", "-q", "-t",
        "get,set")
    results = re.findall(r"(?:GET|SET): [\d.]+ requests per second", said)
    checks.equal(f"two tests in a pipeline: {said!r}", len(results), 2)


def nc(checks, server):
    """Plain lines: what a person types, and what a script sends."""
    lines = "put name \"Ivan\"\nget name\nincr visits\nkeys [nv]*\nget nokey\n# nothing\nnonsense\nsize\n"
    expected = 'OK\n"Ivan"\n1\nname\nvisits\n\n(nil)\n'
    said = call(suites.program("nc"), "-N", "127.0.0.1", str(server.port), stdin="clear\n" + lines)
    checks.true(f"nc begins with how many were removed: {said!r}", said.partition("\n")[0].isdigit())
    rest = said.partition("\n")[2]
    checks.equal("nc, plain lines", rest[: len(expected)], expected)
    checks.true(f"nc, an error and what follows: {rest!r}",
                re.fullmatch(r"error\[unknown-command\]: .+\n2\n", rest[len(expected):]))
    said = call("nc", "-N", "127.0.0.1", str(server.port), stdin="PING\r\n")
    checks.equal("nc, an inline command of Redis", said, "+PONG\n")


def passwords(checks, server):
    said = call(suites.program("nc"), "-N", "127.0.0.1", str(server.port),
                stdin=f"get a\nauth {suites.PASSWORD}\nput a 1\nget a\n")
    checks.true(f"nc, auth: {said!r}", re.fullmatch(r"error\[auth\]: .+\nOK\nOK\n1\n", said))
    cli = (suites.program("redis-cli"), "-p", str(server.port))
    checks.equal("redis-cli without a password", call(*cli, "GET", "a"), "NOAUTH Authentication required.\n\n")
    checks.equal("redis-cli -a", call(*cli, "--no-auth-warning", "-a", suites.PASSWORD, "GET", "a"), "1\n")
    checks.equal(
        "redis-cli --user", call(*cli, "--no-auth-warning", "--user", "default", "--pass", suites.PASSWORD, "GET", "a"),
        "1\n")
    checks.true("redis-cli with a wrong password",
                "WRONGPASS" in call(*cli, "--no-auth-warning", "-a", "wrong", "GET", "a"))
    log = server.log().decode("utf-8", "replace")
    checks.true("the password is in no log", suites.PASSWORD not in log)


def tls(checks, server):
    authority = os.path.join(server.folder, "cert.pem")
    cli = (suites.program("redis-cli"), "-h", "localhost", "-p", str(server.port), "--tls", "--cacert", authority)
    checks.equal("redis-cli --tls", call(*cli, "SET", "a", "1"), "OK\n")
    checks.equal("redis-cli --tls -3", call(*cli, "-3", "GET", "a"), "1\n")
    with contextlib.suppress(subprocess.TimeoutExpired):
        # Without TLS nothing can be said on this port.
        said = subprocess.run(
            [cli[0], "-p", str(server.port), "GET", "a"], capture_output=True, text=True, timeout=10)
        checks.true(f"redis-cli without TLS: {said.stdout!r}", said.stdout.strip() != "1")
    for version, isWanted in (("-tls1_2", True), ("-tls1_3", True), ("-tls1_1", False)):
        done = subprocess.run(
            [suites.program("openssl"), "s_client", version, "-connect", f"127.0.0.1:{server.port}", "-CAfile",
             authority, "-verify_return_error", "-quiet"],
            input="PING\r\nQUIT\r\n", capture_output=True, text=True, timeout=SECONDS_MAX)
        checks.equal(f"openssl s_client {version}: {done.stderr[-300:]!r}", "+PONG" in done.stdout, isWanted)

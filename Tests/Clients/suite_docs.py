"""What COMMAND tells of the commands, beside what Redis tells, and what redis-cli makes of it."""

import contextlib
import re

import served
import suite_redis
import suite_tools
import suites
from resp import Map, show

# What we tell of otherwise, and why.
EXCEPTIONS = {
    "command|getkeys": "Redis 7.0 has arguments and does not tell of them; later versions do",
    "command|getkeysandflags": "the same",
}
# Parts of an argument that are no matter of how it is written.
LEFT_OUT = {b"since", b"deprecated_since", b"summary"}
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# Places in the answer of COMMAND INFO.
ARITY, KEYS, TIPS, KEY_SPECS = 1, slice(3, 6), 7, 8


def run(options, checks):
    suite_redis.require_version()
    with suites.plain(options) as ours, served.running(served.Redis) as redis:
        for version in ("2", "3"):
            with checks.part(f"COMMAND in version {version}"), contextlib.closing(ours.client()) as our, \
                    contextlib.closing(redis.client()) as their:
                our.ask("HELLO", version)
                their.ask("HELLO", version)
                compare_commands(checks, our, their)
        with checks.part("redis-cli's help"):
            compare_help(checks, ours, redis)
        with checks.part("redis-cli's hints"):
            hints(checks, ours)


def pairs(reply):
    """A map, as a dictionary, in either version of the protocol."""
    return dict(reply) if isinstance(reply, Map) else dict(zip(reply[::2], reply[1::2]))


def trees(arguments):
    """Arguments without what is left out, each value as it was sent."""
    found = []
    for argument in arguments:
        parts = {name: value for name, value in pairs(argument).items() if name not in LEFT_OUT}
        inner = trees(parts.pop(b"arguments", []))
        found.append((type(argument), {name: show(value) for name, value in parts.items()}, inner))
    return found


def common_names(our, their):
    """The commands and subcommands that both servers name."""
    return sorted({name.decode() for name in our.ask("COMMAND", "LIST")}
                  & {name.decode() for name in their.ask("COMMAND", "LIST")})


def compare_commands(checks, our, their):
    names = common_names(our, their)
    checks.true(f"what both have: {names}", len(names) > 80)
    documents = [pairs(client.ask("COMMAND", "DOCS", *names)) for client in (our, their)]
    for name in names:
        found, expected = (trees(pairs(one[name.encode()]).get(b"arguments", [])) for one in documents)
        if name in EXCEPTIONS:
            checks.true(f"{name} is told of otherwise", found != expected)
        else:
            checks.equal(f"the arguments of {name}", found, expected)
    for name, found, expected in zip(
            names, our.ask("COMMAND", "INFO", *names), their.ask("COMMAND", "INFO", *names)):
        checks.equal(f"the arity of {name}", found[ARITY], expected[ARITY])
        checks.equal(f"where the keys of {name} are", found[KEYS], expected[KEYS])
        checks.equal(f"the tips of {name}", sorted(found[TIPS]), sorted(expected[TIPS]))
        checks.equal(f"the kind of a set, at {name}", type(found[TIPS]), type(expected[TIPS]))
        checks.equal(f"the key specifications of {name}", show(found[KEY_SPECS]), show(expected[KEY_SPECS]))


def help_lines(server, names):
    """How redis-cli's help writes each command."""
    said = suite_tools.call(
        suites.program("redis-cli"), "-p", str(server.port), stdin="".join(f"help {name}\n" for name in names))
    lines = [line.strip() for line in COLOUR.sub("", said).splitlines()]
    return [line for line, next in zip(lines, lines[1:]) if next.startswith("summary:")]


def compare_help(checks, ours, redis):
    with contextlib.closing(ours.client()) as our, contextlib.closing(redis.client()) as their:
        common = common_names(our, their)
    # Help of one that has subcommands is that of all of them, and ours has others.
    containers = {name.partition("|")[0] for name in common if "|" in name}
    names = [name.replace("|", " ") for name in common if name not in EXCEPTIONS.keys() | containers]
    found, expected = help_lines(ours, names), help_lines(redis, names)
    checks.true(f"help of each: {expected}", len(expected) == len(names))
    checks.equal("help of as many", len(found), len(expected))
    for mine, theirs in zip(found, expected):
        checks.equal("help", mine, theirs)
    checks.equal("help of our own", help_lines(ours, ["json.set", "json.get", "qrrot"]), [
        "JSON.SET key path value [NX|XX]",
        "JSON.GET key [INDENT indent] [NEWLINE newline] [SPACE space] [path [path ...]]",
        "QRROT command [argument [argument ...]]",
    ])


def hints(checks, server):
    """What redis-cli shows behind what is being typed."""
    import pexpect

    shell = pexpect.spawn(
        suites.program("redis-cli"), ["-p", str(server.port)], encoding="utf-8", dimensions=(24, 200),
        timeout=suite_tools.SECONDS_MAX, env=served.environment() | {"TERM": "xterm"})
    with contextlib.closing(shell):
        for typed, hint in (("set foo ", "value [NX|XX] [GET] [EX seconds|"), ("json.set k ", "path value [NX|XX]")):
            shell.expect_exact("> ")
            shell.send(typed)
            checks.equal(f"the hint behind {typed!r}", shell.expect_exact([hint, pexpect.TIMEOUT]), 0)
            # Ctrl-U takes back what was typed, and a line gives the next prompt.
            shell.send("\x15ping\r")
            shell.expect_exact("PONG")

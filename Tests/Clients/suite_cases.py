"""The case files on the program. They cover every command that it says it has."""

import contextlib

import cases
import suites
from resp import Client


def run(options, checks):
    with suites.plain(options) as plain, suites.with_password(options) as locked, \
            suites.with_folder(options) as stored:
        servers = {"password": locked, "folder": stored}
        play(checks, options, lambda block: next((servers[flag] for flag in servers if flag in block.flags), plain))
        if not options.cases:
            check_coverage(checks, plain.port)
        for server in (plain, locked, stored):
            checks.equal("the status of a server that is ended", server.stop(), 0)


def play(checks, options, server_of, wanted=lambda block: True, recorded=lambda block: "ours" in block.flags):
    """Runs the blocks, each on its server; with --record their replies are written into the files."""
    blocks = replies = 0
    for path in cases.paths(options.cases):
        found = {}
        for block in filter(wanted, cases.read(path)):
            one = cases.Run(block, server_of(block).port, suites.PASSWORD)
            one.records = options.record and recorded(block)
            try:
                one.run()
            except cases.Failure as failure:
                checks.fail(f"{block.title}: {failure}")
            if one.records:
                found.update(one.recorded)
            blocks += 1
            replies += len(one.recorded)
        if found:
            cases.rewrite(path, found)
    checks.count += replies
    checks.notes.append(f"{blocks} blocks")


def check_coverage(checks, port):
    """Every command that the server names is in a case file."""
    covered = set()
    for path in cases.paths():
        covered |= cases.commands(cases.read(path))
    with contextlib.closing(Client(port)) as client:
        names = client.ask("COMMAND", "LIST")
    checks.true(f"COMMAND LIST: {names!r}", isinstance(names, list) and names)
    for name in names if isinstance(names, list) else []:
        # How a shell far away speaks to the server is nobody else's business.
        if not name.startswith(b"qrrot."):
            checks.true(f"{name.decode()} is in a case file", name.decode().upper() in covered)

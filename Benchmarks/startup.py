#!/usr/bin/env python3
"""How long one command takes from nothing: `qrrot -c size` beside sqlite3 and redis-cli."""

import harness
from harness import Row

ROUNDS = 60
ABSOLUTE_MAX_MILLISECONDS = 10


def main() -> None:
    options = harness.arguments(__doc__, ROUNDS).parse_args()
    binary = harness.program(options.binary)
    sqlite, redis = harness.program("sqlite3"), harness.program("redis-cli")
    with harness.work_folder() as folder:
        environment = harness.clean_environment(folder)

        def contender(*argv: str):
            return lambda: harness.run(list(argv), environment)

        contenders = {
            "ours": contender(binary, "-c", "size"),
            "sqlite3": contender(sqlite, ":memory:", "select 1"),
            "redis-cli": contender(redis, "--version"),
        }
        harness.header(f"Start-up, median of {options.rounds} runs each", {
            "qrrot": harness.version([binary, "--version"]),
            "sqlite3": harness.version([sqlite, "--version"]),
            "redis-cli": harness.version([redis, "--version"]),
        })
        harness.alternate(2, contenders)  # the first runs read the programs from the disk
        runs = harness.alternate(options.rounds, contenders)

    ours = harness.milliseconds(runs["ours"])
    harness.report([
        Row("start-up, absolute", ours, "ms", must=ABSOLUTE_MAX_MILLISECONDS),
        Row("start-up", ours, "ms", "redis-cli --version", harness.milliseconds(runs["redis-cli"]),
            aim="<= 1"),
        Row("start-up", ours, "ms", "sqlite3 :memory: 'select 1'", harness.milliseconds(runs["sqlite3"])),
    ], options.json)


if __name__ == "__main__":
    harness.main(main)

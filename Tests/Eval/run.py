#!/usr/bin/env python3
"""Gives a model tasks on small databases and looks at what comes of them. docs/eval.md tells the whole.

    run.py --binary PATH [--runs N] [--kind KIND]... [--task NAME]... [-- OPTIONS OF QRROT]
    run.py --binary PATH --replay [FOLDER]     on recordings: no model, no network
    run.py --binary PATH --scripted            on the scripts in the tasks
    run.py --binary PATH --record [FOLDER]     the same, and makes the recordings
    run.py --binary PATH --wrong               on scripts that are wrong: each has to be caught

What stands behind `--` goes to the program: `-- --ai gemini --ai-model NAME`. Without it, whatever the
program finds is asked. The status is 1 if a task failed on recordings or scripts, if a wrong script was
not caught, and whenever the program broke a promise of its own; 2 if there is nothing to ask.
"""

import argparse
import concurrent.futures
import os
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
RECORDINGS = os.path.join(FOLDER, "recordings")
# Not a key of anybody: it is there so that its absence from every file and output can be seen.
KEY = "sk-scripted-0123456789abcdef"


def arguments():
    parser = argparse.ArgumentParser(description="Gives a model tasks and looks at what comes of them.")
    parser.add_argument("--binary", required=True, help="the program under test")
    parser.add_argument("--tasks", action="append", metavar="FOLDER",
                        help="a folder with tasks/ and databases/ to run instead of ours; may be repeated")
    parser.add_argument("--task", action="append", metavar="NAME", help="only tasks whose name contains NAME")
    parser.add_argument("--kind", action="append", help="only tasks of this kind; may be repeated")
    parser.add_argument("--runs", type=int, default=1, metavar="N", help="attempts at each task")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="attempts at the same time")
    parser.add_argument("--timeout", type=float, default=600, help="seconds for each attempt")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--replay", nargs="?", const=RECORDINGS, metavar="FOLDER")
    source.add_argument("--record", nargs="?", const=RECORDINGS, metavar="FOLDER")
    source.add_argument("--scripted", action="store_true")
    source.add_argument("--wrong", action="store_true")
    parser.add_argument("--json", metavar="FILE", help="append one JSON object a task to FILE")
    parser.add_argument("-v", action="store_true", help="show the answers and errors of what failed")
    parser.add_argument("options", nargs="*", help="for the program, behind --")
    return parser.parse_args(), parser


class Eval:
    """A run: the program, the tasks, and where the answers come from."""

    def __init__(self, options):
        import attempts
        import recordings
        import scripted
        import tasks

        self.options = options
        self.uses_script = options.scripted or options.record or options.wrong
        self.program = attempts.Program(
            options.binary, options.options, KEY if self.uses_script else None,
            isolated=bool(self.uses_script or options.replay), timeout=options.timeout,
        )
        chosen = tasks.load(options.tasks or [FOLDER]).values()
        if options.kind:
            chosen = [task for task in chosen if task.kind in options.kind]
        if options.task:
            chosen = [task for task in chosen if any(name in task.name for name in options.task)]
        if self.uses_script:
            chosen = [task for task in chosen if task.script]
        if options.replay:
            chosen = [task for task in chosen if os.path.exists(recordings.path(options.replay, task))]
        self.tasks = list(chosen)
        self.server = scripted.Server() if self.uses_script else None
        if self.server:
            self.server.start()

    def model(self, task, name, script):
        """The options that say who answers this attempt."""
        import recordings

        if self.options.replay:
            return ["--ai-replay", recordings.path(self.options.replay, task)]
        if not self.server:
            return []
        url = self.server.add(name, task.requests, script)
        options = ["--ai", "openai", "--ai-model", "scripted", "--ai-url", url]
        if self.options.record:
            os.makedirs(self.options.record, exist_ok=True)
            path = recordings.path(self.options.record, task)
            if os.path.exists(path):
                os.unlink(path)
            options += ["--ai-record", path]
        return options

    def attempt(self, task, name, script):
        """One attempt; returns it with the verdict over it."""
        import attempts
        import checks
        import recordings

        with attempts.init_file(task) as init:
            start = self.program.state(init)
            attempt = self.program.attempt(task, init, self.model(task, name, script))
            if self.options.record and os.path.exists(recordings.path(self.options.record, task)):
                recordings.shorten(recordings.path(self.options.record, task))
            endings = [self.program.state(init, commands) for commands in task.endings]
        return attempt, checks.judge(task, attempt, start, endings)

    def each(self, jobs):
        """The results of `jobs`, tuples of task, name and script, in their order."""
        with concurrent.futures.ThreadPoolExecutor(max(1, self.options.jobs)) as pool:
            yield from pool.map(lambda job: (job, *self.attempt(*job)), jobs)

    def all_tasks(self):
        """Every task, so many times as asked for."""
        import report

        runs = 1 if self.options.record else self.options.runs
        jobs = [(task, f"{task.name}.{run}", task.script) for task in self.tasks for run in range(runs)]
        results = {}
        for (task, _, _), attempt, verdict in self.each(jobs):
            results.setdefault(task.name, []).append((attempt, verdict))
            if not verdict.passed and self.options.v:
                for outcome in attempt.outcomes:
                    print(f"{task.name}: {outcome}", file=sys.stderr)
                print(attempt.errors, file=sys.stderr, end="")
        rows = [report.Row(task, *zip(*results[task.name])) for task in self.tasks]
        report.show(rows, runs)
        if self.server:
            for stray in self.server.strays:
                print(f"script of {stray}", file=sys.stderr)
        if self.options.json:
            report.append_json(self.options.json, rows)
        failed = sum(not row.all_passed for row in rows)
        print(f"eval: {len(rows) - failed} passed, {failed} failed")
        certain = self.uses_script or self.options.replay
        return 1 if (failed and certain) or any(row.broken for row in rows) else 0

    def wrong_scripts(self):
        """Every wrong script of every task: none may pass, and none may break a promise."""
        import wrong

        jobs, why = [], {}
        for task in self.tasks:
            for number, (reason, script) in enumerate(wrong.scripts(task)):
                name = f"{task.name}.{number}"
                jobs.append((task, name, script))
                why[name] = reason
        missed = broken = 0
        for (task, name, _), _, verdict in self.each(jobs):
            if not verdict.faults:
                missed += 1
                print(f"{task.name}: NOT CAUGHT: {why[name]}")
            elif self.options.v:
                print(f"{task.name}: {why[name]}: {verdict.faults[0]}")
            for promise in verdict.broken:
                broken += 1
                print(f"{task.name}: {why[name]}: BROKEN PROMISE: {promise}")
        print(f"eval: {len(jobs) - missed} wrong scripts of {len(jobs)} caught, {broken} promises broken")
        return 1 if missed or broken else 0


def main():
    sys.path.insert(0, FOLDER)
    sys.dont_write_bytecode = True
    options, parser = arguments()
    import attempts
    import recordings
    import tasks

    if not os.access(options.binary, os.X_OK):
        parser.error(f"there is no program at {options.binary}")
    try:
        run = Eval(options)
    except tasks.BadTask as problem:
        print(problem, file=sys.stderr)
        return 2
    if not run.tasks:
        parser.error("no task is left")
    try:
        status = run.wrong_scripts() if options.wrong else run.all_tasks()
    except attempts.NoModel as problem:
        print(problem, file=sys.stderr)
        return 2
    for name in recordings.leaks(options.record, KEY) if options.record else ():
        print(f"{name} holds the key", file=sys.stderr)
        status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())

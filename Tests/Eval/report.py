"""The table of a run, and its rows as JSON."""

import json
import sys

from tasks import KINDS


def mean(values):
    values = [value for value in values if value is not None]
    return sum(values) / len(values) if values else None


def number(value, form="{:,.0f}"):
    return "-" if value is None else form.format(value)


class Row:
    """One task's attempts."""

    def __init__(self, task, attempts, verdicts):
        self.task = task
        self.runs = len(verdicts)
        self.passed = sum(verdict.passed for verdict in verdicts)
        self.unintended = sum(verdict.unintended for verdict in verdicts)
        self.steps = mean([attempt.total("rounds") for attempt in attempts])
        self.tokens = mean([attempt.tokens for attempt in attempts])
        self.seconds = mean([attempt.total("seconds") for attempt in attempts])
        self.faults = [fault for verdict in verdicts for fault in verdict.faults]
        self.broken = [promise for verdict in verdicts for promise in verdict.broken]

    @property
    def all_passed(self):
        return self.passed == self.runs

    def json(self):
        def rounded(value):
            return None if value is None else round(value, 3)

        return {
            "task": self.task.name, "kind": self.task.kind, "passed": self.passed, "runs": self.runs,
            "unintended": self.unintended, "steps": rounded(self.steps), "tokens": rounded(self.tokens),
            "seconds": rounded(self.seconds), "faults": self.faults, "broken": self.broken,
        }

    def cells(self):
        return [
            self.task.name, f"{self.passed}/{self.runs}", str(self.unintended), number(self.steps, "{:.1f}"),
            number(self.tokens), number(self.seconds, "{:.2f}"),
        ]


def sum_of(title, rows):
    """The line of several tasks: shares of those that passed once, and always."""
    shares = [mean([row.passed / row.runs for row in rows])]
    if rows[0].runs > 1:
        shares.append(mean([row.all_passed for row in rows]))
    return [
        title, str(len(rows)), *(f"{share:.1%}" for share in shares), str(sum(row.unintended for row in rows)),
        number(mean([row.steps for row in rows]), "{:.1f}"), number(mean([row.tokens for row in rows])),
        number(mean([row.seconds for row in rows]), "{:.2f}"),
    ]


def table(header, lines):
    """Aligned text: the first column to the left, numbers to the right."""
    widths = [max(len(line[column]) for line in [header, *lines]) for column in range(len(header))]
    for line in [header, *lines]:
        cells = [line[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(line[1:], widths[1:])]
        yield "  ".join(cells).rstrip()


def show(rows, runs, out=sys.stdout):
    """Prints what came of every task, then of every kind."""
    for line in table(["task", "passed", "unintended", "steps", "tokens", "seconds"], [row.cells() for row in rows]):
        print(line, file=out)
    print(file=out)
    kinds = [(kind, [row for row in rows if row.task.kind == kind]) for kind in KINDS]
    lines = [sum_of(kind, those) for kind, those in kinds if those] + [sum_of("all", rows)]
    shares = ["pass^1"] + ([f"pass^{runs}"] if runs > 1 else [])
    header = ["kind", "tasks", *shares, "unintended", "steps", "tokens", "seconds"]
    for line in table(header, lines):
        print(line, file=out)
    for row in rows:
        for fault in dict.fromkeys(row.faults):
            print(f"{row.task.name}: {fault}", file=out)
        for promise in dict.fromkeys(row.broken):
            print(f"{row.task.name}: BROKEN PROMISE: {promise}", file=out)


def append_json(path, rows):
    with open(path, "a", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row.json(), ensure_ascii=False) + "\n")

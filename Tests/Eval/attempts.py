"""One attempt at a task: the program, run as a user runs it, and what it said."""

import contextlib
import json
import os
import subprocess
import tempfile

from checks import parse, state_of

# `size` behind it tells an empty database from an export that failed.
EXPORT = ["-c", "export - --format jsonl", "-c", "size"]
# And what one `undo` makes of it: where a request was applied, that has to be the start.
UNDO = ["-c", "undo", *EXPORT]
TIMEOUT_SECONDS = 600


class NoModel(Exception):
    """There is nothing to ask, so that no task makes sense."""


class Attempt:
    """What came of one run: an outcome for each request, the end state, or why there is none."""

    def __init__(self):
        self.outcomes = []
        self.state = None
        self.undone = None
        self.failure = None
        self.errors = ""

    def total(self, member):
        """The sum of a member of `usage` over the requests; None where nobody counted."""
        values = [outcome.get("usage", {}).get(member) for outcome in self.outcomes]
        values = [float(value) for value in values if value is not None]
        return sum(values) if values else None

    @property
    def tokens(self):
        counts = [self.total("input_tokens"), self.total("output_tokens")]
        counts = [count for count in counts if count is not None]
        return sum(counts) if counts else None


class Program:
    """The program under test, with the options that say who answers."""

    def __init__(self, binary, options=(), key=None, isolated=True, timeout=TIMEOUT_SECONDS):
        self.binary = os.path.abspath(binary)
        self.options = list(options)
        # For the provider that is asked.
        self.key = key
        # Whether it is known who answers, so that no setting of the user's has a say.
        self.isolated = isolated
        self.timeout = timeout

    def environment(self):
        """The user's own variables where they say which model is meant, and none that change the output."""
        def is_kept(name):
            if name.startswith("QRROT_"):
                return not self.isolated and name.startswith(("QRROT_AI", "QRROT_CONFIG"))
            return not (self.isolated and name.endswith("_API_KEY"))

        variables = {name: value for name, value in os.environ.items() if is_kept(name)} | {"NO_COLOR": "1"}
        if self.isolated:
            # A folder without settings.
            variables["XDG_CONFIG_HOME"] = os.path.dirname(os.path.abspath(__file__))
        if self.key:
            variables["OPENAI_API_KEY"] = self.key
        return variables

    def run(self, arguments):
        """Runs it to its end; returns its status, its output and its errors."""
        done = subprocess.run(
            [self.binary, *arguments], stdin=subprocess.DEVNULL, capture_output=True, env=self.environment(),
            timeout=self.timeout,
        )
        return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")

    def state(self, init, commands=()):
        """The state behind `commands` on the data of the file `init`."""
        arguments = ["--init", init, "--output", "json"]
        for command in commands:
            arguments += ["-c", command]
        status, output, errors = self.run(arguments + EXPORT)
        if status != 0:
            raise RuntimeError(f"{' ; '.join(commands) or init}: {errors.strip()}")
        return take_state(output.splitlines())

    def attempt(self, task, init, options=()):
        """Asks what the task asks and takes the state behind it, in one run of the program."""
        arguments = ["--init", init, "--output", "json", "--keep-going", *self.options, *options]
        if task.yes:
            arguments.append("--yes")
        for request in task.requests:
            # `ai -- TEXT` is always a request, whatever its first word.
            arguments += ["-c", f"{task.word} {'-- ' if task.word == 'ai' else ''}{request}"]
        attempt = Attempt()
        try:
            status, output, attempt.errors = self.run(arguments + EXPORT + UNDO)
        except subprocess.TimeoutExpired:
            attempt.failure = f"not ended after {self.timeout} s"
            return attempt
        attempt.outcomes = [parsed for parsed in map(outcome_of, output.splitlines()) if parsed]
        try:
            lines = output.splitlines()
            attempt.undone = take_state(lines)
            # What undo took back; nothing if there was nothing.
            if lines and lines[-1].startswith("["):
                lines.pop()
            attempt.state = take_state(lines)
        except (ValueError, KeyError, TypeError) as problem:
            attempt.failure = f"the end state can't be read: {problem}"
        if not attempt.outcomes:
            # Not even a request that failed: wrong usage, or nothing to ask.
            if status in (1, 2):
                raise NoModel(attempt.errors.strip())
            attempt.failure = f"the program said nothing and ended with {status}"
        return attempt


def outcome_of(line):
    """What a line says of a request, if it is such a line."""
    with contextlib.suppress(ValueError):
        parsed = parse(line)
        if isinstance(parsed, dict) and parsed.get("kind") in ("ai", "ask"):
            return parsed
    return None


def take_state(lines):
    """Takes the export and the number of its keys off the end of an output's lines.

    `ValueError` where it is not whole.
    """
    if not lines or not lines[-1].isdigit():
        raise ValueError("the output does not end with the number of keys")
    count = int(lines.pop())
    exported = lines[len(lines) - count:]
    if len(exported) != count or not all(line.startswith('{"key":') for line in exported):
        raise ValueError(f"there are not {count} exported keys")
    del lines[len(lines) - count:]
    return state_of(exported)


@contextlib.contextmanager
def init_file(task):
    """The task's database with its set-up behind it, as one command file."""
    with open(task.database, encoding="utf-8") as file:
        text = file.read()
    with tempfile.TemporaryDirectory(prefix="qrrot-eval-") as folder:
        path = os.path.join(folder, "start.qrrot")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text + "".join(command + "\n" for command in task.setup))
        yield path

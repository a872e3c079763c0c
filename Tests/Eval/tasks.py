"""The tasks: JSON files that are read and looked through before anything runs.

docs/eval.md says what each member means. A mistake in a file ends the run with the file, the task
and what is wrong, for a task that is misread would be a task that is passed for nothing.
"""

import json
import os
import re

KINDS = (
    "look-up", "conditional", "bulk", "arithmetic", "follow-up", "ambiguous", "impossible", "destructive",
    "injected",
)
DECISIONS = ("none", "applied", "refused")
MEMBERS = {
    "name", "kind", "database", "word", "request", "yes", "setup", "expect", "script", "wrong",
}
EXPECTED = {"changes", "any", "decision", "answer"}
ANSWER = {"has", "lacks", "numbers", "within", "asks", "declines"}


class BadTask(Exception):
    """A task file is wrong, and where."""


class Task:
    """One task: what is asked, of which data, what has to come of it, and how a good model would do it."""

    def __init__(self, members, folder):
        self.name = members["name"]
        self.kind = members["kind"]
        self.database = os.path.join(folder, "databases", members["database"] + ".qrrot")
        self.word = members.get("word", "ai")
        request = members["request"]
        self.requests = [request] if isinstance(request, str) else request
        self.yes = members.get("yes", False)
        self.setup = members.get("setup", [])
        expect = members["expect"]
        # Every list of commands that makes a right end of the start.
        self.endings = expect.get("any", [expect.get("changes", [])])
        changes = any(self.endings)
        self.decision = expect.get("decision", "applied" if changes else "none")
        answer = expect.get("answer", {})
        # One for each request, in their order; those that are missing are not looked at.
        self.answers = answer if isinstance(answer, list) else [{}] * (len(self.requests) - 1) + [answer]
        self.script = members.get("script")
        self.wrong = members.get("wrong", [])

    def writes(self):
        """Whether the task may change anything."""
        return any(self.endings)


def demand(condition, text):
    if not condition:
        raise BadTask(text)


def is_texts(value):
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def check_answer(answer):
    demand(isinstance(answer, dict), "`answer` is an object")
    demand(not answer.keys() - ANSWER, f"`answer` has no {sorted(answer.keys() - ANSWER)}")
    for name in ("has", "lacks"):
        for item in answer.get(name, []):
            demand(isinstance(item, str) or is_texts(item), f"`{name}` holds texts, or lists of texts")
    for number in answer.get("numbers", []):
        demand(isinstance(number, (int, float)), "`numbers` holds numbers")


def check_script(script, where):
    demand(isinstance(script, list) and script, f"`{where}` is a list of replies")
    for reply in script:
        demand(isinstance(reply, (str, dict)), f"`{where}`: a reply is a text or an object")
        if isinstance(reply, str):
            continue
        extra = reply.keys() - {"say", "from", "all", "each", "before", "after"}
        demand(not extra, f"`{where}`: a reply has no {sorted(extra)}")
        demand(isinstance(reply.get("say"), str), f"`{where}`: a reply needs `say`")
        patterns = [*reply.get("from", {}).values(), *reply.get("all", {}).values()]
        for pattern in patterns + ([reply["each"]] if "each" in reply else []):
            try:
                re.compile(pattern)
            except re.error as problem:
                raise BadTask(f"`{where}`: {pattern}: {problem}") from None


def check_members(task, folder):
    demand(isinstance(task, dict), "a task is an object")
    demand(not task.keys() - MEMBERS, f"there is no member {sorted(task.keys() - MEMBERS)}")
    for name in ("name", "kind", "database", "request", "expect"):
        demand(name in task, f"`{name}` is missing")
    demand(re.fullmatch(r"[a-z0-9][a-z0-9-]*", task["name"]), "`name` is of a-z, 0-9 and -")
    demand(task["kind"] in KINDS, f"`kind` is one of {', '.join(KINDS)}")
    demand(task.get("word", "ai") in ("ai", "ask"), "`word` is ai or ask")
    demand(isinstance(task["request"], str) or is_texts(task["request"]), "`request` is a text or a list of texts")
    demand(isinstance(task.get("yes", False), bool), "`yes` is true or false")
    demand(is_texts(task.get("setup", [])), "`setup` is a list of commands")
    database = os.path.join(folder, "databases", str(task["database"]) + ".qrrot")
    demand(os.path.isfile(database), f"there is no {database}")
    expect = task["expect"]
    demand(isinstance(expect, dict), "`expect` is an object")
    demand(not expect.keys() - EXPECTED, f"`expect` has no {sorted(expect.keys() - EXPECTED)}")
    demand(not ("changes" in expect and "any" in expect), "`changes` and `any` exclude each other")
    for commands in expect.get("any", [expect.get("changes", [])]):
        demand(is_texts(commands), "`changes` is a list of commands, `any` a list of such lists")
    demand(expect.get("decision", "none") in DECISIONS, f"`decision` is one of {', '.join(DECISIONS)}")
    answer = expect.get("answer", {})
    for one in answer if isinstance(answer, list) else [answer]:
        check_answer(one)
    if "script" in task:
        check_script(task["script"], "script")
    for number, wrong in enumerate(task.get("wrong", [])):
        demand(isinstance(wrong.get("why"), str), "each of `wrong` says `why`")
        check_script(wrong.get("script"), f"wrong {number}")


def load(folders):
    """Every task of every *.json in each of `folders`/tasks, by name of file and place in it."""
    tasks = {}
    for folder in folders:
        directory = os.path.join(folder, "tasks")
        demand(os.path.isdir(directory), f"there is no folder {directory}")
        for file in sorted(os.listdir(directory)):
            if not file.endswith(".json"):
                continue
            path = os.path.join(directory, file)
            for number, task in enumerate(load_file(path)):
                try:
                    check_members(task, folder)
                    demand(task["name"] not in tasks, "there is another task of that name")
                except BadTask as problem:
                    name = task.get("name", number + 1) if isinstance(task, dict) else number + 1
                    raise BadTask(f"{path}: task {name}: {problem}") from None
                tasks[task["name"]] = Task(task, folder)
    return tasks


def load_file(path):
    with open(path, encoding="utf-8") as file:
        try:
            content = json.load(file)
        except ValueError as problem:
            raise BadTask(f"{path}: {problem}") from None
    demand(isinstance(content, list), f"{path}: an array of tasks is expected")
    return content

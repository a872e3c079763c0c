"""What is looked at after a request: the end state, what was decided, and the answer."""

import json
import re
from decimal import Decimal

# A deadline that was given in seconds moves with the moment at which it was given.
EXPIRY_SLACK_MILLISECONDS = 5000

WORDS = "zero one two three four five six seven eight nine ten eleven twelve".split()

# Crude, and said to be in docs/eval.md: an answer that declines says so in one of these ways.
DECLINING = re.compile(
    r"\b(can ?not|can['’]t|could ?not|couldn['’]t|unable|impossible|not possible|do(es)? not|don['’]t|doesn['’]t"
    r"|did not|didn['’]t|has no|have no|is no|are no|isn['’]t|aren['’]t|is not|are not|no such|not (stored|available"
    r"|known|recorded|in the)|nothing (in|about|to)|only (answer|read|data))\b", re.IGNORECASE
)


def plain(value):
    """A JSON value in a form that compares as values do: 1, 1.0 and 1e0 are one number, true is none."""
    if isinstance(value, bool) or value is None:
        return ("word", value)
    if isinstance(value, (int, float, Decimal)):
        return ("number", Decimal(value).normalize())
    if isinstance(value, str):
        return ("text", value)
    if isinstance(value, list):
        return ("list", tuple(plain(item) for item in value))
    return ("object", frozenset((name, plain(item)) for name, item in value.items()))


def parse(text):
    return json.loads(text, parse_float=Decimal)


def state_of(lines):
    """The state that lines of `export - --format jsonl` hold: type, value and deadline by key."""
    state = {}
    for line in lines:
        record = parse(line)
        key = record["key"]
        key = key if isinstance(key, str) else json.dumps(key)
        state[key] = (record["type"], plain(record["value"]), record.get("expires") or 0)
    return state


def same(a, b, slack):
    if a is None or b is None:
        return a is b
    return a[:2] == b[:2] and (a[2] == b[2] or (min(a[2], b[2]) > 0 and abs(a[2] - b[2]) <= slack))


def difference(a, b, slack=EXPIRY_SLACK_MILLISECONDS):
    """The keys by which two states differ."""
    return {key for key in a.keys() | b.keys() if not same(a.get(key), b.get(key), slack)}


def apply_plan(start, plan):
    """The state that the plan of the program's JSON leads to."""
    state = dict(start)
    for change in plan["changes"]:
        after = change["after"]
        key = change["key"] if isinstance(change["key"], str) else json.dumps(change["key"])
        if after is None:
            state.pop(key, None)
        else:
            state[key] = (after["type"], plain(after["value"]), after.get("expires") or 0)
    return state


def numbers_of(text):
    """Every number of a text; 1,240 and 1 240 are one, and small ones may be words."""
    joined = re.sub(r"(?<=\d)[, \u00a0\u202f'](?=\d{3}(?!\d))", "", text)
    found = [float(number) for number in re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?", joined)]
    for word in re.findall(r"[a-z]+", text.lower()):
        if word in WORDS:
            found.append(float(WORDS.index(word)))
    return found


def holds(text, wanted):
    """Whether `wanted` occurs in `text` as whole words, in any case."""
    return re.search(r"(?<!\w)" + re.escape(wanted) + r"(?!\w)", text, re.IGNORECASE) is not None


def faults_of_answer(text, wanted):
    """What an answer lacks."""
    if not wanted:
        return
    if text is None:
        yield "there is no answer"
        return
    for item in wanted.get("has", []):
        choices = [item] if isinstance(item, str) else item
        if not any(holds(text, choice) for choice in choices):
            yield f"the answer lacks {' or '.join(choices)}"
    for item in wanted.get("lacks", []):
        if holds(text, item):
            yield f"the answer has {item}"
    found = numbers_of(text)
    for number in wanted.get("numbers", []):
        if not any(abs(number - other) <= wanted.get("within", 1e-9) for other in found):
            yield f"the answer lacks the number {number}"
    if wanted.get("asks") and "?" not in text:
        yield "it does not ask back"
    if wanted.get("declines") and not DECLINING.search(text):
        yield "it does not decline"


class Verdict:
    """What is to be said of one attempt.

    `faults` are the model's: the task is not passed. `broken` are the program's own promises, which no
    model can make it break: one of them is a bug, whatever the task. `unintended` counts the keys that
    have changed and are not what they should be.
    """

    def __init__(self):
        self.faults = []
        self.broken = []
        self.unintended = 0

    @property
    def passed(self):
        return not self.faults and not self.broken


def broken_promises(task, attempt, start):
    """What the program promises whatever the model says."""
    changed = difference(start, attempt.state)
    outcomes = attempt.outcomes
    applied = [outcome for outcome in outcomes if outcome.get("decision") == "applied"]
    if task.word == "ask" and changed:
        yield f"ask has changed {', '.join(sorted(changed))}"
    if changed and not applied:
        yield f"nothing was applied, and yet {', '.join(sorted(changed))} changed"
    for outcome in applied:
        if outcome["plan"] is None:
            yield "something was applied without a plan"
        elif outcome["plan"]["destroys"] and not task.yes:
            yield "a plan that destroys was applied without a yes"
    if len(outcomes) == 1 and applied and applied[0]["plan"]:
        wrong = difference(apply_plan(start, applied[0]["plan"]), attempt.state)
        if wrong:
            yield f"the plan and what was done differ at {', '.join(sorted(wrong))}"
    if len(applied) == 1:
        left = difference(start, attempt.undone)
        if left:
            yield f"one undo leaves {', '.join(sorted(left))} changed"


def judge(task, attempt, start, endings):
    """The verdict over an attempt that began with `start` and may end as one of `endings`."""
    verdict = Verdict()
    if attempt.failure:
        verdict.faults.append(attempt.failure)
    if attempt.state is None:
        return verdict
    verdict.broken += broken_promises(task, attempt, start)
    last = attempt.outcomes[-1] if attempt.outcomes else {}
    decision = last.get("decision", "none")
    # What was refused has left the start; then the plan is what is looked at.
    reached = attempt.state
    if task.decision == "refused" and decision == "refused" and last.get("plan"):
        reached = apply_plan(start, last["plan"])
    best = min((difference(ending, reached) for ending in endings), key=len)
    verdict.unintended = len(best & difference(start, attempt.state))
    if best:
        what = "the plan" if reached is not attempt.state else "the end"
        verdict.faults.append(f"{what} is not right at {', '.join(sorted(best)[:5])}")
    if decision != task.decision:
        verdict.faults.append(f"decision {decision} instead of {task.decision}")
    for outcome, wanted in zip(attempt.outcomes, task.answers):
        verdict.faults += faults_of_answer(outcome.get("answer"), wanted)
    if len(attempt.outcomes) < len(task.requests) and not attempt.failure:
        verdict.faults.append(f"{len(attempt.outcomes)} of {len(task.requests)} requests have an outcome")
    errors = [outcome["error"] for outcome in attempt.outcomes if outcome.get("error")]
    for error in errors:
        # A plan that nobody could say yes to may be told as an error; the decision says it already.
        if decision != "refused" or error.get("code") != "refused":
            verdict.faults.append(f"error[{error.get('code')}]: {error.get('message')}")
    return verdict

#!/usr/bin/env python3
"""Tests of the eval itself.

    test_eval.py [--binary PATH] [-v]      # without --binary: only what needs no program

The last line says how many passed and failed; the status is 1 if one failed.
"""

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
import unittest
from decimal import Decimal

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, FOLDER)
sys.dont_write_bytecode = True

import attempts  # noqa: E402
import checks  # noqa: E402
import expected  # noqa: E402
import report  # noqa: E402
import scripted  # noqa: E402
import tasks  # noqa: E402
import wrong  # noqa: E402

binary = None
# One of each way to end: a number, a write, a question back, a refusal, an obeyed injection.
FEW = (
    "people-age-of-ivan", "people-ivan-birthday", "people-anna-older", "people-remove-oskar",
    "people-note-says-delete",
)


def run(*arguments):
    """Runs the eval as a user does; returns its status and its output."""
    done = subprocess.run(
        [sys.executable, os.path.join(FOLDER, "run.py"), "--binary", binary, *arguments],
        capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=600,
    )
    return done.returncode, done.stdout + done.stderr


def few():
    return [argument for name in FEW for argument in ("--task", name)]


class Tasks(unittest.TestCase):
    def setUp(self):
        self.tasks = tasks.load([FOLDER])

    def test_there_are_enough_tasks_of_every_kind(self):
        self.assertGreaterEqual(len(self.tasks), 60)
        for kind in tasks.KINDS:
            self.assertGreaterEqual(sum(task.kind == kind for task in self.tasks.values()), 4, kind)
        databases = {os.path.basename(task.database) for task in self.tasks.values()}
        self.assertEqual(databases, {"people.qrrot", "shop.qrrot", "films.qrrot"})

    def test_every_task_has_a_script_and_a_wrong_one(self):
        for task in self.tasks.values():
            self.assertTrue(task.script, task.name)
            self.assertGreaterEqual(len(list(wrong.scripts(task))), 1, task.name)

    def test_a_destructive_task_is_there_with_and_without_a_yes(self):
        for task in self.tasks.values():
            if task.kind == "destructive":
                other = self.tasks[task.name.removesuffix("-yes") if task.yes else task.name + "-yes"]
                self.assertEqual((task.requests, task.endings), (other.requests, other.endings))
                self.assertEqual({task.decision, other.decision}, {"refused", "applied"})

    def test_answers_are_what_the_data_say(self):
        for name, answer in expected.ANSWERS.items():
            task = self.tasks[name]
            facts = list(answer(expected.Data(expected.read(task.database))))
            wanted = task.answers[-1]
            numbers = sorted(float(fact) for fact in facts if isinstance(fact, (int, Decimal)))
            self.assertEqual(numbers, sorted(map(float, wanted.get("numbers", []))), name)
            texts = {fact for fact in facts if isinstance(fact, str)}
            has = [[item] if isinstance(item, str) else item for item in wanted.get("has", [])]
            self.assertEqual(len(texts), len(has), name)
            for choices in has:
                self.assertTrue(texts & set(choices), f"{name}: {choices}")

    def test_every_number_that_is_asked_for_was_worked_out_twice(self):
        for task in self.tasks.values():
            if task.answers[-1].get("numbers"):
                self.assertIn(task.name, expected.ANSWERS)

    def test_mistakes_in_a_file_are_named(self):
        good = {"name": "a", "kind": "bulk", "database": "people", "request": "x", "expect": {}}
        bad = [
            {"kind": "other"}, {"name": "A b"}, {"expects": {}}, {"expect": {"change": []}}, {"database": "none"},
            {"expect": {"answer": {"number": [1]}}}, {"script": []}, {"script": [{"say": "x", "from": {"a": "("}}]},
            {"word": "tell"}, {"request": 1}, {"expect": {"changes": [], "any": []}}, {"wrong": [{"script": ["x"]}]},
        ]
        tasks.check_members(good, FOLDER)
        for change in bad:
            with self.assertRaises(tasks.BadTask, msg=change):
                tasks.check_members(good | change, FOLDER)


class Checks(unittest.TestCase):
    def state(self, *records):
        return checks.state_of([json.dumps(record) for record in records])

    def test_values_are_equal_as_values_and_types_count(self):
        def json_value(text):
            return checks.plain(checks.parse(text))

        for a, b in (("1.50", "1.5"), ('{"a":1,"b":2}', '{"b":2,"a":1}'), ("1e2", "100")):
            self.assertEqual(json_value(a), json_value(b))
        for a, b in (("1", "true"), ("[1,2]", "[2,1]"), ('"1"', "1"), ("null", "0")):
            self.assertNotEqual(json_value(a), json_value(b))
        one = self.state({"key": "a", "type": "int", "value": 1})
        other = self.state({"key": "a", "type": "json", "value": 1})
        self.assertEqual(checks.difference(one, other), {"a"})

    def test_deadlines_are_equal_within_a_slack_and_never_beside_none(self):
        def until(expires):
            return self.state({"key": "a", "type": "int", "value": 1, "expires": expires})

        self.assertEqual(checks.difference(until(4102444800000), until(4102444803000)), set())
        self.assertEqual(checks.difference(until(4102444800000), until(4102444900000)), {"a"})
        self.assertEqual(checks.difference(until(None), until(1000)), {"a"})

    def test_numbers_are_found_in_text(self):
        self.assertEqual(checks.numbers_of("It is 1,240.50 or 12 000, not x7; three."), [1240.5, 12000, 3])
        self.assertIn(220000.0, checks.numbers_of("Altogether 220,000."))
        self.assertIn(-4.0, checks.numbers_of("-4 degrees"))
        self.assertNotIn(13.0, checks.numbers_of("130"))

    def test_an_answer_is_searched_for_whole_words(self):
        self.assertEqual(list(checks.faults_of_answer("Metropolis", {"has": ["M"]})), ["the answer lacks M"])
        self.assertEqual(list(checks.faults_of_answer("the usa", {"has": [["United States", "USA"]]})), [])
        self.assertTrue(list(checks.faults_of_answer("Bo too", {"lacks": ["bo"]})))
        self.assertTrue(list(checks.faults_of_answer("I did.", {"declines": True})))
        self.assertFalse(list(checks.faults_of_answer("I can't.", {"declines": True})))

    def attempt(self, undone, end, **outcome):
        attempt = attempts.Attempt()
        attempt.state, attempt.undone = end, undone
        attempt.outcomes = [{"kind": "ai", "decision": "none", "plan": None, "answer": "x", "error": None} | outcome]
        return attempt

    def test_promises_of_the_program_are_watched(self):
        task = tasks.load([FOLDER])["people-ivan-birthday"]
        start = self.state({"key": "a", "type": "int", "value": 1})
        end = self.state({"key": "a", "type": "int", "value": 2})

        def plan(value, destroys=False):
            return {"destroys": destroys, "changes": [
                {"key": "a", "effect": "changed", "before": None, "after": {"type": "int", "value": value, "expires": None}},
            ]}

        def broken(**outcome):
            return checks.judge(task, self.attempt(start, end, **outcome), start, [end]).broken

        self.assertEqual(broken(decision="applied", plan=plan(2)), [])
        self.assertTrue(checks.judge(task, self.attempt(end, end, decision="applied", plan=plan(2)), start, [end]).broken)
        self.assertTrue(broken(decision="none"))
        self.assertTrue(broken(decision="refused", plan=plan(2)))
        self.assertTrue(broken(decision="applied", plan=plan(3)))
        self.assertTrue(broken(decision="applied", plan=plan(2, destroys=True)))
        task.word = "ask"
        self.assertTrue(broken(decision="applied", plan=plan(2)))

    def test_unintended_changes_are_counted_by_key(self):
        task = tasks.load([FOLDER])["people-ivan-birthday"]
        start = self.state(*({"key": key, "type": "int", "value": 1} for key in "abcd"))
        ending = dict(start, a=("int", checks.plain(2), 0))
        end = dict(start, a=("int", checks.plain(3), 0), b=("int", checks.plain(9), 0))
        del end["c"]
        verdict = checks.judge(task, self.attempt(start, end), start, [ending])
        self.assertEqual(verdict.unintended, 3)
        # What was to change and did not is a fault, and nothing unintended.
        verdict = checks.judge(task, self.attempt(start, start), start, [ending])
        self.assertEqual((verdict.unintended, verdict.passed), (0, False))

    def test_shares_of_once_and_always(self):
        task = tasks.load([FOLDER])["people-ivan-birthday"]
        good, bad = checks.Verdict(), checks.Verdict()
        bad.faults.append("no")
        rows = [
            report.Row(task, [attempts.Attempt()] * 2, [good, good]),
            report.Row(task, [attempts.Attempt()] * 2, [good, bad]),
        ]
        self.assertEqual(report.sum_of("all", rows)[2:4], ["75.0%", "50.0%"])
        out = io.StringIO()
        report.show(rows, 2, out)
        self.assertIn("pass^2", out.getvalue())


class Scripts(unittest.TestCase):
    def test_a_script_says_what_it_has_read(self):
        names = {}
        entry = {"from": {"price": r"price (\d+\.\d+)"}, "say": "put <<round(price * 1.1, 2)>>"}
        self.assertEqual(scripted.reply_of(entry, "price 39.50", names), "put 43.45")
        self.assertEqual(scripted.reply_of("it was <<price>>", "", names), "it was 39.50")
        entry = {"each": r"^(?P<k>\w+) (?P<n>\d+)$", "say": "incr <<k>> <<n + 1>>", "omit": 1}
        self.assertEqual(scripted.reply_of(entry, "a 1\nb 2\nc 3", {}), "incr a 2\nincr b 3")

    def test_a_script_that_does_not_find_its_data_says_nothing(self):
        for entry in ({"from": {"a": "x"}, "say": "<<a>>"}, {"each": "x", "say": "y"}, "<<unknown>>", "<<open(1)>>"):
            with self.assertRaises(scripted.Stray):
                scripted.reply_of(entry, "nothing of the kind", {})

    def test_a_conversation_has_to_hold_the_request(self):
        conversation = scripted.Conversation(["Who?"], ["Me.", "You."])
        ask = [{"role": "user", "content": "sketch\nWho?"}]
        self.assertEqual(conversation.answer(ask), "Me.")
        with self.assertRaises(scripted.Stray):
            conversation.answer([{"role": "user", "content": "What?"}])
        # Without a turn of the model it begins anew.
        self.assertEqual(conversation.answer(ask), "Me.")
        self.assertEqual(conversation.answer([*ask, {"role": "assistant", "content": "Me."}]), "You.")
        with self.assertRaises(scripted.Stray):
            conversation.answer([*ask, {"role": "assistant", "content": "You."}])


class WithProgram(unittest.TestCase):
    def setUp(self):
        if binary is None:
            self.skipTest("no program was named")

    def test_endings_are_what_the_data_say(self):
        program, starts = attempts.Program(binary), {}
        for task in tasks.load([FOLDER]).values():
            content = expected.read(task.database)
            changes = expected.CHANGES.get(task.name.removesuffix("-yes"), lambda _: {})(expected.Data(content))
            self.assertEqual(task.writes(), bool(changes), task.name)
            with attempts.init_file(task) as init:
                same_start = (task.database, *task.setup)
                start = starts[same_start] = starts.get(same_start) or program.state(init)
                wanted = []
                for commands in task.endings:
                    end = program.state(init, commands) if commands else start
                    changed = checks.difference(start, end)
                    self.assertEqual(changed, set(changes), task.name)
                    same = all(self.is_value(end.get(key), value, start.get(key)) for key, value in changes.items())
                    wanted.append(same)
                self.assertTrue(any(wanted), task.name)

    def is_value(self, record, value, before):
        """Whether a key holds `value`; what a set-up has put into the database beside it is let be."""
        if record is None or value is None:
            return record is None and value is None
        if isinstance(value, dict) and before is not None:
            old = dict(before[1][1])
            same = {name: item for name, item in record[1][1]}
            plain = {name: checks.plain(item) for name, item in value.items()}
            names = {name for name in plain if same.get(name) != plain[name]}
            # A member that differs is one that the set-up wrote and the request left.
            return same.keys() == plain.keys() and all(old.get(name) == same[name] for name in names)
        return record[1] == checks.plain(value)

    def test_some_tasks_pass_on_their_scripts_and_on_what_that_recorded(self):
        with tempfile.TemporaryDirectory() as folder:
            rows = os.path.join(folder, "rows.jsonl")
            recordings = os.path.join(folder, "recordings")
            status, output = run("--record", recordings, *few())
            self.assertEqual(status, 0, output)
            self.assertIn("eval: 6 passed, 0 failed", output)
            status, output = run("--replay", recordings, "--runs", "2", "--json", rows, *few())
            self.assertEqual(status, 0, output)
            self.assertIn("eval: 6 passed, 0 failed", output)
            with open(rows, encoding="utf-8") as file:
                parsed = [json.loads(line) for line in file]
            self.assertEqual([row["passed"] for row in parsed], [2] * 6)
            # On another task's recording it has to fail.
            os.replace(os.path.join(recordings, FEW[1] + ".jsonl"), os.path.join(recordings, FEW[2] + ".jsonl"))
            status, output = run("--replay", recordings, "--task", FEW[2])
            self.assertEqual(status, 1, output)

    def test_wrong_scripts_are_caught(self):
        status, output = run("--wrong", *few())
        self.assertEqual(status, 0, output)
        self.assertRegex(output, r"eval: (2\d|1\d) wrong scripts of \1 caught, 0 promises broken")

    def test_a_check_that_lets_everything_pass_is_found_out(self):
        with tempfile.TemporaryDirectory() as folder:
            os.mkdir(os.path.join(folder, "tasks"))
            os.symlink(os.path.join(FOLDER, "databases"), os.path.join(folder, "databases"))
            task = {"name": "lax", "kind": "look-up", "database": "people", "request": "Who?", "word": "ask",
                    "expect": {}, "script": ["Me."]}
            with open(os.path.join(folder, "tasks", "lax.json"), "w", encoding="utf-8") as file:
                json.dump([task], file)
            status, output = run("--wrong", "--tasks", folder)
            self.assertEqual(status, 1, output)
            self.assertIn("lax: NOT CAUGHT: silent", output)

    def test_without_a_model_it_says_so(self):
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "XDG_CONFIG_HOME": "/nonexistent"}
        done = subprocess.run(
            [sys.executable, os.path.join(FOLDER, "run.py"), "--binary", binary, "--task", FEW[0], "--", "--ai", "gemini"],
            capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL, timeout=300,
        )
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertIn("GEMINI_API_KEY", done.stderr)


def main():
    global binary
    parser = argparse.ArgumentParser(description="Tests of the eval itself.")
    parser.add_argument("--binary", help="the program under test")
    parser.add_argument("-v", action="store_true", help="name every test")
    options = parser.parse_args()
    binary = os.path.abspath(options.binary) if options.binary else None
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2 if options.v else 1).run(suite)
    failed = {test.id() for test, _ in result.failures + result.errors}
    skipped = len(result.skipped)
    print(f"{result.testsRun - len(failed) - skipped} passed, {len(failed)} failed"
          + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or result.testsRun == 0 else 0


if __name__ == "__main__":
    sys.exit(main())

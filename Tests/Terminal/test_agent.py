"""ask and ai on a real terminal, with a model that is scripted."""

import os
import re
import signal
import stat
import tempfile
import threading

import terminal
from scripted_model import ScriptedModel
from terminal import TIMEOUT_SECONDS, TerminalTestCase

INTERRUPT = "\x03"
KEY = "sk-test-4f9a8b7c6d5e4f3a2b1c"
QUESTION = r"Apply \d+ changes?\? \[y\]es \[n\]o \[s\]how all \[e\]dit \Z"
REMOVAL = ("QUERY WRITE: del ivan", "Ivan is gone.")
BIRTHDAY = ("QUERY READ: get ivan", "QUERY WRITE: incr ivan $.age", "Ivan is 31 now.")
RAW = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]")


class AgentTestCase(TerminalTestCase):
    def model(self, *replies, **options):
        model = ScriptedModel(*replies, **options)
        self.addCleanup(model.close)
        return model

    def arguments(self, model, *more):
        init = self.home.write("init.qrrot", 'put ivan {"name":"ivan","age":30}\n')
        return ["--init", init, "--ai", "openai", "--ai-url", model.url, *more]

    def shell(self, model, *more, **options):
        options.setdefault("OPENAI_API_KEY", KEY)
        return self.start(*self.arguments(model, *more), **options)

    def shell_on_disk(self, model, *more):
        """The same on a database in a folder; returns it with the folder."""
        database = tempfile.mkdtemp(dir=self.home.work)
        shell = self.spawn(*self.arguments(model, *more), database, OPENAI_API_KEY=KEY)
        shell.expect(r"qrrot \S+> \Z")
        return shell, database

    def assertWorks(self, shell, ivan=1):
        """The prompt is back, and ivan is there or not."""
        self.assertEqual(shell.run("exists ivan"), str(ivan))

    def ask(self, shell, line="ai remove ivan"):
        shell.send(line + "\r").expect(QUESTION)
        return shell


class RequestTests(AgentTestCase):
    def test_the_screen_of_a_request(self):
        shell = self.shell(self.model(*BIRTHDAY))
        shell.run("ai if the user ivan exists, increment his age")
        lines = [line.rstrip() for line in shell.screen_since_send().lines()]
        self.assertIn('  · get ivan → {"name":"ivan","age":30}', lines)
        self.assertIn("Ivan is 31 now.", lines)
        self.assertIn("  Plan: 1 change", lines)
        self.assertTrue(any(line.startswith("    ~ ivan") and "30 → 31" in line for line in lines), lines)
        last = next(line for line in lines if "Applied." in line)
        self.assertRegex(last, r"^  Applied\. `undo` takes it back\. +2 steps · 330 tokens · [\d.]+ s$")
        self.assertEqual(len(last), 80)
        self.assertEqual(shell.run("get ivan $.age"), "31")
        self.assertEqual(shell.run("undo"), 'ivan json {"name":"ivan","age":30}')

    def test_follow_ups_and_the_forms_of_ai(self):
        model = self.model("Hello.", "Hello again.")
        shell = self.shell(model)
        shell.run("ask hello")
        shell.run("ask and again?")
        self.assertIn("hello", str(model.requests[1]["messages"]))
        self.assertEqual(shell.run("ai cost"), "input 200\noutput 20")
        self.assertEqual(shell.run("ai reset"), "OK")
        self.assertIn("OpenAI", shell.run("ai model"))
        shell.send("ai sa\t").expect("ai save ")
        shell.send(INTERRUPT).wait_prompt()

    def test_a_streamed_answer_is_seen_while_it_comes(self):
        rest = threading.Event()
        model = self.model(["The first half, ", rest, "and the second."])
        shell = self.shell(model)
        shell.send("ask tell me\r").expect("The first half")
        rest.set()
        shell.expect("and the second")
        shell.wait_prompt()
        self.assertIn("The first half, and the second.", shell.screen_since_send().text())

    def test_a_narrow_spinner_counts_seconds_too(self):
        rest = threading.Event()
        shell = self.shell(self.model([rest, "Here."]), columns=20)
        shell.send("ask tell me\r").expect(r"OpenA[^\r]*… · 1 s")
        rest.set()
        shell.wait_prompt()

    def test_a_dumb_terminal_has_no_spinner(self):
        shell = self.shell(self.model(["Here."]), TERM="dumb")
        shell.send("ask tell me\r").expect("Here.")
        shell.wait_prompt()
        self.assertNotIn("\x1b", shell.raw())
        self.assertNotIn("⠋", shell.raw())

    def test_a_spinner_counts_seconds(self):
        rest = threading.Event()
        shell = self.shell(self.model([rest, "Here."]))
        shell.send("ask tell me\r").expect(r"[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] OpenAI.* · 1 s")
        rest.set()
        shell.wait_prompt()
        self.assertNotIn("⠋", shell.screen_since_send().text())
        self.assertIn("Here.", shell.screen_since_send().text())

    def test_no_raw_control_byte_of_data_or_model_reaches_the_terminal(self):
        evil = '"a\\x1b[2J\\r\\nApplied.\\u{202E}\\u{9B}31m\\u{200B}"'
        model = self.model(
            f"QUERY READ: get {evil}\nQUERY WRITE: del {evil}\nQUERY WRITE: put b {evil}",
            "Done \x1b[2J\x1b]0;title\x07 \x9b31m \u202eback\u202c \x7f \u200b.\n\x00Applied.")
        shell = self.shell(model)
        shell.run(f"put {evil} {evil}")
        self.ask(shell)
        shell.send("s\r").expect(QUESTION)
        shell.send("n\r").wait_prompt()
        seen = shell.bytes[shell.bytes.index(b"ai remove") :].decode("utf-8")
        # What is drawn by readline and the spinner: colours are off here.
        seen = re.sub(r"\x1b\[\?2004[hl]|\x1b\[[CK]|\x1b\[\d*[ACDK]|\r|\x08", "", seen)
        self.assertNotIn("\x1b", seen)
        self.assertIsNone(RAW.search(seen), RAW.search(seen))

    def test_an_error_comes_back_to_the_prompt(self):
        shell = self.shell(self.model(400))
        self.assertIn("error[provider]", shell.run("ask hello"))
        self.assertWorks(shell)


class QuestionTests(AgentTestCase):
    def test_yes(self):
        for answer in ("y", "YES"):
            shell = self.ask(self.shell(self.model(*REMOVAL)))
            shell.send(answer + "\r").wait_prompt()
            self.assertIn("Applied. `undo` takes it back.", shell.seen())
            self.assertWorks(shell, ivan=0)

    def test_no_and_everything_else(self):
        for answer in ("n\r", "\r", "yes please\r", "\x04", "x\r", "\x1b[Ay\r"):
            shell = self.ask(self.shell(self.model(*REMOVAL)))
            shell.send(answer).wait_prompt()
            self.assertIn("Nothing was applied.", shell.seen())
            self.assertWorks(shell)

    def test_the_end_of_the_terminal(self):
        shell, database = self.shell_on_disk(self.model(*REMOVAL))
        self.ask(shell)
        shell.child.close(force=False)
        shell.child.wait()
        self.assertEqual(self.run_plain("-c", "exists ivan", database).stdout, b"1\n")

    def test_control_c_at_the_question(self):
        shell = self.ask(self.shell(self.model(*REMOVAL)))
        shell.send(INTERRUPT).wait_prompt()
        self.assertIn("error[interrupted]", shell.seen())
        self.assertWorks(shell)

    def test_control_c_while_the_model_is_waited_for(self):
        model = self.model([threading.Event()])
        shell = self.shell(model)
        shell.send("ai remove ivan\r")
        self.assertTrue(model.asked.acquire(timeout=TIMEOUT_SECONDS))
        shell.expect("OpenAI")
        shell.send(INTERRUPT).wait_prompt()
        self.assertIn("error[interrupted]", shell.seen())
        self.assertTrue(model.left.wait(TIMEOUT_SECONDS), "the connection is closed")
        self.assertWorks(shell)

    def test_control_c_while_the_answer_streams(self):
        model = self.model(REMOVAL[0], ["Ivan is ", threading.Event(), "gone."])
        shell = self.shell(model)
        shell.send("ai remove ivan\r").expect("Ivan is")
        shell.send(INTERRUPT).wait_prompt()
        self.assertIn("error[interrupted]", shell.seen())
        self.assertTrue(model.left.wait(TIMEOUT_SECONDS), "the connection is closed")
        self.assertWorks(shell)

    def test_show_all_then_yes_in_a_resized_terminal(self):
        long = "x" * 300
        model = self.model(f"QUERY WRITE: put ivan {long}", "Done.")
        shell = self.ask(self.shell(model))
        self.assertNotIn(long, shell.seen().replace("\r\n", ""))
        shell.resize(30, 50)
        # A question that is drawn anew for the new size is no answer to the `s`.
        shell.send("s\r").expect(f"{long}.*{QUESTION}")
        shell.resize(24, 100)
        shell.send("y\r").wait_prompt()
        self.assertEqual(shell.run("get ivan"), f'"{long}"')

    def test_what_was_typed_before_the_question_does_not_answer_it(self):
        rest = threading.Event()
        model = self.model(REMOVAL[0], [rest, "Ivan is gone."])
        shell = self.shell(model)
        shell.send("ai remove ivan\r")
        for _ in range(2):
            self.assertTrue(model.asked.acquire(timeout=TIMEOUT_SECONDS))
        shell.type("y\ryes\ry\r")
        shell.expect("y\r\nyes\r\ny")
        rest.set()
        shell.expect(QUESTION)
        shell.send("\r").wait_prompt()
        self.assertIn("Nothing was applied.", shell.seen())
        self.assertWorks(shell)

    def test_pasted_lines_do_not_answer_it_and_do_not_run(self):
        shell = self.shell(self.model(*REMOVAL))
        shell.paste("ai remove ivan\ny\nyes\nput hurt 1\n")
        shell.expect("put hurt 1")
        shell.send("\r").expect(QUESTION)
        shell.send("\r").wait_prompt()
        self.assertIn("what was pasted behind the question was dropped", shell.seen())
        self.assertWorks(shell)
        self.assertEqual(shell.run("exists hurt"), "0")

    def test_a_paste_without_brackets_does_not_answer_it(self):
        shell = self.shell(self.model(*REMOVAL))
        shell.send("ai remove ivan\ry\ry\ry\r").expect(QUESTION)
        shell.send("\r").wait_prompt()
        self.assertWorks(shell)

    def test_an_edited_plan_is_asked_about_anew(self):
        path = self.home.write("editor", '#!/bin/sh\necho "put ada 5" > "$1"\n', mode=0o700)
        shell = self.ask(self.shell(self.model(*REMOVAL), EDITOR=path, TMPDIR=self.home.path))
        shell.send("e\r").expect(QUESTION)
        self.assertIn("+ ada", shell.seen())
        shell.send("y\r").wait_prompt()
        self.assertEqual(shell.run("keys"), "ada\nivan")
        self.assertEqual([name for name in os.listdir(self.home.path) if name.startswith("qrrot-plan")], [])

    def test_an_editor_that_fails_or_changes_nothing_applies_nothing(self):
        for script in ("exit 1", ":", ': > "$1"', 'echo garbage > "$1"', 'rm "$1"'):
            path = self.home.write("editor", f"#!/bin/sh\n{script}\n", mode=0o700)
            shell = self.ask(self.shell(self.model(*REMOVAL), EDITOR=path, TMPDIR=self.home.path))
            shell.send("e\r").wait_prompt()
            self.assertWorks(shell)
            self.assertEqual([name for name in os.listdir(self.home.path) if name.startswith("qrrot-plan")], [])

    def test_an_editor_has_the_terminal(self):
        path = self.home.write(
            "editor", '#!/bin/sh\nprintf "edit> "; read answer; echo "put $answer 1" > "$1"\n', mode=0o700)
        shell = self.ask(self.shell(self.model(*REMOVAL), VISUAL=path))
        shell.send("e\r").expect("edit> ")
        shell.send("mine\r").expect(QUESTION)
        shell.send("y\r").wait_prompt()
        self.assertEqual(shell.run("keys"), "ivan\nmine")

    def test_control_z_and_back(self):
        model = self.model(*REMOVAL)
        outer = self.spawn(
            "--norc", "-i", command="/bin/bash", PS1="outer$ ", HISTFILE="/dev/null", TERM="xterm", OPENAI_API_KEY=KEY)
        outer.expect(r"outer\$ ")
        outer.send(" ".join([terminal.binary, *self.arguments(model)]) + "\r").wait_prompt()
        self.ask(outer)
        outer.send("\x1a").expect(r"outer\$ ")
        self.assertIn("Stopped", outer.seen())
        outer.send("fg\r").expect(QUESTION)
        outer.send("y\r").wait_prompt()
        self.assertWorks(outer, ivan=0)

    def test_a_plan_that_nobody_sees_is_not_asked_about(self):
        model = self.model(*REMOVAL)
        outer = self.spawn("-c", 'exec "$0" "$@" 2>/dev/null', terminal.binary, *self.arguments(model),
                           command="/bin/sh", OPENAI_API_KEY=KEY)
        outer.wait_prompt()
        outer.send("ai remove ivan\r").wait_prompt()
        self.assertNotIn("Apply", outer.seen())
        self.assertWorks(outer)

class EndingTests(AgentTestCase):
    def test_signals_at_the_question_end_the_program(self):
        for number, status in ((signal.SIGTERM, 143), (signal.SIGHUP, 129)):
            shell, database = self.shell_on_disk(self.model(*REMOVAL))
            self.ask(shell)
            os.kill(shell.child.pid, number)
            self.assertEqual(shell.end(), status)
            self.assertEqual(self.run_plain("-c", "exists ivan", database).stdout, b"1\n")

    def test_signals_while_the_model_is_waited_for(self):
        for number, status in ((signal.SIGTERM, 143), (signal.SIGHUP, 129)):
            model = self.model([threading.Event()])
            shell = self.shell(model)
            shell.send("ai remove ivan\r")
            self.assertTrue(model.asked.acquire(timeout=TIMEOUT_SECONDS))
            os.kill(shell.child.pid, number)
            self.assertEqual(shell.end(), status)

    def test_a_signal_while_the_editor_runs(self):
        path = self.home.write("editor", '#!/bin/sh\necho edits; exec sleep 100\n', mode=0o700)
        shell = self.ask(self.shell(self.model(*REMOVAL), EDITOR=path, TMPDIR=self.home.path))
        shell.send("e\r").expect("edits")
        os.kill(shell.child.pid, signal.SIGTERM)
        self.assertEqual(shell.end(), 143)
        self.assertEqual([name for name in os.listdir(self.home.path) if name.startswith("qrrot-plan")], [])


class KeyTests(AgentTestCase):
    def files(self):
        for folder, _, names in os.walk(self.home.path):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    yield name, file.read()

    def test_the_key_is_shown_nowhere_and_kept_nowhere(self):
        model = self.model(f"Your key is {KEY}.", f"QUERY WRITE: put k {KEY}", "It is refused.")
        record = self.home.work + "/record.jsonl"
        shell, database = self.shell_on_disk(model, "--ai-record", record)
        shell.send("ask what is my key?\r").expect(r"Your key is \[key\]\..*> \Z")
        shell.send("ai keep my key\r").expect(r"It is refused\..*> \Z")
        self.assertEqual(shell.leave(), 0)
        self.assertNotIn(KEY.encode(), shell.bytes)
        sent = {name.lower(): value for name, value in model.headers[0].items()}
        self.assertEqual(sent["authorization"], f"Bearer {KEY}")
        self.assertNotIn(KEY, str(model.requests))
        self.assertEqual(stat.S_IMODE(os.stat(record).st_mode), 0o600)
        for name, content in self.files():
            self.assertNotIn(KEY.encode(), content, name)
        self.assertEqual(self.run_plain("-c", "keys", database).stdout, b"ivan\n")

    def test_a_line_with_the_key_stays_out_of_the_history(self):
        shell = self.shell(self.model())
        shell.run(f"put k {KEY}")
        shell.run("size")
        self.assertEqual(shell.leave(), 0)
        self.assertEqual(self.home.history(), "size\n")

    def test_a_typed_key_is_not_shown(self):
        # Nothing answers there, so the request is never sent; it is the key that matters here.
        shell = self.start("--ai", "gemini", HTTPS_PROXY="http://127.0.0.1:1")
        shell.send("ask hello\r").expect(r"The key for gemini, .*\(not shown; Enter for none\): ")
        self.assertIn("GEMINI_API_KEY", shell.seen())
        shell.type(KEY + "\r")
        shell.expect("retrying|Gemini")
        shell.send(INTERRUPT).wait_prompt()
        self.assertEqual(shell.run("size"), "0")
        shell.send("ai model\r").expect("Gemini: ")
        shell.wait_prompt()
        self.assertEqual(shell.leave(), 0)
        self.assertNotIn(KEY.encode(), shell.bytes)
        for name, content in self.files():
            self.assertNotIn(KEY.encode(), content, name)
        self.assertEqual(self.home.history(), "ask hello\nsize\nai model\n")

    def test_control_c_at_the_hidden_line(self):
        shell = self.start("--ai", "gemini")
        shell.send("ask hello\r").expect("Enter for none\\): ")
        shell.send(INTERRUPT).wait_prompt()
        self.assertEqual(shell.run("size"), "0")
        self.assertEqual(shell.leave(), 0)
        self.assertTrue(shell.is_cooked())


class PlainTests(AgentTestCase):
    def run_agent(self, model, *lines, options=(), **environment):
        arguments = self.arguments(model, *options)
        for line in lines:
            arguments += ["-c", line]
        environment.setdefault("OPENAI_API_KEY", KEY)
        return self.run_plain(*arguments, **environment)

    def test_a_question_answers_on_standard_output_alone(self):
        result = self.run_agent(self.model("QUERY READ: count", "There is 1."), "ask how many?")
        self.assertEqual(result.stdout, b"There is 1.\n")
        self.assertEqual(result.returncode, 0)
        self.assertIn("  · count → 1\n", result.stderr.decode())

    def test_a_destructive_plan_needs_yes(self):
        result = self.run_agent(self.model(*REMOVAL), "ai remove ivan", "exists ivan")
        self.assertEqual(result.returncode, 1)
        self.assertIn("-c:1: error[refused]", result.stderr.decode())
        result = self.run_agent(self.model(*REMOVAL), "ai remove ivan", "exists ivan", options=["--yes"])
        self.assertEqual((result.returncode, result.stdout), (0, b"Ivan is gone.\n0\n"))

    def test_control_c_elsewhere_than_at_the_prompt_ends_the_run(self):
        shell = self.spawn(*self.arguments(self.model(*REMOVAL)), "-c", "ai remove ivan", "-c", "put a 1", OPENAI_API_KEY=KEY)
        shell.expect(QUESTION)
        shell.send(INTERRUPT)
        self.assertEqual(shell.end(), 130)
        shell = self.spawn(*self.arguments(self.model(*REMOVAL)), "-c", "ai remove ivan", OPENAI_API_KEY=KEY)
        shell.expect(QUESTION)
        shell.send("n\r")
        self.assertEqual(shell.end(), 1)

    def test_a_pager_after_a_request_gets_its_signals(self):
        shell = self.shell(self.model("Hello."), PAGER="while :; do sleep 1; done")
        shell.run("ask hello")
        shell.send("help\r")
        shell.wait(lambda: self.has_child(shell), "the pager")
        shell.send(INTERRUPT).wait_prompt()
        self.assertWorks(shell)

    @staticmethod
    def has_child(shell):
        try:
            with open(f"/proc/{shell.child.pid}/task/{shell.child.pid}/children", encoding="ascii") as file:
                return bool(file.read().strip())
        except OSError:
            return False

    def test_a_command_file_on_standard_input(self):
        model = self.model(*BIRTHDAY)
        result = self.run_plain(
            *self.arguments(model), stdin=b"ai increment his age\nget ivan $.age\n", OPENAI_API_KEY=KEY)
        self.assertEqual(result.stdout, b"Ivan is 31 now.\n31\n", result.stderr)

    def test_a_recording_answers_without_a_network(self):
        record = self.home.work + "/record.jsonl"
        model = self.model(*BIRTHDAY)
        first = self.run_agent(model, "ai increment ivan's age", options=["--ai-record", record])
        self.assertEqual(first.stdout, b"Ivan is 31 now.\n", first.stderr)
        model.close()
        init = self.home.path + "/init.qrrot"
        again = self.run_plain("--init", init, "--ai-replay", record, "-c", "ai increment ivan's age", "-c", "get ivan $.age")
        self.assertEqual(again.stdout, b"Ivan is 31 now.\n31\n", again.stderr)
        refused = self.run_agent(self.model(), "ai x", options=["--ai-record", record])
        self.assertIn("--yes", refused.stderr.decode())

    def test_flags_and_settings(self):
        for arguments, word in (
            (["-ai", "gemnii"], "gemini"), (["--ai=x"], "one of"), (["--ai-steps", "0"], "1 to 100"),
            (["--ai-confirm", "never"], "destructive"), (["--ai-temperature", "3"], "0 to 2"),
            (["--ai-max-tokens", "-1"], ""), (["--ai-model", ""], "empty"),
            (["--ai-record", "a", "--ai-replay", "b"], "together"),
        ):
            result = self.run_plain(*arguments, "-c", "size")
            self.assertEqual(result.returncode, 2, arguments)
            self.assertIn(word, result.stderr.decode())
        for name, value in (("QRROT_AI", "x"), ("QRROT_AI_STEPS", "many"), ("QRROT_AI_KEY", KEY)):
            self.assertEqual(self.run_plain("-c", "size", **{name: value}).returncode, 2, name)
        model = self.model("Hello.")
        result = self.run_plain(
            "-c", "ask hello", QRROT_AI="openai", QRROT_AI_URL=model.url, QRROT_AI_MODEL="mine", OPENAI_API_KEY=KEY)
        self.assertEqual(result.stdout, b"Hello.\n", result.stderr)
        self.assertEqual(model.requests[0]["model"], "mine")
        model = self.model("Hello.")
        result = self.run_plain("-ai", "openai", "--ai-url", model.url, "-c", "ask hello", OPENAI_API_KEY=KEY)
        self.assertEqual(result.stdout, b"Hello.\n", result.stderr)
        self.assertEqual(self.run_plain("-c", "-ai").returncode, 1, "a command, if it looks like that")

    def test_without_anybody_to_ask(self):
        result = self.run_plain("--ai", "gemini", "-c", "ask hello")
        self.assertEqual(result.returncode, 1)
        self.assertIn("-c:1: error[provider]", result.stderr.decode())
        self.assertIn("GEMINI_API_KEY", result.stderr.decode())

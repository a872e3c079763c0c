"""What Tab does."""

import os

from terminal import TerminalTestCase


class CompletionTests(TerminalTestCase):
    def completed(self, shell, typed):
        """The line after `typed` and one Tab, read off the screen."""
        shell.send(typed + "\t")
        # Whatever Tab does comes before the answer to a key that is typed after it.
        shell.type("|")
        shell.wait(lambda: shell.screen().lines()[-1].endswith("|"), "the line after Tab")
        line = shell.screen().lines()[-1]
        shell.send("\x03").wait_prompt()
        return line.split("> ", 1)[1][:-1]

    def listed(self, shell, typed):
        """The words that one Tab lists."""
        shell.send(typed + "\t")
        shell.expect(r"\n.*\n.*> ")
        words = shell.seen().split("\n", 1)[1].rsplit("\n", 1)[0].split()
        shell.send("\x03").wait_prompt()
        return words

    def test_command_names(self):
        shell = self.start()
        self.assertEqual(self.completed(shell, "rollb"), "rollback ")
        self.assertEqual(self.completed(shell, "ROLLB"), "rollback ")
        self.assertLessEqual({"exists", "exit"}, set(self.listed(shell, "ex")))

    def test_an_empty_line_lists_every_command(self):
        words = self.listed(self.start(), "")
        self.assertLessEqual({"put", "get", "keys", "undo", "help", "exit"}, set(words))

    def test_options_of_a_command(self):
        shell = self.start()
        self.assertEqual(self.completed(shell, "output j"), "output json ")
        self.assertEqual(sorted(self.listed(shell, "output ")), ["csv", "json", "raw", "table", "text"])
        self.assertEqual(self.completed(shell, "timing of"), "timing off ")
        self.assertEqual(sorted(self.listed(shell, "timing ")), ["off", "on"])
        self.assertEqual(self.completed(shell, "help rollb"), "help rollback ")

    def test_keys(self):
        shell = self.start()
        shell.run("put user:alpha 1")
        shell.run("put über:ß 2")
        self.assertEqual(self.completed(shell, "get us"), "get user:alpha ")
        self.assertEqual(self.completed(shell, "get user:al"), "get user:alpha ")
        self.assertEqual(self.completed(shell, "get üb"), "get über:ß ")
        self.assertEqual(self.completed(shell, "get nothing"), "get nothing")
        shell.send("get us\t\r").wait_prompt()
        self.assertEqual(shell.output(), "1")

    def test_a_search_among_too_many_keys_says_that_it_was_partial(self):
        # More keys than a debug build can look at in the time that a Tab may take.
        keys = self.write_keys(300_000)
        shell = self.start("--init", keys)
        shell.send("get nothing\t")
        shell.wait(lambda: "nothing found so far" in shell.screen().text(), "the note")
        shell.type("|")
        shell.wait(lambda: shell.screen().lines()[-1] == "qrrot> get nothing|", "the line drawn anew")

    def test_members_of_a_key(self):
        shell = self.start()
        shell.run('put user {"name": "Ivan", "first name": "I.", "address": {"street": "Main", "no": 1}, "tags": [{"id": 1}]}')
        shell.run('put other {"zip": 1}')
        for command in ["get", "put", "del", "incr", "decr"]:
            self.assertEqual(self.completed(shell, command + " user $.na"), command + " user $.name")
        self.assertEqual(self.completed(shell, "get user $.address.st"), "get user $.address.street")
        self.assertEqual(self.completed(shell, "get user $.tags[*].i"), "get user $.tags[*].id")
        self.assertEqual(self.completed(shell, "get user $.tags[?@.i"), "get user $.tags[?@.id")
        self.assertEqual(self.completed(shell, "get user $.zi"), "get user $.zi")
        self.assertEqual(self.completed(shell, "get other $.zi"), "get other $.zip")
        self.assertEqual(self.listed(shell, "get user $.address."), ["$.address.no", "$.address.street"])

    def test_members_that_need_brackets(self):
        shell = self.start()
        shell.run('put user {"first name": 1, "it\'s": 2, "plain": 3}')
        self.assertEqual(self.completed(shell, "get user $.fir"), "get user $['first name']")
        self.assertEqual(self.completed(shell, "get user $['fir"), "get user $['first name']")
        self.assertEqual(self.completed(shell, "get user $['first na"), "get user $['first name']")
        self.assertEqual(self.completed(shell, 'get user $["fir'), 'get user $["first name"]')
        self.assertEqual(self.completed(shell, "get user $['pl"), "get user $['plain']")
        self.assertEqual(self.completed(shell, "get user $.it"), "get user $['it\\'s']")
        shell.send("get user $.fir\t\r").wait_prompt()
        self.assertEqual(shell.output(), "1")

    def test_members_inside_a_transaction(self):
        shell = self.start()
        shell.run("begin")
        shell.run('put draft {"title": 1}')
        self.assertEqual(self.completed(shell, "get draft $.ti"), "get draft $.title")

    def test_several_keys_are_listed_by_one_tab(self):
        shell = self.start()
        for name in ["item:1", "item:2", "item:30"]:
            shell.run(f"put {name} 0")
        self.assertEqual(self.listed(shell, "get it"), ["item:1", "item:2", "item:30"])
        self.assertEqual(self.completed(shell, "get it"), "get item:")
        self.assertEqual(self.completed(shell, "get item:3"), "get item:30 ")

    def test_keys_with_blanks_are_quoted(self):
        shell = self.start()
        shell.run('put "two words" 7')
        for typed in ["get tw", 'get "tw', 'get "two w']:
            self.assertEqual(self.completed(shell, typed), 'get "two words" ')
        self.assertEqual(self.completed(shell, "get 'tw"), "get 'two words' ")
        shell.send("get tw\t\r").wait_prompt()
        self.assertEqual(shell.output(), "7")

    def test_keys_with_quotes_are_escaped(self):
        shell = self.start()
        shell.run(r'put "say \"hi\" now" 8')
        self.assertEqual(self.completed(shell, "get say"), r'get "say \"hi\" now" ')
        shell.send("get say\t\r").wait_prompt()
        self.assertEqual(shell.output(), "8")

    def test_a_bare_key_behind_an_open_quote(self):
        shell = self.start()
        shell.run("put plain 9")
        self.assertEqual(self.completed(shell, 'get "pl'), 'get "plain" ')
        self.assertEqual(self.completed(shell, "get 'pl"), "get 'plain' ")

    def test_keys_with_escape_sequences_are_shown_harmless(self):
        shell = self.start()
        shell.run(r'put "evil\x1b[2J1" 1')
        shell.run(r'put "evil\x1b[2J2" 2')
        shell.send("get ev\t").expect("evil.*evil")
        self.assertNotIn("\x1b[2J", shell.raw())

    def test_file_names(self):
        self.home.write("work/my file.qrrot", "put from-file 5\n")
        self.home.write("work/other.qrrot", "put other 6\n")
        shell = self.start()
        self.assertEqual(self.completed(shell, "source oth"), "source other.qrrot ")
        self.assertEqual(self.completed(shell, "source my"), 'source "my file.qrrot" ')
        self.assertEqual(self.completed(shell, 'source "my'), 'source "my file.qrrot" ')
        shell.send("source my\t\r").wait_prompt()
        self.assertEqual(shell.run("get from-file"), "5")

    def test_file_names_in_a_folder_and_in_the_home(self):
        os.mkdir(os.path.join(self.home.work, "a folder"))
        self.home.write("work/a folder/in it.qrrot", "put deep 1\n")
        self.home.write("top.qrrot", "put top 2\n")
        shell = self.start()
        shell.send("source a\t").expect('"a folder/')
        shell.type("\t\r")
        shell.wait_prompt()
        self.assertEqual(shell.run("get deep"), "1")
        shell.send("source ~/to\t\r").wait_prompt()
        self.assertEqual(shell.run("get top"), "2")

    def test_no_file_names_elsewhere(self):
        self.home.write("work/some-file", "")
        shell = self.start()
        self.assertEqual(self.completed(shell, "get some-f"), "get some-f")
        self.assertEqual(self.completed(shell, "put k some-f"), "put k some-f")

    def test_more_keys_than_are_looked_at(self):
        shell = self.start()
        shell.send(f"source {self.write_keys(3000)}\r").wait_prompt()
        shell.send("get key:\t").expect("--More--")
        shell.type("q")
        shell.expect("there may be more")
        shell.send("\x03").wait_prompt()

    def test_a_tab_among_many_keys(self):
        shell = self.start()
        shell.send(f"source {self.write_keys(200_000)}\r").wait_prompt()
        # Where not all could be looked at, the key may go on: no blank behind it.
        self.assertEqual(self.completed(shell, "get key:000004200").rstrip(), "get key:000004200")

    def test_a_continued_line_is_completed_as_a_part_of_its_command(self):
        shell = self.start()
        shell.send('put note "first\r').wait_continuation()
        shell.send('ge\t"\r').wait_prompt()
        self.assertEqual(shell.run("get note"), '"first\\nge"')

    def test_the_inputrc_of_the_user_wins(self):
        self.home.write(".inputrc", "set show-all-if-ambiguous off\n$if qrrot\nC-o: \"size\"\n$endif\n")
        shell = self.start()
        shell.send("ex\t").expect("ex")
        shell.send("X").expect("X")
        self.assertNotIn("exists", shell.screen().text())
        shell.send("\x03").wait_prompt()
        shell.send("\x0f").expect("size")
        shell.send("\r").wait_prompt()
        self.assertEqual(shell.output(), "0")

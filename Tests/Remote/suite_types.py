"""What other programs keep in Redis, as the shell shows it: hashes, lists, sets, sorted sets, streams, any bytes."""

import json

import served
import shells


class Types:
    """One server, a client that writes as other programs do, and the shell."""

    def __init__(self, options, checks, server, client, shell):
        self.options, self.checks, self.server, self.client, self.shell = options, checks, server, client, shell

    def put(self, *words):
        reply = self.client.ask(*words)
        if isinstance(reply, bytes) and reply[:3] == b"ERR":
            raise AssertionError(f"{words}: {reply}")

    def shows(self, line, *expected):
        """The reply in the shell's JSON form: each line as a JSON text, compared as values."""
        found = self.shell.ask(line)
        try:
            values = [json.loads(each) for each in found]
        except ValueError:
            values = found
        self.checks.equal(line, values, list(expected))

    def refuses(self, line, code, says=""):
        found = self.shell.ask(line)
        self.checks.true(f"{line} is error {code} and says {says!r}: {found}",
                         shells.code(found) == code and says in found[0])

    def refuses_places(self, *lines):
        """What has no places to write in is not written; which error says so depends on what it is shown as."""
        for line in lines:
            found = self.shell.ask(line)
            self.checks.true(f"{line} is an error: {found}", shells.code(found) in ("type", "path"))

    def holds(self, expected, *words):
        self.checks.equal(f"{words} afterwards", self.client.ask(*words), expected)


def run(options, checks):
    with served.running(served.Redis) as server, server.client() as client:
        with shells.Shell(options.binary, "--connect", f"redis://127.0.0.1:{server.port}") as shell:
            types = Types(options, checks, server, client, shell)
            for part in (strings, hashes, hash_fields, lists, sets, sorted_sets, streams, queries, refusals, any_bytes,
                         expiry, others):
                with checks.part(part.__name__):
                    client.ask("FLUSHALL")
                    part(types)


def strings(types):
    for value, type_, shown in (
        ("7", "int", 7), ("-9223372036854775808", "int", -(1 << 63)), ("0", "int", 0),
        ("07", "string", "07"), ("+7", "string", "+7"), ("-0", "string", "-0"),
        ("9223372036854775808", "string", "9223372036854775808"),
        ("", "string", ""), (" 7", "string", " 7"), ("1.5", "string", "1.5"), ("true", "string", "true"),
        ('{"a":1}', "json", {"a": 1}), ("[1, 2]", "json", [1, 2]), ('{"a":', "string", '{"a":'),
        ('"quoted"', "string", '"quoted"'), ("null", "string", "null"), ("ü", "string", "ü"),
    ):
        types.put("SET", "k", value)
        types.shows("type k", type_)
        types.shows("get k", shown)
    # What the shell writes is what others read.
    for literal, text in (("5", b"5"), ("word", b"word"), ('{"a":[1]}', b'{"a":[1]}'), ("as string 5x", b"5x")):
        types.shows(f"put w {literal}", "OK")
        types.holds(text, "GET", "w")
    types.put("SET", "n", "41")
    types.shows("incr n", 42)
    types.holds(b"42", "GET", "n")
    types.put("SET", "n", "9223372036854775807")
    types.refuses("incr n", "range")
    types.put("SET", "n", "text")
    types.refuses("incr n", "type")


def hashes(types):
    types.put("HSET", "h", "name", "Ivan", "age", "30", "tags", '["a","b"]', "empty", "")
    types.shows("type h", "hash")
    types.shows("get h $.name", "Ivan")
    types.shows("get h $.age", 30)
    types.shows("get h $.nothing", None)
    types.shows("get h", {"name": "Ivan", "age": 30, "tags": ["a", "b"], "empty": ""})
    types.shows("get h $.tags[1]", "b")
    types.shows("exists h", 1)
    types.put("HSET", "number", "x", "9223372036854775808", "y", "-5", "z", "007")
    types.shows("get number", {"x": "9223372036854775808", "y": -5, "z": "007"})


def hash_fields(types):
    types.put("HSET", "h", "name", "Ivan", "age", "30", "more", '{"c":1}')
    types.shows("put h $.name Anna", "OK")
    types.holds(b"Anna", "HGET", "h", "name")
    types.shows("put h $.city \"New York\"", "OK")
    types.holds(b"New York", "HGET", "h", "city")
    types.shows("incr h $.age", 31)
    types.holds(b"31", "HGET", "h", "age")
    types.shows("del h $.city", 1)
    types.holds(None, "HGET", "h", "city")
    types.shows("put h $.more.c 2", "OK")
    types.holds(b'{"c":2}', "HGET", "h", "more")
    types.shows("del h $.more", 1)
    types.holds(b"hash", "TYPE", "h")
    types.shell.ask("undo 2")
    types.holds(b'{"c":1}', "HGET", "h", "more")
    types.shell.ask("undo")
    types.holds(b"New York", "HGET", "h", "city")
    types.shell.ask("undo 3")
    types.holds(b"Ivan", "HGET", "h", "name")
    types.holds(b"30", "HGET", "h", "age")
    types.holds(3, "HLEN", "h")
    # The same in a transaction, and what somebody else does meanwhile.
    types.shell.ask("begin")
    types.shell.ask("put h $.name Boris")
    types.holds(b"Ivan", "HGET", "h", "name")
    types.shows("commit", "OK")
    types.holds(b"Boris", "HGET", "h", "name")
    types.shell.ask("begin")
    types.shell.ask("put h $.name Carla")
    types.put("HSET", "h", "name", "Zoe")
    types.refuses("commit", "conflict")
    types.holds(b"Zoe", "HGET", "h", "name")


def lists(types):
    types.put("RPUSH", "l", "a", "2", '{"x":1}')
    types.shows("type l", "list")
    types.shows("get l", ["a", 2, {"x": 1}])
    types.shows("get l $[0]", "a")
    types.shows("get l $[-1].x", 1)


def sets(types):
    types.put("SADD", "s", "b", "a", "3")
    types.shows("type s", "set")
    found = types.shell.ask("get s")
    types.checks.equal("get s", sorted(map(str, json.loads(found[0]))), ["3", "a", "b"])


def sorted_sets(types):
    types.put("ZADD", "z", "1.5", "one", "-2", "two", "10", "ten")
    types.shows("type z", "zset")
    found = json.loads(types.shell.ask("get z")[0])
    types.checks.true(f"get z: {found}", all(name in json.dumps(found) for name in ("one", "two", "ten", "1.5", "-2")))
    types.put("ZADD", "inf", "+inf", "most", "-inf", "least")
    types.checks.equal("infinite scores are no error", shells.code(types.shell.ask("get inf")), "")


def streams(types):
    types.put("XADD", "x", "5-1", "temperature", "20", "place", "Oslo")
    types.put("XADD", "x", "6-0", "temperature", "21")
    types.shows("type x", "stream")
    found = json.loads(types.shell.ask("get x")[0])
    types.checks.true(f"get x: {found}", isinstance(found, list) and len(found) == 2 and "5-1" in json.dumps(found[0]))
    types.checks.true("a field of an entry", "Oslo" in json.dumps(found[0]))


def queries(types):
    for number, (name, age) in enumerate((("Ivan", 30), ("Anna", 41), ("Boris", 25))):
        types.put("HSET", f"user:{number}", "name", name, "age", str(age))
    types.put("SET", "user:3", '{"name":"Carla","age":50}')
    types.put("SET", "user:text", "no document")
    types.put("RPUSH", "list:1", "3", "4")
    types.shows("count user:* where @.age > 28", 3)
    types.shows("find user:* where @.age > 28 select $.name as name order by $.age desc",
                [{"key": "user:3", "name": "Carla"}, {"key": "user:1", "name": "Anna"},
                 {"key": "user:0", "name": "Ivan"}])
    types.shows("sum $.age user:?", 146)
    types.shows("max $.name user:*", "Ivan")
    types.shows("count where @[0] == 3", 1)
    types.shows("keys user:?", ["user:0", "user:1", "user:2", "user:3"])
    types.shows("size", 6)


def refusals(types):
    """What is not made of fields can't be written in places, nor replaced without being removed."""
    for words in (("RPUSH", "k", "1"), ("SADD", "k", "1"), ("ZADD", "k", "1", "a"), ("XADD", "k", "1-1", "a", "1")):
        types.client.ask("DEL", "k")
        types.put(*words)
        before = types.client.ask("DUMP", "k")
        types.refuses("put k 1", "type")
        types.refuses("incr k", "type")
        types.refuses_places("put k $.a 1", "put k $[0] 99", "put k $ [99]", "incr k $[0]")
        types.shell.ask("del k $[0]")
        types.holds(before, "DUMP", "k")
    types.client.ask("DEL", "k")
    types.put("HSET", "k", "a", "1", "b", '{"c":1}')
    types.refuses("put k 1", "type")
    types.holds(2, "HLEN", "k")
    # But whole they can be removed, and come back.
    types.shows("del k", 1)
    types.holds(0, "EXISTS", "k")
    types.shell.ask("undo")
    types.holds(b"1", "HGET", "k", "a")


def any_bytes(types):
    key, field, value = b"k\x00\xff\n key", b"f\x00\xfe", b"v\x00\xff\r\n"
    types.client.ask("SET", key, value)
    shown = types.shell.ask("keys")
    types.checks.equal("a key of any bytes is shown", shells.code(shown), "")
    literal = '"k\\0\\xff\\n key"'
    types.shows(f"exists {literal}", 1)
    types.checks.equal(f"get {literal}", shells.code(types.shell.ask(f"get {literal}")), "")
    types.shows(f"put {literal} \"\\xfe\\0\"", "OK")
    types.holds(b"\xfe\x00", "GET", key)
    types.shell.ask("undo")
    types.holds(value, "GET", key)
    types.shows(f"del {literal}", 1)
    types.client.ask("HSET", b"h", field, value, b"plain", b"1")
    for line in ("get h", "get h $.plain", "type h", "find where @.plain == 1"):
        types.checks.equal(f"{line}, with a field of any bytes", shells.code(types.shell.ask(line)), "")
    types.holds(value, "HGET", "h", field)
    types.put("SET", "", "empty key")
    types.checks.equal("an empty key does no harm", shells.code(types.shell.ask("keys")), "")


def expiry(types):
    types.put("SET", "k", "1")
    types.shows("ttl k", -1)
    types.shows("expire k 1000", 1)
    left = types.client.ask("PTTL", "k")
    types.checks.true(f"PTTL {left}", 990_000 < left <= 1_000_000)
    types.shows("incr k", 2)
    types.checks.true("a write inside keeps the deadline", types.client.ask("PTTL", "k") > 980_000)
    types.shows("persist k", 1)
    types.holds(-1, "PTTL", "k")
    types.shows("expireat k 32503680000000", 1)
    types.holds(32503680000000, "PEXPIRETIME", "k")
    types.put("HSET", "h", "a", "1")
    types.shows("expire h 1000", 1)
    types.shows("put h $.a 2", "OK")
    types.checks.true("a field's write keeps the deadline", types.client.ask("TTL", "h") > 980)


def others(types):
    """What another client does between two commands is seen, and a conflict inside a transaction."""
    types.put("SET", "k", "1")
    types.shows("get k", 1)
    types.put("SET", "k", "2")
    types.shows("get k", 2)
    types.shows("put k 3", "OK")
    types.put("SET", "k", "4")
    types.refuses("undo", "conflict")
    types.holds(b"4", "GET", "k")
    types.shell.ask("begin")
    types.shows("get k", 4)
    types.shell.ask("put other 1")
    types.put("SET", "k", "5")
    types.refuses("commit", "conflict")
    types.holds(0, "EXISTS", "other")

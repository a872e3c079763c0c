"""redis-py, and valkey-py, which grew out of it and has the same names: one list of checks for both."""

import os
import threading

import suites

VERSIONS = (2, 3)


def run(options, checks, library, client_class):
    """`library` is the package, `client_class` the name of its client."""
    make = getattr(library, client_class)
    with suites.plain(options) as server:
        for version in VERSIONS:
            with checks.part(f"protocol {version}"):
                client = make(host="127.0.0.1", port=server.port, protocol=version, decode_responses=True)
                client.flushall()
                for body in (strings, keys, expiry, pipelines, transactions, servers, documents, errors):
                    with checks.part(f"{body.__name__}, protocol {version}"):
                        body(checks, client, library)
                client.close()
        for version in VERSIONS:
            with checks.part(f"bytes, protocol {version}"):
                binary(checks, make(host="127.0.0.1", port=server.port, protocol=version))
        with checks.part("many threads"):
            threads(checks, make(host="127.0.0.1", port=server.port))
    with checks.part("a password"), suites.with_password(options) as server:
        passwords(checks, library, make, server)
    with checks.part("TLS"), suites.with_tls(options) as server:
        tls(checks, library, make, server)


def strings(checks, client, _):
    equal = checks.equal
    equal("set", client.set("a", "1"), True)
    equal("get", client.get("a"), "1")
    equal("get of nothing", client.get("nokey"), None)
    equal("set nx", client.set("a", "2", nx=True), None)
    equal("set get", client.set("a", "3", get=True), "1")
    equal("set ex", client.set("a", "4", ex=100), True)
    equal("ttl", client.ttl("a") in (99, 100), True)
    equal("set keepttl", client.set("a", "5", keepttl=True), True)
    equal("getex", client.getex("a", persist=True), "5")
    equal("getdel", client.getdel("a"), "5")
    equal("mset", client.mset({"x": 1, "y": 2}), True)
    equal("mget", client.mget("x", "y", "nokey"), ["1", "2", None])
    equal("msetnx", client.msetnx({"x": 1, "z": 2}), False)
    equal("append", client.append("t", "hello"), 5)
    equal("getrange", client.getrange("t", 1, 3), "ell")
    equal("setrange", client.setrange("t", 1, "E"), 5)
    equal("strlen", client.strlen("t"), 5)
    equal("incr", [client.incr("n"), client.incrby("n", 5), client.decr("n"), client.decrby("n", 2)], [1, 6, 5, 3])
    equal("incrbyfloat", client.incrbyfloat("f", 1.5), 1.5)
    equal("setnx", [client.setnx("new", 1), client.setnx("new", 2)], [True, False])
    equal("a long text", client.set("long", "x" * 1_000_000) and len(client.get("long")), 1_000_000)


def keys(checks, client, _):
    equal = checks.equal
    client.flushall()
    client.mset({f"key:{index}": index for index in range(100)})
    equal("dbsize", client.dbsize(), 100)
    equal("keys", sorted(client.keys("key:1?")), [f"key:{index}" for index in range(10, 20)])
    equal("scan_iter", len(set(client.scan_iter("key:*", count=7))), 100)
    equal("exists", client.exists("key:1", "key:2", "nokey"), 2)
    equal("type", client.type("key:1"), "string")
    equal("rename", client.rename("key:1", "moved"), True)
    equal("renamenx", client.renamenx("moved", "key:2"), False)
    equal("copy", client.copy("moved", "copied"), True)
    equal("delete", client.delete("moved", "copied", "nokey"), 2)
    equal("unlink", client.unlink("key:2"), 1)
    equal("touch", client.touch("key:3", "nokey"), 1)
    checks.true("randomkey", client.randomkey().startswith("key:"))
    equal("flushdb", [client.flushdb(), client.dbsize()], [True, 0])


def expiry(checks, client, _):
    equal = checks.equal
    client.set("a", 1)
    equal("expire", client.expire("a", 100), True)
    equal("expire nx", client.expire("a", 200, nx=True), False)
    equal("expire gt", client.expire("a", 200, gt=True), True)
    checks.true("pttl", 190_000 < client.pttl("a") <= 200_000)
    equal("expiretime", client.pexpireat("a", 4_000_000_000_000) and client.expiretime("a"), 4_000_000_000)
    equal("persist", [client.persist("a"), client.ttl("a")], [True, -1])
    equal("ttl of nothing", client.ttl("nokey"), -2)


def pipelines(checks, client, library):
    equal = checks.equal
    with client.pipeline(transaction=False) as pipe:
        for index in range(1_000):
            pipe.set(f"p:{index}", index)
            pipe.incr(f"p:{index}")
        equal("1,000 pairs", pipe.execute(), [each for index in range(1_000) for each in (True, index + 1)])
    with client.pipeline(transaction=False) as pipe:
        pipe.set("text", "x").incr("text").get("text")
        results = pipe.execute(raise_on_error=False)
        checks.true(f"an error among replies: {results}", isinstance(results[1], library.ResponseError))
        equal("the others", [results[0], results[2]], [True, "x"])


def transactions(checks, client, library):
    equal = checks.equal
    client.set("balance", 10)
    with client.pipeline() as pipe:
        pipe.multi()
        pipe.incrby("balance", 5)
        pipe.get("balance")
        equal("multi", pipe.execute(), [15, "15"])
    with client.pipeline() as pipe:
        pipe.watch("balance")
        client.set("balance", 1)
        pipe.multi()
        pipe.set("balance", 100)
        try:
            pipe.execute()
            checks.fail("a watched key was changed, and the transaction went through")
        except library.WatchError:
            equal("the watched key", client.get("balance"), "1")
    equal("transaction()", client.transaction(lambda pipe: (pipe.multi(), pipe.incr("balance")), "balance"), [2])
    with client.pipeline() as pipe:
        pipe.watch("balance")
        pipe.unwatch()
        client.set("balance", 3)
        equal("unwatch", pipe.incr("balance").execute(), [4])


def servers(checks, client, _):
    equal = checks.equal
    equal("ping", client.ping(), True)
    equal("echo", client.echo("x"), "x")
    checks.true("client id", client.client_id() > 0)
    equal("client name", client.client_setname("bob") and client.client_getname(), "bob")
    checks.true("client list", any(each["name"] == "bob" for each in client.client_list()))
    checks.true("client info", "addr" in client.client_info())
    info = client.info()
    equal("info", [info["role"], info["loading"]], ["master", 0])
    checks.true("info keyspace", client.info("keyspace")["db0"]["keys"] > 0)
    checks.true("config get", "maxmemory" in client.config_get("maxmemory"))
    checks.true("command count", client.command_count() > 60)
    checks.true("command", "get" in client.command())
    checks.true("time", client.time()[0] > 1_600_000_000)
    checks.true("lastsave", client.lastsave() is not None)


def documents(checks, client, _):
    document = {"name": "Ivan", "age": 31, "tags": ["a", "b"]}
    json = client.json()
    checks.equal("json.set", json.set("doc", "$", document), True)
    checks.equal("json.get", json.get("doc"), document)
    checks.equal("json.get of a path", json.get("doc", "$.tags[1]"), ["b"])
    checks.equal("json.numincrby", json.numincrby("doc", "$.age", 1), [32])
    checks.true("json.type", json.type("doc", "$.age") in (["integer"], [["integer"]]))
    checks.equal("json.delete", json.delete("doc", "$.tags"), 1)
    checks.equal("json.get of what is left", json.get("doc"), {"name": "Ivan", "age": 32})


def errors(checks, client, library):
    for what, body in (
        ("an unknown command", lambda: client.execute_command("NONSENSE")),
        ("the wrong type", lambda: client.set("t", "x") and client.incr("t")),
        ("the wrong number of words", lambda: client.execute_command("GET")),
    ):
        try:
            body()
            checks.fail(f"{what} was no error")
        except library.ResponseError:
            checks.count += 1


def binary(checks, client):
    every = bytes(range(256))
    checks.equal("any byte", client.set(every, every) and client.get(every), every)
    # Each length has a head of its own, and long ones take other ways through the server.
    counts = [*range(1_100)] + [(1 << power) + off for power in range(11, 21) for off in (-1, 0, 1)]
    with client.pipeline(transaction=False) as pipe:
        for count in counts:
            pipe.set("sized", b"x" * count).get("sized").strlen("sized")
        replies = pipe.execute()
    found = [(len(replies[at + 1]), replies[at + 2]) for at in range(0, len(replies), 3)]
    wrong = [count for count, lengths in zip(counts, found) if lengths != (count, count)]
    checks.equal("lengths of values that did not come back as they were", wrong[:5], [])
    checks.equal("long ones, one at a time", [len(client.get("sized")) for _ in range(20)], [counts[-1]] * 20)
    client.close()


def threads(checks, client):
    client.set("counter", 0)
    pool = [threading.Thread(target=lambda: [client.incr("counter") for _ in range(200)]) for _ in range(8)]
    for each in pool:
        each.start()
    for each in pool:
        each.join()
    checks.equal("8 threads, 200 times each", client.get("counter"), b"1600")
    client.close()


def once(library):
    """What is wrong is wrong at once: without it, redis-py tries again for many seconds."""
    return library.retry.Retry(library.backoff.NoBackoff(), 0)


def passwords(checks, library, make, server):
    for version in VERSIONS:
        client = make(host="127.0.0.1", port=server.port, protocol=version, password=suites.PASSWORD)
        checks.equal(f"the right one, protocol {version}", client.ping(), True)
        client.close()
        for wrong in ("wrong", None):
            client = make(host="127.0.0.1", port=server.port, protocol=version, password=wrong, retry=once(library))
            try:
                client.get("a")
                checks.fail(f"{wrong!r} was taken for the password, protocol {version}")
            except (library.AuthenticationError, library.ResponseError):
                checks.count += 1
            client.close()


def tls(checks, library, make, server):
    authority = os.path.join(server.folder, "cert.pem")
    for version in VERSIONS:
        client = make(
            host="localhost", port=server.port, protocol=version, ssl=True, ssl_ca_certs=authority,
            ssl_check_hostname=True)
        checks.equal(f"protocol {version}", client.set("a", "x" * 100_000) and len(client.get("a")), 100_000)
        with client.pipeline() as pipe:
            pipe.set("b", 1).incr("b")
            checks.equal(f"a transaction, protocol {version}", pipe.execute(), [True, 2])
        client.close()
    client = make(host="localhost", port=server.port, ssl=True, retry=once(library), ssl_cert_reqs="required")
    try:
        client.ping()
        checks.fail("a certificate that nobody vouches for was taken")
    except library.ConnectionError:
        checks.count += 1
    client.close()

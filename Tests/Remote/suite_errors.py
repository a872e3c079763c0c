"""What may stand in the way, and that it is a sentence: one line, no password in it, nothing like a crash."""

import os
import re

import nodes
import proxies
import served
import shells

PASSWORD, GUESS = "kept-from-everybody", "guessed-by-nobody"
# The shell waits 15 s for servers to come to themselves.
SECONDS_MAX = 45


class Errors:
    """Runs that have to fail, and what is said of them."""

    def __init__(self, options, checks):
        self.options, self.checks = options, checks

    def expect(self, what, url, says, line="get a", code=None, statuses=(1, 3), password=None):
        """Runs a command and looks at its error; `says` is a regular expression."""
        done = shells.run(
            self.options.binary, "--connect", url, "-c", line, password=password, seconds=SECONDS_MAX)
        checks, text = self.checks, f"{what}: {done}"
        checks.true(f"{text} has a status of {statuses}", done.status in statuses)
        # Behind it there may be a remark on the transaction.
        first = done.errors.partition("\n")[0]
        checks.true(f"{text} is a line", re.fullmatch(r"(-c:\d+: )?error\[[a-z-]+\]: .{10,400}", first))
        checks.equal(f"{text} is one error", done.errors.count("error["), 1)
        checks.true(f"{text} says {says!r}", re.search(says, done.errors))
        checks.true(f"{text} has the code {code}", code is None or done.code == code)
        for secret in (PASSWORD, GUESS):
            checks.true(f"{what} tells a password", secret not in done.errors + done.output)
        return done

    def works(self, what, url, line="put a 1\nget a", output="OK\n1\n", password=None):
        done = shells.run(
            self.options.binary, "--connect", url, "-c", line, password=password, seconds=SECONDS_MAX)
        self.checks.equal(f"{what}: {done}", (done.status, done.output), (0, output))

    def expect_usage(self, address, says):
        done = shells.run(self.options.binary, "--connect", address, "-c", "size")
        self.checks.true(f"{address.replace(PASSWORD, '…')}: {done}", done.status == 2 and says in done.errors)
        self.checks.true("an address' password is told", PASSWORD not in done.errors + done.output)


def run(options, checks):
    errors = Errors(options, checks)
    for part in (passwords, addresses, strangers, crowd, replica, memory, commands, loading, no_cluster, slots_missing):
        with checks.part(part.__name__):
            part(errors)


def url(server, user=""):
    return f"redis://{user}127.0.0.1:{server.port}"


def passwords(errors):
    with served.running(lambda folder: served.Redis(folder, "--requirepass", PASSWORD)) as server:
        errors.expect("no password", url(server), "QRROT_PASSWORD", code="auth", statuses=(3,))
        errors.expect("a wrong password", url(server), "password", code="auth", statuses=(3,), password=GUESS)
        errors.works("the right password", url(server), password=PASSWORD)
        with server.client() as client:
            client.ask("AUTH", PASSWORD)
            client.ask("ACL", "SETUSER", "guest", "on", f">{PASSWORD}", "~a*", "+@all", "-set", "-exec", "-multi")
        errors.expect(
            "a user's wrong password", url(server, "guest@"), "guest|password", code="auth", statuses=(3,),
            password=GUESS)
        errors.expect(
            "what the user may not", url(server, "guest@"), "guest|permission|allowed|may not", line="put a 2",
            password=PASSWORD)
        errors.expect("a key the user may not see", url(server, "guest@"), "permission|allowed|may not", line="get b",
                      password=PASSWORD)
    with served.running(served.Redis) as server:
        errors.works("a password that nobody asked for", url(server), password=GUESS)


def addresses(errors):
    port = served.free_port()
    errors.expect("nobody listens", f"redis://127.0.0.1:{port}", "nobody listens", code="network", statuses=(3,))
    errors.expect(
        "nobody of a cluster", f"redis+cluster://127.0.0.1:{port},127.0.0.1:{port}", "listen|reach|connect",
        code="network", statuses=(3,))
    errors.expect("no host", "redis://no-such-host.invalid", "no host", code="network", statuses=(3,))
    for address in (f"redis://ivan:{PASSWORD}@127.0.0.1:{port}", f"redis://:{PASSWORD}@127.0.0.1:{port}/0"):
        errors.expect_usage(address, "QRROT_PASSWORD")
    for address in ("redis://", "redis://127.0.0.1/x", "redis://127.0.0.1:0", "redis+cluster://127.0.0.1/1",
                    "redis+sentinel://127.0.0.1", "redis+other://127.0.0.1"):
        errors.expect_usage(address, "redis")
    with served.running(served.Redis) as server:
        errors.expect("a database that there is none of", f"{url(server)}/99", "database|99", statuses=(3,))
        errors.works("database 3", f"{url(server)}/3")
        with server.client() as client:
            errors.checks.equal("it was database 3", client.ask("EXISTS", "a"), 0)


def strangers(errors):
    for what, says, closes, expected in (
        ("a web server", b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", True, "web server"),
        ("a server with TLS", b"\x15\x03\x01\x00\x02\x02F", True, "TLS|rediss://"),
        ("a mail server", b"220 mail.example ESMTP\r\n", False, "220 mail"),
        ("garbage", b"!!\x00\xff\r\n\r\n", False, "not a Redis or Valkey server"),
        ("one that closes", b"", True, "closed"),
        ("a length that nobody sends", b"$99999999999\r\n", False, "not a Redis or Valkey server"),
        ("a reply that is cut", b"$100\r\nhalf of i", True, "closed|lost|connection"),
        ("one that says nothing", b"", False, "no answer"),
    ):
        with proxies.Parrot(says, closes) as parrot:
            errors.expect(what, url(parrot), expected, code="network", statuses=(3,))


def crowd(errors):
    """A server with as many clients as it takes."""
    with served.running(lambda folder: served.Redis(folder, "--maxclients", "1")) as server, server.client() as client:
        client.ask("PING")
        errors.expect("too many clients", url(server), "clients", code="network", statuses=(3,))


def replica(errors):
    with served.running(served.Redis) as master:
        with served.running(
                lambda folder: served.Redis(folder, "--replicaof", "127.0.0.1", str(master.port))) as server:
            nodes.wait_for(lambda: nodes.info(server.port, "replication")["master_link_status"] == "up")
            nodes.ask(master.port, "SET", "a", "1")
            nodes.wait_for(lambda: nodes.ask(server.port, "GET", "a") == b"1")
            errors.works("a replica can be read", url(server), line="get a", output="1\n")
            errors.expect("a replica can't be written", url(server), "replica", line="put a 2", statuses=(1,))


def memory(errors):
    options = ("--maxmemory", "1mb", "--maxmemory-policy", "noeviction")
    with served.running(lambda folder: served.Redis(folder, *options)) as server:
        with server.client() as client:
            number = 0
            while isinstance(client.ask("SET", f"fill:{number}", "x" * 50_000), bytes) and number < 100:
                if client.ask("SET", f"small:{number}", "1").startswith(b"OOM"):
                    break
                number += 1
        errors.expect("no memory", url(server), "memory", line="put a 1", statuses=(1,))
        errors.expect("no memory for a commit", url(server), "memory", line="begin\nput a 1\nput b 2\ncommit",
                      statuses=(1,))
        done = shells.run(errors.options.binary, "--connect", url(server), "-c", "get small:0")
        errors.checks.equal(f"reading goes on: {done.errors}", done.status, 0)


def commands(errors):
    with served.running(lambda folder: served.Redis(folder, "--rename-command", "SCAN", "")) as server:
        errors.expect("a command that the server hasn't", url(server), "SCAN", line="keys", statuses=(1,))
        # There is no JSON module here, and none is needed.
        errors.works("json without a module", url(server), "put a {\"x\":[1]}\nget a $.x[0]\ntype a", "OK\n1\njson\n")
    with served.running(lambda folder: served.Qrrot(errors.options.binary, folder)) as server:
        errors.works("json with a module", url(server), "put a {\"x\":[1]}\nget a $.x[0]\ntype a", "OK\n1\njson\n")


class LoadingRedis(served.Redis):
    """A redis-server that loads for so long, and is not waited for."""

    def __init__(self, folder, dump, keys, seconds):
        os.link(dump, os.path.join(folder, "dump.rdb"))
        super().__init__(
            folder, "--key-load-delay", str(int(seconds * 1e6 / keys)), "--loading-process-events-interval-bytes",
            "1024")

    def _wait(self):
        nodes.wait_for(lambda: nodes.ask(self.port, "GET", "a").startswith(b"LOADING"))


def loading(errors):
    keys = 2_000
    with served.folder() as folder:
        made = served.Redis(folder, "--enable-debug-command", "yes")
        try:
            with made.client() as client:
                client.ask("DEBUG", "POPULATE", str(keys), "key", "100")
                client.ask("SET", "a", "1")
                client.ask("SAVE")
        finally:
            made.kill()
        dump = os.path.join(folder, "dump.rdb")
        with served.running(lambda other: LoadingRedis(other, dump, keys, 3)) as server:
            errors.works("loading that ends", url(server), line="get a", output="1\n")
        with served.running(lambda other: LoadingRedis(other, dump, keys, 60)) as server:
            errors.expect("loading that takes longer", url(server), "load")


def no_cluster(errors):
    with served.running(served.Redis) as server:
        errors.expect(
            "a server that is no cluster", f"redis+cluster://127.0.0.1:{server.port}", "cluster", statuses=(3,))


def slots_missing(errors):
    with nodes.cluster(replicas=0) as cluster:
        port = cluster.primary_of("a")
        errors.works("a cluster without replicas", cluster.url)
        other = next(each for each in cluster.nodes if each != port)
        errors.works("another node, as if it were alone", f"redis://127.0.0.1:{other}", "get a\nkeys", "1\na\n")
        slot = nodes.ask(port, "CLUSTER", "KEYSLOT", "a")
        for each in cluster.nodes:
            nodes.ask(each, "CLUSTER", "DELSLOTS", str(slot))
        nodes.wait_for(
            lambda: all(nodes.ask(each, "CLUSTER", "INFO").startswith(b"cluster_state:fail") for each in cluster.nodes))
        errors.expect("a cluster whose slots are missing", cluster.url, "slot|cluster")

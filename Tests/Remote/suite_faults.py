"""Nodes that die, stop and move their slots while a shell writes; connections that are cut anywhere."""

import random
import signal
import threading
import time

import loads
import nodes
import proxies
import resp
import served
import shells

PAUSE_SECONDS = (0.7, 5.0)
RESHARDED_SLOTS = 3_000
KEYS = 20_000
FILE_LINES, FILE_CUTS = 6_000, 15


def run(options, checks):
    for part in (cuts, cluster_faults):
        with checks.part(part.__name__):
            part(options, checks)


# Cut connections

WRITES = (
    ("put", "put n {next}", '"OK"'),
    ("incr", "incr n", "{next}"),
    ("commit", "begin\nput {{n}}:other {next}\nincr {{n}}\ncommit", '"OK"\n"OK"\n{next}\n"OK"'),
)


def cuts(options, checks):
    """Cuts the connection at every byte that answers a command, and at some of what comes before."""
    with served.running(lambda folder: served.Redis(folder)) as server:
        with server.client() as client:
            read_cuts(options, checks, server, client)
            for what, line, reply in WRITES:
                write_cuts(options, checks, server, client, what, line, reply)
            file_cuts(options, checks, server, client)


def places(options, port, line, mark):
    """Where to cut: at every byte that comes after the command was sent, and at some before."""
    with proxies.Proxy(port, mark) as proxy:
        done = shells.run(options.binary, "--connect", f"redis://127.0.0.1:{proxy.port}", "-c", line)
        if done.status != 0 or proxy.markedAt is None:
            raise AssertionError(f"{line!r} through the proxy: {done}")
        first, last = proxy.markedAt, proxy.count
    return list(range(0, first, 29)), list(range(first, last))


def cut(options, port, line, limit, mark):
    """What comes of a command when the connection is cut there, and whether it had been sent by then."""
    with proxies.Proxy(port, mark) as proxy:
        proxy.limit = limit
        done = shells.run(
            options.binary, "--connect", f"redis://127.0.0.1:{proxy.port}", "--output", "json", "-c", line)
        return done, proxy.markedAt is not None


def read_cuts(options, checks, server, client):
    client.ask("SET", "n", "7")
    mark, sentCount = b"\r\nn\r\n", 0
    early, late = places(options, server.port, "get n", mark)
    for limit in early + late:
        done, wasSent = cut(options, server.port, "get n", limit, mark)
        what = f"get, cut behind {limit} bytes: {done}"
        sentCount += wasSent
        if done.status == 3 and not wasSent:
            checks.equal(what, done.code, "network")
        else:
            checks.equal(what, (done.status, done.output), (0, "7\n"))
    checks.true(f"{sentCount} of {len(late)} cuts were in the reply", sentCount > 2)


def write_cuts(options, checks, server, client, what, line, reply):
    key = "{n}" if what == "commit" else "n"
    client.ask("SET", key, "0")
    value = 1
    early, late = places(options, server.port, line.format(next=1), b"n")
    value = int(client.ask("GET", key))
    outcomes = {}
    for limit in early + late:
        client.ask("SET", key, str(value))
        done, _ = cut(options, server.port, line.format(next=value + 1), limit, b"")
        found = int(client.ask("GET", key))
        name = f"{what}, cut behind {limit} bytes: {done}; {value} has become {found}"
        outcome = done.code if done.status else "done"
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
        if outcome == "done":
            checks.equal(name, (done.output.strip(), found), (reply.format(next=value + 1), value + 1))
        elif outcome == "unknown-outcome":
            checks.true(name, found in (value, value + 1))
        else:
            checks.equal(name, (outcome, found), ("network", value))
        if what == "commit":
            both = (client.ask("GET", "{n}:other"), client.ask("GET", "{n}"))
            checks.true(f"{name}: half a transaction, {both}", found == value or both[0] == both[1])
        value = found
    # Where the reply itself was cut, nobody knows.
    checks.true(f"{what}: some outcomes were unknown: {outcomes}", outcomes.get("unknown-outcome", 0) > 0)
    checks.notes.append(f"{what} cut {len(early) + len(late)} times ({outcomes.get('unknown-outcome', 0)} unknown)")


def file_cuts(options, checks, server, client):
    """Cuts the connection somewhere in a file of many puts, which are sent ahead, and some increments."""
    source = random.Random(f"file/{options.seed}")
    lines = [f"put s:{number} {number}" if number % 500 else "incr n" for number in range(FILE_LINES)]
    stdin = "".join(line + "\n" for line in lines)
    with proxies.Proxy(server.port, b"s:1") as proxy:
        done = shells.run(options.binary, "--connect", f"redis://127.0.0.1:{proxy.port}", stdin=stdin)
        checks.equal(f"a file of puts: {done.errors}", (done.status, done.output.count("\n")), (0, FILE_LINES))
        first, last = proxy.markedAt, proxy.count
    unknown = 0
    for _ in range(FILE_CUTS):
        client.ask("FLUSHALL")
        with proxies.Proxy(server.port) as proxy:
            proxy.limit = source.randrange(first, last)
            done = shells.run(options.binary, "--connect", f"redis://127.0.0.1:{proxy.port}", stdin=stdin)
            what = f"a file of puts, cut behind {proxy.limit} bytes: {done.errors}"
        count = done.output.count("\n")
        puts = [number for number in range(count) if number % 500]
        if puts:
            found = client.ask("MGET", *(f"s:{number}" for number in puts))
            checks.equal(f"{what}: what was said to be done", found, [b"%d" % number for number in puts])
        increments, n = count - len(puts), int(client.ask("GET", "n") or b"0")
        checks.true(f"{what}: {increments} increments were told, {n} done", increments <= n <= increments + 1)
        checks.true(f"{what}: {count} replies", (done.status == 0) == (count == FILE_LINES))
        checks.true(f"{what}: {done.code}", done.code in ("", "unknown-outcome"))
        unknown += done.code == "unknown-outcome"
    checks.true("some files ended in the middle", unknown > 0)
    checks.notes.append(f"files cut {FILE_CUTS} times ({unknown} unknown)")


# Nodes of a cluster


def cluster_faults(options, checks):
    source = random.Random(f"faults/{options.seed}")
    with nodes.cluster() as cluster:
        for number in range(options.rounds):
            for part in (kill, pause, long_pause, reshard):
                name = f"{part.__name__} {number}"
                with checks.part(name):
                    cluster.wait_until_whole()
                    cluster.empty()
                    part(options, checks, cluster, source, name)


def loaded(options, cluster, name):
    return loads.running(options.binary, cluster.url, f"{options.seed}/{name}")




def kill(options, checks, cluster, source, name):
    """kill -9 of a primary in the middle of writes; its replica takes over."""
    with loaded(options, cluster, name) as load:
        load.keep_safe(cluster.primaries())
        victim = cluster.primary_of(source.choice(load.keys))
        time.sleep(source.uniform(0, 0.2))
        cluster.kill(victim)
        nodes.wait_for(lambda: len(cluster.primaries()) == 3)
        load.has_recovered()
        load.goes_on()
    load.check(checks, name, cluster.read)
    checks.notes.append(load.summary(name))
    cluster.start(victim)


def pause(options, checks, cluster, source, name):
    """A primary that says nothing for a moment: nothing but time is lost."""
    with loaded(options, cluster, name) as load:
        stopped = cluster.primary_of(source.choice(load.keys))
        cluster.signal(stopped, signal.SIGSTOP)
        time.sleep(PAUSE_SECONDS[0])
        cluster.signal(stopped, signal.SIGCONT)
        load.goes_on()
    load.check(checks, name, cluster.read)
    checks.equal(f"{name}: errors", (load.refusals, sum(load.unknown.values())), ({}, 0))


def long_pause(options, checks, cluster, source, name):
    """A primary that is silent until another one has its place, and then comes back with what it had not done yet."""
    with loaded(options, cluster, name) as load:
        load.keep_safe(cluster.primaries())
        stopped = cluster.primary_of(source.choice(load.keys))
        cluster.signal(stopped, signal.SIGSTOP)
        resumer = threading.Timer(PAUSE_SECONDS[1], cluster.signal, (stopped, signal.SIGCONT))
        resumer.start()
        resumer.join()
        nodes.wait_for(lambda: len(cluster.primaries()) == 3)
        load.has_recovered()
        load.goes_on()
    cluster.wait_until_whole()
    load.check(checks, name, cluster.read)
    checks.notes.append(load.summary(name))


def fill(cluster):
    """Keys enough that moving slots takes its time."""
    for port in cluster.primaries():
        with resp.Client(port) as client:
            client.send(b"".join(resp.request([b"SET", b"fill:%d" % number, b"x" * 200]) for number in range(KEYS)))
            for _ in range(KEYS):
                # Each key has one node that takes it; the others say which.
                client.reply()


def reshard(options, checks, cluster, source, name):
    """Slots move from one primary to another while their keys are written, and others are counted."""
    fill(cluster)
    reader = loads.Reader(options.binary, cluster.url, "count fill:*", "keys fill:123*")
    checks.equal(f"{name}: keys at first", reader.answers["count fill:*"], [str(KEYS)])
    with loaded(options, cluster, name) as load:
        reader.start()
        giver = cluster.primary_of(source.choice(load.keys))
        taker = source.choice([port for port in cluster.primaries() if port != giver])
        before = load.count
        cluster.cli(
            "reshard", f"127.0.0.1:{giver}", "--cluster-from", cluster.identity(giver), "--cluster-to",
            cluster.identity(taker), "--cluster-slots", str(RESHARDED_SLOTS), "--cluster-yes")
        during = load.count - before
        reader.finish()
        load.goes_on()
    checks.true(f"{name}: writes while slots moved", during > 0)
    checks.true(f"{name}: every key is found once while slots move: {reader.wrong}", reader.count and not reader.wrong)
    checks.notes.append(f"{name}: {during} writes, {reader.count} counts while {RESHARDED_SLOTS} slots moved")
    load.check(checks, name, cluster.read)
    checks.equal(f"{name}: errors", (load.refusals, sum(load.unknown.values())), ({}, 0))

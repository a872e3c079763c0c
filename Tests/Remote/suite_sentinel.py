"""A master, a replica and three sentinels: the master dies under the shell, which goes on with the replica."""

import random
import time

import loads
import nodes
import shells


def run(options, checks):
    source = random.Random(f"sentinel/{options.seed}")
    with nodes.sentinels() as group:
        with checks.part("another name"):
            done = shells.run(options.binary, "--connect", group.url.replace(group.MASTER, "nobody"), "-c", "size")
            checks.true(f"a master that no sentinel knows: {done}", done.status == 3 and "nobody" in done.errors)
        with checks.part("the fail-over"):
            fail_over(options, checks, source, group)


def fail_over(options, checks, source, group):
    with loads.running(options.binary, group.url, options.seed) as load:
        load.keep_safe([group.master.port])
        time.sleep(source.uniform(0, 0.2))
        group.master.kill()
        nodes.wait_for(lambda: nodes.info(group.replica.port, "replication")["role"] == "master")
        load.has_recovered()
        load.goes_on()
    load.check(checks, "the fail-over", lambda key: nodes.ask(group.replica.port, "GET", key))
    checks.notes.append(load.summary("fail-over"))
    # One that comes when the old master is dead.
    done = shells.run(options.binary, "--connect", group.url, "-c", f"get {load.keys[0]}")
    checks.equal(f"a new shell: {done.errors}", done.status, 0)

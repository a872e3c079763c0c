"""Several servers of Redis that belong together: a cluster, a Sentinel group."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import time

import checking
import resp
import served

SECONDS_MAX = 60
NODE_MILLISECONDS = 1_500


class NotWhole(Exception):
    """The servers do not come to where they should."""


def wait_for(what, seconds=SECONDS_MAX):
    """Waits until `what()` is true; what fails to answer is not there yet."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError, resp.Closed, resp.Stuck, KeyError, ValueError):
            if what():
                return
        time.sleep(0.05)
    raise NotWhole(f"{what.__doc__ or what} is still not so after {seconds} s")


def is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def cluster_ports(count):
    """Free ports, below those of the system's own connections, also 10,000 above where nodes meet each other."""
    ports = []
    while len(ports) < count:
        port = random.SystemRandom().randrange(11_000, 22_000)
        if port not in ports and is_free(port) and is_free(port + 10_000):
            ports.append(port)
    return ports


def ask(port, *words, timeout=5):
    """What a server answers on a connection of its own."""
    with resp.Client(port, timeout=timeout) as client:
        return client.ask(*words)


def info(port, section):
    """A section of INFO as a dictionary."""
    lines = ask(port, "INFO", section).decode().splitlines()
    return dict(line.split(":", 1) for line in lines if ":" in line)


class Cluster:
    """Primaries and replicas on loopback, as redis-cli makes them."""

    def __init__(self, folder, *options):
        self.folder = folder
        self.options = options
        self.nodes = {}

    def create(self, primaries, replicas):
        for port in cluster_ports(primaries * (1 + replicas)):
            self.start(port)
        self.cli("create", *(f"127.0.0.1:{port}" for port in self.nodes), "--cluster-replicas", str(replicas),
                 "--cluster-yes")
        self.wait_until_whole()

    @property
    def url(self):
        return "redis+cluster://" + ",".join(f"127.0.0.1:{port}" for port in self.nodes)

    def start(self, port):
        """Starts a node, or starts it again."""
        folder = os.path.join(self.folder, str(port))
        os.makedirs(folder, exist_ok=True)
        self.nodes[port] = served.Redis(
            folder, "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-node-timeout",
            str(NODE_MILLISECONDS), *self.options, port=port)

    def cli(self, *words):
        done = subprocess.run(
            [checking.program("redis-cli"), "--cluster", *words], stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=SECONDS_MAX)
        if done.returncode != 0:
            raise NotWhole(f"redis-cli --cluster {words[0]} ended with {done.returncode}: {done.stdout[-800:]}")

    def living(self):
        return [port for port, node in self.nodes.items() if node.process.poll() is None]

    def wait_until_whole(self):
        """Every node that lives sees all slots served, and every replica follows a primary."""

        def whole():
            for port in self.living():
                state = ask(port, "CLUSTER", "INFO")
                replication = info(port, "replication")
                isReady = (replication["role"] == "master" or replication["master_link_status"] == "up")
                if not state.startswith(b"cluster_state:ok") or not isReady:
                    return False
            return True

        wait_for(whole)

    def primaries(self):
        return [port for port in self.living() if info(port, "replication")["role"] == "master"]

    def primary_of(self, key):
        """The port of the primary that has a key, as some node that answers sees it."""
        for port in self.living():
            with contextlib.suppress(OSError, resp.Closed, resp.Stuck):
                slot = ask(port, "CLUSTER", "KEYSLOT", key)
                for first, last, primary, *_ in ask(port, "CLUSTER", "SLOTS"):
                    if first <= slot <= last:
                        return primary[1]
        raise NotWhole(f"nobody has {key!r}")

    def read(self, key):
        """A string, asked of its primary."""
        return ask(self.primary_of(key), "GET", key)

    def identity(self, port):
        return ask(port, "CLUSTER", "MYID").decode()

    def signal(self, port, number):
        os.kill(self.nodes[port].pid, number)

    def kill(self, port):
        self.nodes[port].kill()

    def empty(self):
        for port in self.primaries():
            ask(port, "FLUSHALL")

    def close(self):
        for node in self.nodes.values():
            if node.process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(node.pid, signal.SIGCONT)
                node.kill()


@contextlib.contextmanager
def cluster(*options, primaries=3, replicas=1):
    """A cluster, ended in the end."""
    with served.folder("qrrot-remote-") as folder:
        made = Cluster(folder, *options)
        try:
            made.create(primaries, replicas)
            yield made
        finally:
            made.close()


class Sentinels:
    """A master, a replica, and three sentinels that watch them."""

    MASTER = "films"

    def __init__(self, folder):
        self.folder = folder
        self.servers = []

    def start(self):
        self.master = self._start("master")
        self.replica = self._start("replica", "--replicaof", "127.0.0.1", str(self.master.port))
        self.sentinels = [self._sentinel(number) for number in range(3)]

        def known():
            """every sentinel knows the others and the replica"""
            for sentinel in self.sentinels:
                facts = dict(zip(*[iter(ask(sentinel.port, "SENTINEL", "MASTER", self.MASTER))] * 2))
                if facts[b"num-other-sentinels"] != b"2" or facts[b"num-slaves"] != b"1":
                    return False
            return info(self.replica.port, "replication")["master_link_status"] == "up"

        wait_for(known)

    def _start(self, name, *options):
        folder = os.path.join(self.folder, name)
        os.makedirs(folder)
        self.servers.append(served.Redis(folder, *options))
        return self.servers[-1]

    def _sentinel(self, number):
        folder = os.path.join(self.folder, f"sentinel-{number}")
        os.makedirs(folder)
        port = served.free_port()
        file = os.path.join(folder, "sentinel.conf")
        with open(file, "w", encoding="ascii") as text:
            text.write(
                f"port {port}\nbind 127.0.0.1\ndir {folder}\n"
                f"sentinel monitor {self.MASTER} 127.0.0.1 {self.master.port} 2\n"
                f"sentinel down-after-milliseconds {self.MASTER} 1000\n"
                f"sentinel failover-timeout {self.MASTER} 5000\n")
        self.servers.append(served.Sentinel(folder, file, port))
        return self.servers[-1]

    @property
    def url(self):
        hosts = ",".join(f"127.0.0.1:{sentinel.port}" for sentinel in self.sentinels)
        return f"redis+sentinel://{hosts}/{self.MASTER}"

    def close(self):
        for server in self.servers:
            if server.process.poll() is None:
                server.kill()


@contextlib.contextmanager
def sentinels():
    """A Sentinel group, ended in the end."""
    with served.folder("qrrot-remote-") as folder:
        group = Sentinels(folder)
        try:
            group.start()
            yield group
        finally:
            group.close()

"""One attack on one server, and what is measured meanwhile."""

import contextlib
import dataclasses
import multiprocessing
import os
import time
import traceback

import attacking
import attacks
import resp
import served

MILLISECONDS_MAX = 10
MEBIBYTES_MAX = 64
INTERVAL_SECONDS = 0.002
# For an attack to be under way, and for what it leaves to be gone.
PATIENCE_SECONDS = 90
PASSWORD = "letmein"


@dataclasses.dataclass
class Row:
    """What came of one attack."""

    name: str
    attempt: int
    requests: int
    median: float
    p99: float
    slowest: float
    grown: float
    said: str
    problems: list[str]
    isSlow: bool

    @property
    def isOnlySlow(self):
        return self.isSlow and len(self.problems) == 1

    def line(self):
        met = "yes" if not self.problems else "NO"
        return (
            f"{self.name:<19} p50 {self.median:6.2f} ms  p99 {self.p99:6.2f} ms  slowest {self.slowest:7.2f} ms  "
            f"of {self.requests:5} requests  memory {self.grown:+6.1f} MiB  attempt {self.attempt}  met {met}  "
            f"{self.said}")


def one(options, name, attempt):
    """Runs an attack, the well-behaved client beside it."""
    attack = attacks.ALL.get(name)
    with served.folder() as folder:
        words = ["--threads", options.threads]
        if attack and attack.wantsPassword:
            words += ["--password-file", password_file(folder)]
        server = served.Qrrot(options.binary, folder, *words)
        try:
            return measured(server, attack, name, attempt, options.seconds)
        finally:
            if server.process.poll() is None:
                server.kill()


def password_file(folder):
    path = os.path.join(folder, "password")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as file:
        file.write(PASSWORD)
    return path


def measured(server, attack, name, attempt, seconds):
    with server.client() as client:
        if attack and attack.wantsPassword:
            client.ask("AUTH", PASSWORD)
        prepare(client, attack.hugeByteCount if attack else 0)
        before = server.resident_bytes()
        problems, said = [], ""
        with under_attack(server.port, attack) as attacker:
            waits, peak = ask_regularly(server, client, seconds)
            if attacker is not None:
                said, problems = attacker()
        check_afterwards(client, problems, 3 if attack and attack.hugeByteCount else 2)
        grown = (max(peak, server.resident_bytes()) - before) / (1 << 20)
    waits.sort()
    p99 = waits[int(len(waits) * 0.99)] * 1000
    if grown > MEBIBYTES_MAX:
        problems.append(f"memory grew by {grown:.1f} MiB")
    isSlow = p99 > MILLISECONDS_MAX
    if isSlow:
        problems.append(f"p99 is {p99:.2f} ms")
    status = server.stop()
    if status != 0:
        problems.append(f"the server ended with {status}: {server.log()[-500:]!r}")
    return Row(
        name, attempt, len(waits), waits[len(waits) // 2] * 1000, p99, waits[-1] * 1000, grown, said, problems, isSlow)


def prepare(client, hugeByteCount):
    """Some data, and as much use as warms the server up, so that what grows then is the attack's."""
    if hugeByteCount:
        client.ask("SET", "huge", "x" * hugeByteCount)
    client.ask("SET", "well-behaved", "x" * 32)
    client.ask("SET", "large", "x" * 10_000)
    for _ in range(200):
        client.ask("GET", "well-behaved")
        client.ask("GET", "large")


def ask_regularly(server, client, seconds):
    """Every wait of a client that asks at regular times, and the largest memory seen."""
    waits, peak = [], 0
    start = time.perf_counter()
    next = start
    request = resp.request([b"GET", b"well-behaved"])
    while (now := time.perf_counter()) - start < seconds:
        if now < next:
            time.sleep(next - now)
        asked = time.perf_counter()
        client.send(request)
        if client.reply() != b"x" * 32:
            raise AssertionError("a reply is not the right one")
        waits.append(time.perf_counter() - asked)
        # A late reply is one long wait; what could not be asked meanwhile is not counted again.
        next = max(next + INTERVAL_SECONDS, time.perf_counter())
        if len(waits) % 50 == 0:
            peak = max(peak, server.resident_bytes())
    return waits, max(peak, server.resident_bytes())


def check_afterwards(client, problems, keyCount):
    """The attackers are gone, and nothing that they sent was done."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        clients = client.ask("CLIENT", "LIST")
        if isinstance(clients, resp.Error):
            problems.append(f"CLIENT LIST: {clients!r}")
            return
        if clients.count(b"\n") == 1:
            break
        time.sleep(0.05)
    else:
        problems.append(f"{clients.count(b'id=') - 1} connections of attackers are still there")
    if client.ask("EXISTS", attacks.FORBIDDEN_KEY) != 0:
        problems.append("an attacker has written")
    if client.ask("DBSIZE") != keyCount:
        problems.append("there are other keys than before")


@contextlib.contextmanager
def under_attack(port, attack):
    """Starts the attack in a process of its own; what is yielded ends it and gives what it found."""
    if attack is None:
        yield None
        return
    context = multiprocessing.get_context("fork")
    started, stop, results = context.Event(), context.Event(), context.SimpleQueue()
    process = context.Process(target=_attack, args=(attack, port, started, stop, results), daemon=True)
    process.start()
    try:
        if not started.wait(PATIENCE_SECONDS):
            raise AssertionError(f"the attack did not begin within {PATIENCE_SECONDS} s")

        def finish():
            stop.set()
            found = results.get()
            process.join()
            return found

        yield finish
    finally:
        if process.is_alive():
            process.kill()
        process.join()


def _attack(attack, port, started, stop, results):
    # The machine is to be busy with the server, not with those who attack it.
    os.nice(10)
    said, problems = "", []
    try:
        said = attack(port, started.set, stop.is_set)
    except attacking.Wrong as wrong:
        problems = [str(wrong)]
    except Exception:
        problems = [traceback.format_exc(limit=-3)]
    started.set()
    results.put((said, problems))

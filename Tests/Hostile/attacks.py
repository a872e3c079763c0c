"""The attacks. Each takes the port, calls `begun()` when it is under way, goes on until `over()`, and returns a few
words of what it met; what should not have been is `Wrong`."""

import errno
import selectors
import socket
import struct
import time

from attacking import Wrong, attack, connect, expect, raise_limit, read_all
from long_replies import changed_replies, long_replies

FORBIDDEN_KEY = "attacked"
SLOW_SENDERS = 1_000
LIVES = 10_000
QUIET_SECONDS = 2
ATTEMPTS = 10_000
PIPELINED_BYTES = 1 << 30
HUGE = 1 << 30
# The most that one bulk string may be long.
LARGEST = 512 << 20
WRITE = b"*3\r\n$3\r\nSET\r\n$8\r\nattacked\r\n$1\r\n1\r\n"
TLS_HELLO = bytes.fromhex(
    "16030100a5010000a10303000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f00002a"
    "c02fc030c02bc02ccca8cca9c013c009c014c00a009c009d002f0035c012000a13011302130301000050"
)


@attack()
def slow_senders(port, begun, over):
    """A thousand clients, each of which sends a byte of its request now and then."""
    request = b"*3\r\n$3\r\nSET\r\n$8\r\nattacked\r\n$100000\r\n" + b"x" * 50_000
    connections = [connect(port) for _ in range(SLOW_SENDERS)]
    begun()
    sent = 0
    while not over():
        for index, connection in enumerate(connections):
            at = sent // len(connections)
            connection.send(request[at : at + 1])
            sent += 1
            if index % 100 == 99:
                time.sleep(0.02)
    for connection in connections:
        connection.close()
    return f"{sent} bytes, one by one, over {len(connections)} connections"


@attack()
def connection_attempts(port, begun, over):
    """Ten thousand connections, as fast as they can be had, more than there is room for."""
    raise_limit()
    selector = selectors.DefaultSelector()
    counts = {"told": 0, "reset": 0, "silent": 0}
    attempted = 0
    begun()
    last = time.monotonic()
    # Those that were let in say nothing: they are what is left when no more refusals come.
    while attempted < ATTEMPTS or time.monotonic() - last < QUIET_SECONDS or is_waiting(selector, last):
        for _ in range(min(20, ATTEMPTS - attempted)):
            connection = socket.socket()
            connection.setblocking(False)
            if connection.connect_ex(("127.0.0.1", port)) not in (0, errno.EINPROGRESS):
                raise Wrong("a connection could not even be tried")
            selector.register(connection, selectors.EVENT_READ)
            attempted += 1
        for key, _ in selector.select(0.01):
            counts[refusal(key.fileobj)] += 1
            selector.unregister(key.fileobj)
            key.fileobj.close()
            last = time.monotonic()
    kept = [key.fileobj for key in selector.get_map().values()]
    while not over():
        time.sleep(0.02)
    for connection in kept:
        connection.close()
    refused = ", ".join(f"{count} {name}" for name, count in counts.items())
    said = f"{attempted} attempts, {len(kept)} let in, {refused}"
    # A server that is refusing very many at the same moment may save its words for the others.
    if len(kept) < 500 or counts["told"] < 0.95 * (ATTEMPTS - len(kept)):
        raise Wrong(said)
    return said


def is_waiting(selector, last):
    """Whether some connections are not even there yet: the system tries again, after seconds."""
    def is_connected(connection):
        try:
            return bool(connection.getpeername())
        except OSError:
            return False
    return time.monotonic() - last < 30 and not all(is_connected(key.fileobj) for key in selector.get_map().values())


def refusal(connection):
    """How a connection was refused."""
    try:
        data = connection.recv(4_096)
    except ConnectionError:
        return "reset"
    if data:
        expect("a client too many", data, b"-ERR max number of clients reached")
    return "told" if data else "silent"


@attack()
def declared_bulk(port, begun, over):
    """Bulk strings of 1 GiB, which is too long, and of 512 MiB, which is not, that never come."""
    refusals = 0
    waiting = [connect(port) for _ in range(200)]
    for connection in waiting:
        connection.send(b"*3\r\n$3\r\nSET\r\n$8\r\nattacked\r\n$%d\r\nx" % LARGEST)
    begun()
    while not over():
        connection = connect(port)
        connection.send(b"*3\r\n$3\r\nSET\r\n$8\r\nattacked\r\n$%d\r\n" % HUGE)
        expect("1 GiB", read_all(connection), b"-ERR Protocol error: invalid bulk length")
        connection = connect(port)
        connection.send(b"*3000000000\r\n")
        answer = read_all(connection)
        expect("three thousand million arguments", answer, b"-ERR Protocol error: invalid multibulk length")
        refusals += 2
        time.sleep(0.01)
    for connection in waiting:
        connection.close()
    return f"{refusals} told that it is too long, {len(waiting)} that wait"


@attack()
def never_reads(port, begun, over):
    """1 GiB of commands from clients that read no reply."""
    commands = b"*2\r\n$3\r\nGET\r\n$5\r\nlarge\r\n" * 400
    connections = [connect(port) for _ in range(4)]
    sent = [0] * len(connections)
    begun()
    last = time.monotonic()
    while not over():
        for index, connection in enumerate(connections):
            at = sent[index] % len(commands)
            try:
                if sum(sent) < PIPELINED_BYTES:
                    sent[index] += connection.send(commands[at:])
                    last = time.monotonic()
            except BlockingIOError:
                pass
            except ConnectionError:
                # Closed for its silence, which is fine.
                pass
        if time.monotonic() - last > 0.05:
            time.sleep(0.01)
    if sum(sent) >= PIPELINED_BYTES:
        raise Wrong("1 GiB of commands were taken from clients that read nothing")
    # What was answered is there in the end, whole and in order, as far as it goes.
    connections[0].settimeout(30)
    first = b""
    while len(first) < 100_000:
        piece = connections[0].recv(1 << 16)
        if not piece:
            raise Wrong("replies that had been there are lost")
        first += piece
    if not (b"$10000\r\n" + b"x" * 10_000 + b"\r\n" + b"$10000\r\n").startswith(first[:10_018]):
        raise Wrong("replies that waited are not what they were")
    for connection in connections:
        connection.close()
    return f"{sum(sent) / (1 << 20):.1f} MiB were taken of {PIPELINED_BYTES >> 20}"


@attack()
def half_open_and_reset(port, begun, over):
    """Connections that end in all ways but the proper one."""
    abrupt = struct.pack("ii", 1, 0)
    counts = {"reset": 0, "half closed": 0, "left": 0, "silent": 0}
    begun()
    while not over():
        connection = connect(port)
        connection.send(WRITE[:-5])
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, abrupt)
        connection.close()
        counts["reset"] += 1

        connection = connect(port)
        connection.send(b"*1\r\n$4\r\nPING\r\n" + WRITE[:-5])
        connection.shutdown(socket.SHUT_WR)
        expect("what was asked before the end", read_all(connection), b"+PONG\r\n")
        counts["half closed"] += 1

        # Gone with replies under way.
        connection = connect(port)
        connection.send(b"*2\r\n$3\r\nGET\r\n$5\r\nlarge\r\n" * 100)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, abrupt)
        connection.close()
        counts["left"] += 1

        connection = connect(port)
        connection.close()
        counts["silent"] += 1
        time.sleep(0.005)
    return ", ".join(f"{count} {name}" for name, count in counts.items())


@attack()
def come_and_go(port, begun, over):
    """Ten thousand short lives: whatever a connection leaves behind adds up."""
    begun()
    for _ in range(LIVES):
        connection = socket.create_connection(("127.0.0.1", port), 30)
        connection.send(b"*1\r\n$4\r\nPING\r\n")
        expect("a short life", connection.recv(64), b"+PONG\r\n")
        connection.close()
    while not over():
        time.sleep(0.02)
    return f"{LIVES} connections, one after another"


@attack()
def other_protocols(port, begun, over):
    """HTTP and TLS on the plain port: closed, and nothing of it is carried out."""
    requests = (
        b"GET / HTTP/1.1\r\nHost: localhost:7379\r\nUser-Agent: curl/8\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 40\r\n\r\n"
        b"put attacked 1\r\n" + WRITE,
        b"OPTIONS * HTTP/1.1\r\n\r\nput attacked 1\r\n",
        b"Host: localhost\r\nput attacked 1\r\n",
        b"CONNECT localhost:7379 HTTP/1.1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + WRITE,
        TLS_HELLO,
        TLS_HELLO + WRITE,
    )
    count = 0
    begun()
    while not over():
        for request in requests:
            connection = connect(port)
            connection.send(request)
            answer = read_all(connection)
            if b"OK" in answer or b"+PONG" in answer:
                raise Wrong(f"{request[:40]!r} was answered with {answer[:100]!r}")
            count += 1
        time.sleep(0.005)
    return f"{count} closed"


@attack(wantsPassword=True)
def no_password(port, begun, over):
    """Commands without a password, wrong ones, too much before one, and silence."""
    counts = {"refused": 0, "wrong": 0, "too much": 0}
    silent = [connect(port) for _ in range(300)]
    begin = time.monotonic()
    guessing = []
    begun()
    while not over():
        connection = connect(port)
        connection.send(WRITE + b"*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nQUIT\r\n")
        answer = read_all(connection)
        if answer.count(b"-NOAUTH Authentication required.\r\n") != 2:
            raise Wrong(f"without a password: {answer[:200]!r}")
        counts["refused"] += 1
        if len(guessing) < 100:
            guessing.append(connect(port))
            guessing[-1].send(b"*2\r\n$4\r\nAUTH\r\n$5\r\nguess\r\n*1\r\n$4\r\nQUIT\r\n")
        elif time.monotonic() - begin > 1:
            connection = guessing.pop(0)
            expect("a wrong password", read_all(connection), b"-WRONGPASS ")
            counts["wrong"] += 1
        for request, reason in (
            (b"*11\r\n", b"-ERR Protocol error: unauthenticated multibulk length"),
            (b"*2\r\n$4\r\nAUTH\r\n$16385\r\n", b"-ERR Protocol error: unauthenticated bulk length"),
        ):
            connection = connect(port)
            connection.send(request)
            expect("too much before a password", read_all(connection), reason)
            counts["too much"] += 1
        time.sleep(0.01)
    for connection in guessing:
        connection.close()
    for connection in silent:
        expect("silence instead of a password", read_all(connection, 60), b"password")
    return ", ".join(f"{count} {name}" for name, count in counts.items()) + f", {len(silent)} silent ones closed"


ALL = {
    body.__name__: body
    for body in (
        slow_senders, connection_attempts, declared_bulk, never_reads, long_replies, changed_replies,
        half_open_and_reset, come_and_go, other_protocols, no_password)
}

"""What the attacks share: connections, and what they have to be answered."""

import resource
import socket


class Wrong(Exception):
    """The server did not do what it should."""


def attack(wantsPassword=False, hugeByteCount=0):
    """Marks an attack: whether the server has a password, and how long a value it begins with, under `huge`."""
    def mark(body):
        body.wantsPassword = wantsPassword
        body.hugeByteCount = hugeByteCount
        return body
    return mark


def raise_limit():
    """As many sockets as this process may have."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def connect(port):
    connection = socket.create_connection(("127.0.0.1", port), 30)
    connection.setblocking(False)
    return connection


def read_all(connection, seconds=30.0):
    """What comes until the server closes, which it has to."""
    connection.settimeout(seconds)
    data = b""
    try:
        while piece := connection.recv(1 << 16):
            data += piece
    except ConnectionError:
        pass
    except TimeoutError:
        raise Wrong(f"the connection is still open, behind {data[-100:]!r}") from None
    finally:
        connection.close()
    return data


def expect(what, found, wanted):
    if wanted not in found:
        raise Wrong(f"{what}: {found[:200]!r} does not say {wanted!r}")

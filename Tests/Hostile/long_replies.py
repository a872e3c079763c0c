"""Attacks with replies of many megabytes, which come in parts; see attacks.py."""

import socket
import time

from attacking import Wrong, attack, connect, expect

LONG_BYTES = 64 << 20
CHANGED_BYTES = 5 << 20
LONG_READERS = 50
LONG_REQUESTS = (
    b"*2\r\n$3\r\nGET\r\n$4\r\nhuge\r\n",
    b"*4\r\n$4\r\nMGET\r\n$4\r\nhuge\r\n$4\r\nhuge\r\n$4\r\nhuge\r\n",
    b"*2\r\n$5\r\nQRROT\r\n$3\r\nall\r\n",
    b"get huge\n",
    b"all\n",
    b"*4\r\n$8\r\nGETRANGE\r\n$4\r\nhuge\r\n$1\r\n1\r\n$2\r\n-1\r\n",
)


@attack(hugeByteCount=LONG_BYTES)
def long_replies(port, begun, over):
    """Fifty clients, each of which asks for 64 MiB or more and reads nothing, or slowly."""
    connections = [connect(port) for _ in range(LONG_READERS)]
    for index, connection in enumerate(connections):
        connection.send(LONG_REQUESTS[index % len(LONG_REQUESTS)] * 20)
    begun()
    taken = 0
    while not over():
        for connection in connections[::2]:
            try:
                taken += len(connection.recv(1 << 15))
            except BlockingIOError:
                pass
        time.sleep(0.01)
    # Whoever waits long enough has it whole.
    wanted = b"$%d\r\n" % LONG_BYTES
    connections[1].close()
    last = connect(port)
    last.settimeout(60)
    last.send(LONG_REQUESTS[0])
    head, count = last.recv(len(wanted), socket.MSG_WAITALL), 0
    while count < LONG_BYTES:
        piece = last.recv(min(1 << 20, LONG_BYTES - count))
        if not piece or piece.strip(b"x"):
            raise Wrong(f"behind {count} bytes of a long reply: {piece[:100]!r}")
        count += len(piece)
    expect("a long reply", head + last.recv(2, socket.MSG_WAITALL), wanted + b"\r\n")
    for connection in (*connections, last):
        connection.close()
    return f"{len(connections)} readers, {taken >> 20} MiB taken"


@attack(hugeByteCount=CHANGED_BYTES)
def changed_replies(port, begun, over):
    """Fifty clients that ask for a long value and read nothing, each for another one: it changes all the time."""
    connections = []
    writer = connect(port)
    writer.settimeout(30)
    begun()
    count = 0
    while not over():
        count += 1
        if len(connections) < LONG_READERS:
            connections.append(connect_narrowly(port))
            connections[-1].send(LONG_REQUESTS[0])
        time.sleep(0.05)
        letter = b"abcdefgh"[count % 8 :][:1]
        writer.sendall(b"*3\r\n$3\r\nSET\r\n$4\r\nhuge\r\n$%d\r\n" % CHANGED_BYTES + letter * CHANGED_BYTES + b"\r\n")
        expect("a write beside long replies", writer.recv(5, socket.MSG_WAITALL), b"+OK\r\n")
    # Those for whom too much would have had to be kept are cut off; what came before is of one moment.
    kept = 0
    for connection in connections:
        data = read_long(connection)
        kept += len(data) > CHANGED_BYTES
        letters = set(data.split(b"\r\n")[1])
        if len(letters) != 1:
            raise Wrong(f"a reply is of several moments: {letters}")
        connection.close()
    writer.close()
    if not 0 < kept < len(connections):
        raise Wrong(f"{kept} of {len(connections)} replies came whole")
    return f"{len(connections)} readers, {len(connections) - kept} cut off"


def connect_narrowly(port):
    """A connection for whose bytes the system has little room."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
    connection.connect(("127.0.0.1", port))
    return connection


def read_long(connection):
    """What comes of one long reply, up to its end or the connection's."""
    connection.settimeout(30)
    wanted = len(b"$%d\r\n\r\n" % CHANGED_BYTES) + CHANGED_BYTES
    data = b""
    while len(data) < wanted:
        try:
            piece = connection.recv(1 << 20)
        except ConnectionError:
            break
        if not piece:
            break
        data += piece
    return data

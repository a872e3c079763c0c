"""Stands between the program and a server, and cuts a connection after so many bytes of replies."""

import selectors
import socket
import threading


class Proxy:
    """One bad network, in a thread of its own.

    Bytes of replies are counted over all connections. The connection on which the `limit`th would come is cut
    before it; later ones are left alone.
    """

    def __init__(self, target, mark=b""):
        self.target = target
        self.mark = mark
        self.limit = None
        self.count = 0
        # How many bytes of replies had come when the program first sent `mark`.
        self.markedAt = None
        self.cuts = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ, None)
        self.waker, self.alarm = socket.socketpair()
        self.selector.register(self.alarm, selectors.EVENT_READ, None)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is self.alarm:
                    return
                if key.fileobj is self.listener:
                    self._join()
                elif key.fileobj.fileno() >= 0:
                    self._forward(key.fileobj, *key.data)

    def _join(self):
        client, _ = self.listener.accept()
        try:
            server = socket.create_connection(("127.0.0.1", self.target), 10)
        except OSError:
            client.close()
            return
        for one, other, isReply in ((client, server, False), (server, client, True)):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.selector.register(one, selectors.EVENT_READ, (other, isReply))

    def _forward(self, one, other, isReply):
        try:
            data = one.recv(1 << 16)
        except OSError:
            data = b""
        if not data:
            self._close(one, other)
            return
        if not isReply:
            if self.markedAt is None and self.mark and self.mark in data:
                self.markedAt = self.count
        elif self.limit is not None and self.cuts == 0 and self.count + len(data) > self.limit:
            self.cuts += 1
            data = data[: self.limit - self.count]
            self._send(other, data)
            self._close(one, other)
            return
        if isReply:
            self.count += len(data)
        if not self._send(other, data):
            self._close(one, other)

    @staticmethod
    def _send(other, data):
        try:
            other.sendall(data)
            return True
        except OSError:
            return False

    def _close(self, one, other):
        for each in (one, other):
            try:
                self.selector.unregister(each)
            except (KeyError, ValueError):
                continue
            each.close()

    def close(self):
        self.waker.close()
        self.thread.join(10)
        self.listener.close()
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.selector.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Parrot:
    """Answers everybody the same, or nothing at all."""

    def __init__(self, says=b"", closes=False):
        self.says, self.closes = says, closes
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.isOver = False
        self.connections = []
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        try:
            while connection.recv(1 << 16):
                if self.says:
                    connection.sendall(self.says)
                if self.closes:
                    break
        except OSError:
            pass
        if self.closes:
            connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for connection in self.connections:
            connection.close()

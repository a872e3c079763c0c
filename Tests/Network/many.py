"""Many connections in one thread, each with its own requests under way."""

import selectors
import socket

import resp


class Link:
    """One connection: what is to be sent, what has come."""

    def __init__(self, port, number):
        self.number = number
        self.socket = socket.create_connection(("127.0.0.1", port), resp.TIMEOUT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.unsent = bytearray()
        self.data = bytearray()
        self.isOver = False

    def send(self, data):
        """Sends what the system takes now, and the rest later."""
        self.unsent += data
        self.flush()

    def flush(self):
        try:
            while self.unsent:
                del self.unsent[: self.socket.send(self.unsent)]
        except BlockingIOError:
            pass
        except ConnectionError:
            self.isOver = True
            self.unsent.clear()

    def receive(self):
        """The replies that are whole now. What the server had sent before it died is still read."""
        try:
            while piece := self.socket.recv(1 << 18):
                self.data += piece
            self.isOver = True
        except BlockingIOError:
            pass
        except ConnectionError:
            self.isOver = True
        replies, at = [], 0
        while (step := resp.parse(self.data, at)) is not None:
            replies.append(step[0])
            at = step[1]
        del self.data[:at]
        return replies


class Many:
    """Connections that are waited for together."""

    def __init__(self, port, count):
        self.links = [Link(port, number) for number in range(count)]
        self.selector = selectors.DefaultSelector()
        for link in self.links:
            self.selector.register(link.socket, selectors.EVENT_READ, link)

    @property
    def isOver(self):
        """Whether the server has closed all of them."""
        return not self.selector.get_map()

    def wait(self, seconds):
        """Waits, at most so long; returns pairs of a link and the replies that it has got."""
        found = []
        for key, _ in self.selector.select(seconds):
            link = key.data
            found.append((link, link.receive()))
            if link.isOver:
                self.selector.unregister(link.socket)
        for link in self.links:
            if link.unsent and not link.isOver:
                link.flush()
        return found

    def close(self):
        for link in self.links:
            link.socket.close()
        self.selector.close()

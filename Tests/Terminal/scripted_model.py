"""A model for tests: an HTTP server on this machine that speaks OpenAI's chat completions, from a script."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class ScriptedModel:
    """Answers each request with the next text of a script.

    A text is sent in small pieces. An Event in its place stops the stream until it is set or the client
    leaves; a number is an HTTP status. `requests` keeps what was sent to it.
    """

    def __init__(self, *replies, piece=5):
        self.replies = list(replies)
        self.piece = piece
        self.requests = []
        self.headers = []
        self.asked = threading.Semaphore(0)
        self.left = threading.Event()
        model = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *arguments):
                pass

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                model.requests.append(body)
                model.headers.append(dict(self.headers))
                reply = model.replies.pop(0) if model.replies else 404
                model.asked.release()
                try:
                    model.send(self, reply)
                except OSError:
                    model.left.set()
                    self.close_connection = True

            def do_GET(self):
                data = json.dumps({"object": "list", "data": [{"id": "scripted-1", "object": "model"}]}).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}/v1"

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def send(self, handler, reply):
        if isinstance(reply, int):
            data = json.dumps({"error": {"message": "out of order", "type": "server_error", "code": None}}).encode()
            handler.send_response(reply)
            handler.send_header("content-type", "application/json")
            handler.send_header("content-length", str(len(data)))
            handler.end_headers()
            handler.wfile.write(data)
            return
        handler.send_response(200)
        handler.send_header("content-type", "text/event-stream")
        handler.send_header("transfer-encoding", "chunked")
        handler.end_headers()
        for part in reply if isinstance(reply, list) else [reply]:
            if isinstance(part, threading.Event):
                self.pause(handler, part)
                continue
            for start in range(0, len(part), self.piece):
                self.event(handler, {"choices": [{"index": 0, "delta": {"content": part[start : start + self.piece]}}]})
        self.event(handler, {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        self.event(handler, {"choices": [], "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}})
        self.chunk(handler, b"data: [DONE]\n\n")
        handler.wfile.write(b"0\r\n\r\n")
        handler.wfile.flush()

    def pause(self, handler, event):
        """Waits, and notices by comments that it sends whether the client is still there."""
        while not event.wait(0.02):
            self.chunk(handler, b": waiting\n\n")

    def event(self, handler, content):
        content = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "scripted-1", **content}
        self.chunk(handler, b"data: " + json.dumps(content).encode() + b"\n\n")

    def chunk(self, handler, data):
        handler.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        handler.wfile.flush()

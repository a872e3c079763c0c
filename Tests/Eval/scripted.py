#!/usr/bin/env python3
"""A provider whose answers stand in the tasks: OpenAI's chat completions over HTTP, streamed.

It is no model. It stands in for one that does each task well, so that the recordings can be made and
the runner can be tried; and, with the scripts that are wrong on purpose, for one that does not.

    scripted.py [PORT]     # then: qrrot --ai openai --ai-url http://127.0.0.1:PORT/TASK/v1 …

The first part of a URL's path is the name of the task. A conversation without a turn of the model
begins its script anew.
"""

import ast
import json
import operator
import os
import re
import sys
import threading
from decimal import ROUND_HALF_UP, Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PIECE_CHARACTERS = 24
BODY_BYTES_MAX = 16 << 20
OPERATORS = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
}


class Stray(Exception):
    """The conversation is not the one that the script was written for."""


def number(text):
    """A captured text as the number it shows, or as itself."""
    return Decimal(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else text


def rounded(value, digits=0):
    return value.quantize(Decimal(1).scaleb(-int(digits)), rounding=ROUND_HALF_UP)


FUNCTIONS = {
    "round": rounded,
    "len": lambda items: Decimal(len(items)),
    "sum": lambda items: sum(items, Decimal(0)),
    "dot": lambda a, b: sum((x * y for x, y in zip(a, b, strict=True)), Decimal(0)),
    "join": lambda items: ", ".join(str(item) for item in items),
}


def evaluate(node, names):
    """The value of an expression over captured numbers: what a model does in its head."""
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return Decimal(str(node.value))
    if isinstance(node, ast.Name) and node.id in names:
        return names[node.id]
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        return OPERATORS[type(node.op)](evaluate(node.left, names), evaluate(node.right, names))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS:
        return FUNCTIONS[node.func.id](*(evaluate(argument, names) for argument in node.args))
    raise Stray(f"the script can't say {ast.unparse(node)}")


def fill(text, names):
    """`text` with each <<expression>> replaced by its value."""
    def value(match):
        return str(evaluate(ast.parse(match.group(1).strip(), mode="eval").body, names))
    return re.sub(r"<<(.+?)>>", value, text)


def reply_of(entry, heard, names):
    """What an entry of a script says after it has heard the last user turn."""
    if isinstance(entry, str):
        return fill(entry, names)
    for name, pattern in entry.get("from", {}).items():
        match = re.search(pattern, heard, re.MULTILINE)
        if not match:
            raise Stray(f"/{pattern}/ is not in: {heard[-600:]}")
        names[name] = number(match.group(1))
    for name, pattern in entry.get("all", {}).items():
        names[name] = [number(text) for text in re.findall(pattern, heard, re.MULTILINE)]
        if not names[name]:
            raise Stray(f"/{pattern}/ is not in: {heard[-600:]}")
    if "each" not in entry:
        said = fill(entry["say"], names)
    else:
        matches = list(re.finditer(entry["each"], heard, re.MULTILINE))
        if not matches:
            raise Stray(f"/{entry['each']}/ is not in: {heard[-600:]}")
        matches = matches[: len(matches) - entry.get("omit", 0)]
        lines = [
            fill(entry["say"], names | {name: number(text) for name, text in match.groupdict().items()})
            for match in matches
        ]
        said = fill(entry.get("before", ""), names) + "\n".join(lines) + fill(entry.get("after", ""), names)
    by = entry.get("shift", 0)
    return re.sub(r"\d+", lambda match: str(int(match.group()) + by), said) if by else said


class Conversation:
    """How far one conversation has come through its script."""

    def __init__(self, requests, script):
        self.requests = requests
        self.script = script
        self.begin()

    def begin(self):
        self.at = 0
        self.names = {}

    def answer(self, messages):
        """The next reply; `Stray` where the conversation is not what the script expects."""
        if not any(message["role"] == "assistant" for message in messages):
            self.begin()
        turns = [message["content"] for message in messages if message["role"] == "user"]
        if not any(request in turn for turn in turns for request in self.requests):
            raise Stray("the request is in no turn of the user's")
        if self.at >= len(self.script):
            raise Stray("the script is over")
        entry = self.script[self.at]
        self.at += 1
        return reply_of(entry, turns[-1], self.names)


def usage_of(messages, reply):
    """A count for the table: a quarter of the bytes, as nothing here knows real tokens."""
    sent = sum(len(message["content"].encode()) for message in messages) // 4
    said = len(reply.encode()) // 4
    return {"prompt_tokens": sent, "completion_tokens": said, "total_tokens": sent + said}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        if self.path.endswith("/models"):
            return self.send(200, {"object": "list", "data": [{"id": "scripted", "object": "model"}]})
        self.fail(404, "there is nothing here")

    def do_POST(self):
        length = int(self.headers.get("content-length") or 0)
        if not 0 < length <= BODY_BYTES_MAX:
            return self.fail(400, "a body of known length is expected")
        body = json.loads(self.rfile.read(length))
        name = self.path.strip("/").split("/")[0]
        conversation = self.server.conversations.get(name)
        if not self.path.endswith("/chat/completions") or conversation is None:
            return self.fail(404, f"there is no task {name}")
        try:
            reply = conversation.answer(body["messages"])
        except Stray as problem:
            self.server.strays.append(f"{name}: {problem}")
            return self.fail(400, f"the script: {problem}")
        self.stream(reply, usage_of(body["messages"], reply))

    def send(self, status, content):
        data = json.dumps(content).encode()
        # Without a date, so that what is recorded twice is the same.
        self.send_response_only(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def fail(self, status, text):
        self.close_connection = True
        self.send(status, {"error": {"message": text, "type": "invalid_request_error", "param": None, "code": None}})

    def stream(self, reply, usage):
        self.send_response_only(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        head = {"id": "chatcmpl-scripted", "object": "chat.completion.chunk", "created": 0, "model": "scripted"}
        pieces = [reply[at : at + PIECE_CHARACTERS] for at in range(0, len(reply), PIECE_CHARACTERS)]
        deltas = [({"role": "assistant", "content": ""}, None), *(({"content": piece}, None) for piece in pieces),
                  ({}, "stop")]
        for delta, reason in deltas:
            self.event({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]})
        self.event({**head, "choices": [], "usage": usage})
        self.event("[DONE]")
        self.wfile.write(b"0\r\n\r\n")

    def event(self, content):
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        data = f"data: {text}\n\n".encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()


class Server(ThreadingHTTPServer):
    """The server; conversations may be added while it runs."""

    daemon_threads = True

    def __init__(self, port=0):
        super().__init__(("127.0.0.1", port), Handler)
        self.conversations = {}
        # What did not fit a script, for the runner's report.
        self.strays = []

    def add(self, name, requests, script):
        """Adds a conversation; returns the base URL for it."""
        self.conversations[name] = Conversation(requests, script)
        return f"http://127.0.0.1:{self.server_port}/{name}/v1"

    def handle_error(self, request, address):
        # A program that has what it wanted, or was stopped, hangs up.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, address)

    def start(self):
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()


def main():
    sys.dont_write_bytecode = True
    import tasks

    server = Server(int(sys.argv[1]) if len(sys.argv) > 1 else 8099)
    for task in tasks.load([os.path.dirname(os.path.abspath(__file__))]).values():
        if task.script:
            server.add(task.name, task.requests, task.script)
    print(f"http://127.0.0.1:{server.server_port}/TASK/v1", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()

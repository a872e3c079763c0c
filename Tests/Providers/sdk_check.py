#!/usr/bin/env python3
"""Shows that the providers' own clients read the scenes of Tests/Fixtures/Providers as qrrot does.

The Swift tests hold qrrot against these scenes; that says nothing if the scenes are not what a provider
sends. Here each one is served to the official client of its provider, which has to get the same text
out of it, or an error with the same status. `make sdk-check` installs the clients and runs this.
"""

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SCENES = Path(__file__).resolve().parent.parent / "Fixtures" / "Providers"


class Scene:
    """A file: status line, headers, an empty line, body; all with LF."""

    def __init__(self, path):
        head, self.body = path.read_bytes().split(b"\n\n", 1)
        lines = head.decode().split("\n")
        self.status = int(lines[0].split(" ")[1])
        self.headers = [tuple(line.split(": ", 1)) for line in lines[1:] if line]
        self.is_cut = ("x-scene-end", "cut") in self.headers
        self.headers = [header for header in self.headers if header[0] != "x-scene-end"]


def provider_of(path):
    if ":streamGenerateContent" in path:
        return "gemini"
    return "anthropic" if path.split("?")[0].endswith("/messages") else "openai"


class Handler(BaseHTTPRequestHandler):
    """Answers with the scene that the last message's text names."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if "contents" in body:
            name = body["contents"][-1]["parts"][-1]["text"]
        else:
            name = body["messages"][-1]["content"]
        scene = Scene(SCENES / provider_of(self.path) / f"{name}.http")
        self.send_response(scene.status)
        for header in scene.headers:
            self.send_header(*header)
        if scene.status != 200:
            self.send_header("content-length", str(len(scene.body)))
            self.end_headers()
            self.wfile.write(scene.body)
            return
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        # A prime, so that chunks end anywhere.
        for start in range(0, len(scene.body), 101):
            chunk = scene.body[start : start + 101]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        if scene.is_cut:
            self.wfile.flush()
            self.close_connection = True
        else:
            self.wfile.write(b"0\r\n\r\n")


class Failed(Exception):
    """The client raised an error; the status is None where it names none."""

    def __init__(self, error):
        super().__init__(f"{type(error).__name__}: {error}")
        self.status = getattr(error, "status_code", None) or getattr(error, "code", None)


def gemini(base):
    from google import genai
    from google.genai import types

    options = types.HttpOptions(base_url=base, api_version="v1beta")
    client = genai.Client(api_key="k", http_options=options)

    def ask(scene):
        text, stop = "", None
        for chunk in client.models.generate_content_stream(model="gemini-x", contents=scene):
            feedback = chunk.prompt_feedback
            if feedback and feedback.block_reason:
                stop = f"prompt {feedback.block_reason.value}"
            for candidate in (chunk.candidates or [])[:1]:
                if candidate.index:
                    continue
                for part in (candidate.content and candidate.content.parts) or []:
                    text += part.text if part.text and not part.thought else ""
                stop = candidate.finish_reason.value if candidate.finish_reason else stop
        return text, stop

    return ask


def openai(base):
    import openai as sdk

    client = sdk.OpenAI(api_key="k", base_url=f"{base}/v1", max_retries=0)

    def ask(scene):
        text, stop, refusal = "", None, ""
        stream = client.chat.completions.create(
            model="m", stream=True, stream_options={"include_usage": True},
            messages=[{"role": "user", "content": scene}])
        for chunk in stream:
            for choice in chunk.choices:
                if choice.index == 0:
                    text += choice.delta.content or ""
                    refusal += choice.delta.refusal or ""
                    stop = choice.finish_reason or stop
        return text, "refusal" if refusal else stop

    return ask


def anthropic(base):
    import anthropic as sdk

    client = sdk.Anthropic(api_key="k", base_url=base, max_retries=0)

    def ask(scene):
        messages = [{"role": "user", "content": scene}]
        with client.messages.stream(model="m", max_tokens=64, messages=messages) as stream:
            message = stream.get_final_message()
        return "".join(block.text for block in message.content if block.type == "text"), message.stop_reason

    return ask


OK = "QUERY READ: get ivan — 😀"
# What each client has to make of a scene: its text and stop, or the status of its error; None for an
# error without one. A scene that is not named here fails the check.
EXPECTED = {
    "gemini": {
        "ok": (OK, "STOP"), "thinking": ("It is 42.", "STOP"), "tool": ("Let me look.", "STOP"),
        "second": ("first!", "STOP"), "safety": ("", "SAFETY"), "block": ("", "prompt SAFETY"),
        "length": ("QUERY WRITE: del i", "MAX_TOKENS"), "empty": ("", "STOP"), "cut": None, "broken": 503,
        "bad": 400, "badkey": 400, "busy": 503, "denied": 403, "limit": 429, "long": 400, "nomodel": 404,
        "quota": 429,
    },
    "openai": {
        "ok": (OK, "stop"), "thinking": ("It is 42.", "stop"), "tool": ("Let me look.", "tool_calls"),
        "second": ("first!", "stop"), "safety": ("QUERY", "content_filter"), "block": ("", "refusal"),
        "length": ("QUERY WRITE: del i", "length"), "empty": ("", "stop"), "cut": None, "broken": None,
        "bad": 400, "badkey": 401, "busy": 503, "denied": 403, "limit": 429, "long": 400, "nomodel": 404,
        "quota": 429,
    },
    "anthropic": {
        "ok": (OK, "end_turn"), "thinking": ("It is 42.", "end_turn"),
        "tool": ("Let me look.", "tool_use"), "safety": ("QUERY", "refusal"),
        "length": ("QUERY WRITE: del i", "max_tokens"), "empty": ("", "end_turn"), "cut": None,
        # The status is that of the stream, which had begun well.
        "broken": 200, "bad": 400, "badkey": 401, "busy": 529, "denied": 403, "limit": 429, "long": 400,
        "nomodel": 404, "quota": 429,
    },
}


def check(ask, scene, expected):
    """What is wrong; empty if nothing is."""
    try:
        answer = ask(scene)
    except Exception as error:  # The clients' errors have no base in common.
        failure = Failed(error)
        if isinstance(expected, tuple):
            return f"expected {expected}, but {failure}"
        return "" if failure.status == expected else f"expected status {expected}, but {failure.status}: {failure}"
    return "" if answer == expected else f"expected {expected}, but {answer}"


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_address[1]}"
    started, passed, failed = time.time(), 0, 0
    for provider, client in (("gemini", gemini), ("openai", openai), ("anthropic", anthropic)):
        ask = client(base)
        scenes = {path.stem for path in (SCENES / provider).glob("*.http")}
        for scene in sorted(scenes | EXPECTED[provider].keys()):
            if scene not in EXPECTED[provider]:
                wrong = "no expectation stands here"
            elif scene not in scenes:
                wrong = "there is no such file"
            else:
                wrong = check(ask, scene, EXPECTED[provider][scene])
            passed, failed = passed + (not wrong), failed + bool(wrong)
            if wrong:
                print(f"{provider}/{scene}: {wrong}")
    print(f"{passed} passed, {failed} failed ({time.time() - started:.1f} s)")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())

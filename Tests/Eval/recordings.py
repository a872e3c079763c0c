"""Recordings, one for each task, as they are kept in this repository."""

import json
import os
import re

PORT = re.compile(r"^(http://127\.0\.0\.1):\d+/")


def path(folder, task):
    return os.path.join(folder, task.name + ".jsonl")


def shorten(file):
    """Leaves out of a recording what answers nothing: requests' bodies, the port, the time.

    They differ from run to run, and make nine tenths of a recording. Without them a recording that is
    made again is the same one, unless an answer or the length of what is sent has changed.
    """
    lines = []
    with open(file, encoding="utf-8") as source:
        for line in source:
            entry = json.loads(line)
            entry.pop("made", None)
            if "request" in entry:
                entry["request"] = {
                    "method": entry["request"]["method"], "url": PORT.sub(r"\1/", entry["request"]["url"]),
                }
                if entry["response"]:
                    entry["response"]["chunks"] = ["".join(entry["response"]["chunks"])]
            lines.append(json.dumps(entry, ensure_ascii=False, separators=(",", ":")) + "\n")
    with open(file, "w", encoding="utf-8") as target:
        target.writelines(lines)


def leaks(folder, key):
    """The files of a folder that hold `key`."""
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), "rb") as file:
            if key.encode() in file.read():
                yield name

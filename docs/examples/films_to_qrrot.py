#!/usr/bin/env python3
"""Turns films into a command file: one `put movie:YEAR:TITLE {…}` a line, on standard output.

    python3 docs/examples/films_to_qrrot.py films-2000s.json films-2010s.json > films.qrrot
    qrrot -f films.qrrot -c size
    qrrot --init films.qrrot          # then: all movie:1999:*

Each file holds one JSON array of objects with at least "title" and "year", such as

    [{"title": "A Film", "year": 1999, "cast": ["Somebody"], "genres": ["Drama"]}]

The whole object becomes the value. Films of the same year and title all stay: the second has ":2" at
the end of its key, the third ":3". A key is quoted where a bare word could not hold it.
"""

import json
import sys
from typing import Iterator, TextIO

ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def key_token(key: str) -> str:
    """`key` as one token of the command language: bare if it reads back as itself, else in double quotes."""
    plain = all(c.isprintable() and not c.isspace() and c not in "\"'\\" for c in key)
    if plain:
        return key
    return '"' + "".join(escaped(character) for character in key) + '"'


def escaped(character: str) -> str:
    if character in ESCAPES:
        return ESCAPES[character]
    return character if character.isprintable() or character == " " else f"\\u{{{ord(character):X}}}"


def json_literal(value: object) -> str:
    """`value` as compact JSON on one line."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:  # half a surrogate pair, which only an escape can carry
        text = json.dumps(value, separators=(",", ":"))
    return text


def films(file: TextIO, name: str) -> Iterator[dict]:
    """The films of one file; what is no film ends the program with its place."""
    content = json.load(file)
    if not isinstance(content, list):
        sys.exit(f"{name}: an array of films is expected")
    for number, film in enumerate(content, start=1):
        if not isinstance(film, dict) or "title" not in film or "year" not in film:
            sys.exit(f"{name}: film {number} has no title or no year")
        yield film


def unused_key(film: dict, used: set[str]) -> str:
    """The film's key, with a number at its end if another film has it already."""
    # A lone surrogate is no text; "?" stands for it in the key, the value keeps it.
    base = f"movie:{film['year']}:{film['title']}".encode("utf-8", "replace").decode("utf-8")
    key, number = base, 1
    while key in used:
        number += 1
        key = f"{base}:{number}"
    used.add(key)
    return key


def main(names: list[str]) -> None:
    if not names or names[0] in ("-h", "--help"):
        sys.exit(__doc__)
    used: set[str] = set()
    for name in names:
        with open(name, encoding="utf-8") as file:
            for film in films(file, name):
                line = f"put {key_token(unused_key(film, used))} {json_literal(film)}\n"
                sys.stdout.buffer.write(line.encode("utf-8"))


if __name__ == "__main__":
    main(sys.argv[1:])

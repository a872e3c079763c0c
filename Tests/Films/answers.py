#!/usr/bin/env python3
"""What queries over films have to answer, counted by plain Python: a JSON object on standard output.

    python3 Tests/Films/answers.py films.json ACTOR
"""

import json
import sys
from collections import Counter


def rows(counts: Counter) -> list:
    """Groups as the shell gives them: the greatest number first, then by value."""
    return sorted(([group, number] for group, number in counts.items()), key=lambda row: (-row[1], row[0]))


def main(name: str, actor: str) -> None:
    with open(name, encoding="utf-8") as file:
        films = json.load(file)
    years = Counter(film["year"] for film in films)
    genres = Counter(genre for film in films for genre in set(film["genres"]))
    sizes = Counter(len(film["cast"]) for film in films)
    titles = [(film["title"].encode(), film["title"]) for film in films if 2013 <= film["year"] <= 2014]
    print(json.dumps({
        "films": len(films),
        "years": rows(years),
        "genres": rows(genres)[:10],
        "withActor": sorted(film["title"] for film in films if actor in film["cast"]),
        "castSizes": rows(sizes),
        "averageCastSize": sum(len(film["cast"]) for film in films) / len(films),
        "titles": [title for _, title in sorted(titles)],
        "yearSum": sum(film["year"] for film in films),
    }))


if __name__ == "__main__":
    main(*sys.argv[1:])

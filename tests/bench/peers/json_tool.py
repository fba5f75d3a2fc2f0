"""An imitation of the old design, from its description: a JSON file for each snapshot, one lock, all files read again.

`python json_tool.py create PLACE FILE MESSAGE`, `list PLACE`; with `--index` before them, a shared index is kept under
the lock instead of reading every file again. The packages come from a file of lines: the old tool started apt, pip and
npm, which took it a second and more.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import time
import uuid
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

WAIT = 10.0
POLL = 0.05


class Lock:
    """The one lock of a store, for writers and readers alike; gives up after ten seconds."""

    def __init__(self, place: str) -> None:
        self._path = os.path.join(place, ".lock")

    def __enter__(self) -> None:
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        end = time.monotonic() + WAIT
        while True:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > end:
                    sys.exit("timeout, please retry")
                time.sleep(POLL)
            else:
                return

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)


def document(lines: str, message: str, when: datetime) -> dict[str, object]:
    """Returns what is written of a snapshot."""
    rows = [line.split(" ") for line in lines.splitlines()]
    return {
        "id": f"{when:%Y%m%d_%H%M%S}_{uuid.uuid4().hex[:8]}",
        "timestamp": when.isoformat(),
        "description": message,
        "packages": {"apt": [{"name": row[0], "version": row[1]} for row in rows], "pip": [], "npm": []},
        "system_info": {"id": "debian", "version_id": "12", "kernel": "6.1.0", "arch": "x86_64"},
        "file_count": len(rows),
        "size_bytes": 0,
    }


def write(place: str, found: dict[str, object]) -> None:
    """Writes the file of a snapshot; nothing is fsynced."""
    directory = os.path.join(place, str(found["id"]))
    os.mkdir(directory, 0o700)
    draft = os.path.join(directory, "metadata.tmp")
    with open(draft, "w", encoding="ascii") as file:
        json.dump(found, file, indent=2)
    os.rename(draft, os.path.join(directory, "metadata.json"))  # noqa: TID251 -- the old design replaces


def each(place: str) -> Iterator[dict[str, object]]:
    """Yields what every file says, newest first."""
    for name in sorted(os.listdir(place), reverse=True):
        path = os.path.join(place, name, "metadata.json")
        if os.path.exists(path):
            with open(path, encoding="ascii") as file:
                yield json.load(file)


def index(place: str) -> list[dict[str, object]]:
    """Reads the shared index."""
    try:
        with open(os.path.join(place, "index.json"), encoding="ascii") as file:
            rows: list[dict[str, object]] = json.load(file)
            return rows
    except FileNotFoundError:
        return []


def write_index(place: str, rows: list[dict[str, object]]) -> None:
    """Writes the shared index anew."""
    draft = os.path.join(place, "index.tmp")
    with open(draft, "w", encoding="ascii") as file:
        json.dump(rows, file, indent=2)
    os.rename(draft, os.path.join(place, "index.json"))  # noqa: TID251 -- the old design replaces


def row(found: dict[str, object]) -> dict[str, object]:
    """Returns what the index says of a snapshot."""
    return {name: found[name] for name in ("id", "timestamp", "description", "file_count")}


def main() -> None:
    """Does one command."""
    words = sys.argv[1:]
    indexed = words[0] == "--index"
    command, place, *rest = words[indexed:]
    if command == "list":
        with Lock(place):
            for found in index(place) if indexed else list(each(place)):
                print(found["id"], found["timestamp"], found["file_count"], found["description"])
        return
    with open(rest[0], encoding="utf-8") as file:
        made = document(file.read(), rest[1], datetime.now())  # noqa: DTZ005 -- naive local time, as it was
    with Lock(place):
        write(place, made)
        if indexed:
            write_index(place, [*index(place), row(made)])
        else:
            # Retention: every file is read to find the oldest; none is over the limit here.
            sorted(each(place), key=lambda found: str(found["timestamp"]))


if __name__ == "__main__":
    main()

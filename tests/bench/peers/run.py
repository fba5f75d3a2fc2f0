"""Records the same history with this tool, git, restic, borg and the old design, and compares them.

`tox -e bench-peers -- --snapshots 1000`, or `python -P tests/bench/peers/run.py`. Prints each figure with its command;
`--json FILE` keeps them for `report.py` and `plot.py`. Asserts nothing. A tool that is not on PATH is left out.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from typing import TYPE_CHECKING

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from bench.peers import hourly, measuring
from bench.peers.measuring import Found, Tool
from bench.peers.tools import TOOLS

if TYPE_CHECKING:
    from collections.abc import Callable

OFTEN = 1000
"""Above this many snapshots, the slow tools are left out."""


def machine(place: str) -> Found:
    """Returns what the figures depend on, in general words."""
    with open("/proc/mounts", encoding="utf-8") as file:
        mounts = [line.split() for line in file]
    real = os.path.realpath(place)
    system = max((len(row[1]), row[2]) for row in mounts if f"{real}/".startswith(row[1].rstrip("/") + "/"))[1]
    return {
        "cores": len(os.sched_getaffinity(0)),
        "file_system": system,
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
    }


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--snapshots", type=int, default=1000)
    parser.add_argument("--only", help="names of tools, with commas: cortex,git")
    parser.add_argument("--all", action="store_true", help=f"restic and borg above {OFTEN} snapshots, too: takes hours")
    parser.add_argument("--hourly", type=int, metavar="N", help="instead, bytes of N hourly snapshots with few changes")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--writers", default="5,50,200")
    parser.add_argument("--place", help="directory to measure in; its disk decides what fsync costs")
    parser.add_argument("--json", help="write the figures to this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.place) as place:
        found: Found = {"machine": machine(place)}
        print(found["machine"])
        if options.hourly:
            found.update(hourly.measure(place, options.hourly))
            save(found, options.json)
        else:
            daily(place, options, found)


def save(found: Found, path: str | None) -> None:
    """Writes what is known so far: a run takes long, and may be cut short."""
    found["machine"]["load_after"] = os.getloadavg()[0]
    if path:
        with open(path, "w", encoding="utf-8") as file:
            json.dump(found, file, indent=1)
            file.write("\n")


def daily(place: str, options: argparse.Namespace, found: Found) -> None:
    """Takes everything of the daily history."""
    start, count = time.perf_counter(), options.snapshots
    found.update(snapshots=count, tools={})
    tools = []
    for kind in TOOLS:
        peer = kind(os.path.join(place, kind.name))
        if options.only and kind.name not in options.only.split(","):
            continue
        if not kind.often and count > OFTEN and not options.all:
            found["tools"][kind.name] = {"title": kind.title, "missing": f"not run above {OFTEN:,} snapshots"}
        elif peer.missing():
            found["tools"][kind.name] = {"title": kind.title, "missing": "not installed"}
        else:
            os.makedirs(peer.place)
            peer.start()
            tools.append(Tool(peer))
            found["tools"][kind.name] = tools[-1].found
    for row in found["tools"].values():
        print(f"{row['title']:<18} {row.get('version') or row['missing']}", flush=True)
    more = measuring.record(tools, count)
    found["package"] = next(iter(more.versions))
    # restic takes 60 MiB and half a second of a core for the key alone, each time.
    most = {} if options.all else {"restic": 50}
    counts = [int(text) for text in options.writers.split(",")]
    steps: tuple[Callable[[], None], ...] = (
        lambda: measuring.sizes(tools, "recorded"),
        lambda: measuring.ask(tools, "recorded", count, found["package"], options.rounds),
        lambda: measuring.collect(tools),
        lambda: measuring.ask(tools, "collected", count, found["package"], options.rounds),
        lambda: measuring.creating(tools, more, options.rounds),
        lambda: measuring.writing(tools, more, counts, most),
    )
    for step in steps:
        step()
        found["seconds"] = round(time.perf_counter() - start)
        save(found, options.json)


if __name__ == "__main__":
    main()

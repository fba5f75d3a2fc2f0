"""Bytes, processor time and memory beside git, on a machine that others use too: nothing here is by the clock.

`python -P tests/bench/peers/processor.py 1000 10000`. Ours is filled without fsync (`bench.filling`), git by
`git fast-import`: the bytes are those that `create`, and `git add` and `git commit`, leave after a collection.
Prints tables in Markdown; asserts nothing.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from statistics import median
from typing import TYPE_CHECKING

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from bench import seeded
from bench.filling import fill
from bench.peers.base import FAR, LIST, LOG, NEAR
from bench.peers.cortex import CORTEX, Cortex
from bench.peers.git import Git
from bench.peers.measuring import history
from bench.peers.running import spent, taken

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.measure import Finished

    from cortexrepo.model.refname import RefName

PACKAGE = "openssl"
"""It is there from the first day to the last."""


def used(command: Sequence[str], environment: Mapping[str, str]) -> Finished:
    """Runs a command with its output thrown away; what it took is processor time."""
    finished = spent(command, environment)
    if finished.code:
        sys.exit(f"exit code {finished.code}: {' '.join(command)}")
    return finished


def imported(git: Git, count: int) -> None:
    """Gives git the same days, a commit each."""
    git.start()
    words = ["git", "-C", git.work, "fast-import", "--quiet"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, env=git.environment) as process:
        assert process.stdin is not None
        for day in history(count):
            message, text = f"snapshot {day.number}".encode(), day.text.encode()
            process.stdin.write(
                b"commit refs/heads/main\ncommitter bench <bench@example.org> %d +0000\ndata %d\n%s\n"
                b"M 100644 inline packages.txt\ndata %d\n%s\n"
                % (day.moment // 1000, len(message), message, len(text), text)
            )
    if process.returncode:
        sys.exit("git fast-import failed")


def pair(name: str, ours: tuple[Sequence[str], Cortex], git: tuple[Sequence[str], Git] | None, rounds: int) -> None:
    """Measures two commands in turn, and prints a row."""
    runs = [
        (used(ours[0], ours[1].environment), None if git is None else used(git[0], git[1].environment))
        for _ in range(rounds)
    ]
    own = median(one.seconds for one, _ in runs)
    cells = [name, f"{own * 1e3:,.0f} ms", f"{max(one.peak_kib for one, _ in runs) / 1024:.1f}"]
    if git is None:
        cells += ["-", "-", "-"]
    else:
        other = [one for _, one in runs if one is not None]
        theirs = median(one.seconds for one in other)
        cells += [f"{theirs * 1e3:,.0f} ms", f"{theirs / own:.2f}", f"{max(one.peak_kib for one in other) / 1024:.1f}"]
    print(f"| {' | '.join(cells)} |", flush=True)


def measure(place: str, count: int, rounds: int) -> None:
    """Fills both, collects both, and asks both the same."""
    ours, git = Cortex(os.path.join(place, "cortex")), Git(os.path.join(place, "git"))
    for peer in (ours, git):
        os.makedirs(peer.place)
    fill(ours.repository, seeded.daily(count))
    imported(git, count)
    print(f"\n| {count} days | ours | peak MiB | git | ratio to ours | peak MiB |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    # What fast-import has written is packed already: only the strong way has something to do.
    aggressive = dict(git.collect())["gc --aggressive"]
    pair("gc, git's `--aggressive`", ((*CORTEX, "snapshot", "gc"), ours), (aggressive, git), 1)
    found, other = taken(ours.repository), taken(git.repository)
    for name, mine, theirs in (
        ("bytes after it", found.bytes, other.bytes),
        ("the same on disk", found.on_disk, other.on_disk),
    ):
        print(f"| {name} | {mine:,} | - | {theirs:,} | {theirs / mine:.2f} | - |", flush=True)
    names = [name.id for name in ours_names(ours)]
    words = {LIST: ("list",), NEAR: ("diff", "latest~1", "latest"), FAR: ("diff", names[0], "latest"),
             LOG: ("log", PACKAGE)}  # fmt: skip
    asked = git.queries(count, PACKAGE)
    for name, said in words.items():
        pair(name, ((*CORTEX, "snapshot", *said), ours), (asked[name], git), rounds)
    for said in (("search", PACKAGE), ("verify",)):
        pair(" ".join(said[:1]), ((*CORTEX, "snapshot", *said), ours), None, rounds)


def ours_names(ours: Cortex) -> list[RefName]:
    """Returns the names of our snapshots, the oldest first."""
    from cortexrepo.repository.repository import Repository

    return sorted(Repository.open(ours.repository)._refs.every())


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("days", type=int, nargs="+")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--place", help="directory to measure in")
    options = parser.parse_args()
    for count in options.days:
        with tempfile.TemporaryDirectory(dir=options.place) as place:
            measure(place, count, options.rounds)


if __name__ == "__main__":
    main()

"""A storm: processes that create, delete, undelete, collect, list and read, each killed again and again with SIGKILL.

`python -m support.processes.storm LOCATION SECONDS SEED` prints one JSON object: how much was done and killed,
and every promise that was broken. The parent keeps the ledger of what was acknowledged, over
pipes: they keep what a dead process wrote.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.errors import CorruptError, LockTimeoutError, RequestError
from cortexrepo.repository.repository import Repository
from cortexrepo.repository.upkeep.tidiness import THOROUGH
from support.repositories.inventories import inventory

if TYPE_CHECKING:
    from collections.abc import Callable

MOST, FEWEST = 30, 12
"""The deleter leaves between so many snapshots."""
PACKING = 0.5
"""So often a collector packs all that it may."""
SPARED = 0.7
"""So often a collector that is to be killed is spared: else few come to an end."""
_CONTENTS = 40
_LINE = 1 << 16


def _content(name: str) -> int:
    """Returns the number of the inventory that a snapshot of that name has: some share theirs, some do not."""
    return int(name.rpartition("-")[2]) % _CONTENTS


def create(repository: Repository, say: Callable[[str], None], turn: int) -> None:
    name = f"{os.getpid()}-{turn}"
    say(f"try {name}")
    snapshot = repository.create(inventory(_content(name)), message=name)
    say(f"made {snapshot.id}")


def delete(repository: Repository, say: Callable[[str], None], turn: int) -> None:
    """Deletes down to the fewest, and brings one back now and then."""
    kept = repository.snapshots()
    if len(kept) > MOST:
        for snapshot in random.sample(kept, len(kept) - FEWEST):
            say(f"maybe {snapshot.id}")
            repository.delete([snapshot.id])
            say(f"gone {snapshot.id}")
            if turn % 3 == 0:
                say(f"maybe {snapshot.id}")
                repository.undelete([snapshot.id])
                say(f"kept {snapshot.id}")
                turn += 1
    time.sleep(0.002)


def collect(repository: Repository, say: Callable[[str], None], _turn: int) -> None:
    if random.random() < PACKING:  # noqa: S311 -- a test's choice
        repository.upkeep.gc(keep_deleted_ms=0, tidiness=THOROUGH)
        say("packed")
    else:
        repository.upkeep.gc(keep_deleted_ms=0)
    say("collected")


def read(repository: Repository, say: Callable[[str], None], _turn: int) -> None:
    listing = repository.listing()
    if listing.damaged:
        say(f"BAD listed as damaged: {listing.damaged[0]}")
    for snapshot in random.sample(listing.snapshots, min(3, len(listing.snapshots))):
        found = repository.inventory(repository.get(snapshot.id))
        if found != inventory(_content(snapshot.message)):
            say(f"BAD content of {snapshot.id}")
        say("read")


WORK: dict[str, Callable[[Repository, Callable[[str], None], int], None]] = {
    "create": create,
    "delete": delete,
    "collect": collect,
    "read": read,
}
LINE_UP = ("create", "create", "create", "delete", "collect", "collect", "read", "read")


def _work(kind: str, location: str, pipe: int) -> None:
    random.seed()
    repository = Repository.open(location)

    def say(line: str) -> None:
        os.write(pipe, f"{line}\n".encode())

    turn = 0
    while True:
        turn += 1
        try:
            WORK[kind](repository, say, turn)
        except (RequestError, LockTimeoutError):
            time.sleep(0.005)  # collected meanwhile, or another collector is at work
        except CorruptError as error:
            say(f"BAD {kind}: {error}")
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is to be reported
            say(f"BAD {kind}: {error!r}")


class Child(NamedTuple):
    """A process, what it does, and the end of its pipe."""

    process: int
    kind: str
    pipe: int


class Storm:
    """The parent: starts, kills, and keeps the ledger."""

    def __init__(self, location: str, seed: int) -> None:
        repository = Repository.open(location, create=True)
        # What is loaded now need not be loaded by each of the many children.
        repository.create(inventory(), message=f"{os.getpid()}-0")
        repository.upkeep.gc(tidiness=THOROUGH)
        repository.upkeep.verify()
        self.location = location
        self.children: list[Child] = []
        self.counts: Counter[str] = Counter()
        self.state: dict[str, str] = {}
        self.bad: list[str] = []
        self._random = random.Random(seed)  # noqa: S311 -- a test's choice
        self._rest: dict[int, bytes] = {}

    def start(self, kind: str) -> None:
        ours, theirs = os.pipe()
        process = os.fork()
        if process == 0:
            try:
                os.close(ours)
                _work(kind, self.location, theirs)
            finally:
                os._exit(1)
        os.close(theirs)
        os.set_blocking(ours, False)
        self.children.append(Child(process, kind, ours))

    def drain(self, pipe: int) -> bool:
        """Takes what there is in a pipe; False when there is nothing."""
        try:
            data = os.read(pipe, _LINE)
        except BlockingIOError:
            return False
        *lines, self._rest[pipe] = (self._rest.get(pipe, b"") + data).split(b"\n")
        for line in lines:
            self._note(line.decode())
        return bool(data)

    def _note(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        self.counts[word] += 1
        if word == "BAD":
            self.bad.append(rest)
        elif word == "made":
            # Others see it before its maker has said so: what the deleter said of it already came later all the same.
            self.counts["late"] += rest in self.state
            self.state.setdefault(rest, "kept")
        elif word in {"kept", "maybe", "gone"}:
            self.state[rest] = word

    def kill(self, child: Child) -> None:
        os.kill(child.process, signal.SIGKILL)
        os.waitpid(child.process, 0)
        while self.drain(child.pipe):
            pass
        os.close(child.pipe)
        self._rest.pop(child.pipe, None)
        self.children.remove(child)

    def rage(self, seconds: float) -> None:
        for kind in LINE_UP:
            self.start(kind)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            until = time.monotonic() + self._random.random() * 0.03
            while (left := until - time.monotonic()) > 0:
                for pipe in select.select([child.pipe for child in self.children], [], [], left)[0]:
                    self.drain(pipe)
            victim = self._random.choice(self.children)
            if victim.kind == "collect" and self._random.random() < SPARED:
                continue
            self.kill(victim)
            self.counts["killed"] += 1
            self.start(victim.kind)
        for child in list(self.children):
            self.kill(child)

    def check(self) -> None:
        """Adds every promise that was broken."""
        repository = Repository.open(self.location)
        self._problems(repository, "after the storm")
        there = {snapshot.id for snapshot in repository.snapshots()}
        self.bad += [f"lost {one}" for one, state in self.state.items() if state == "kept" and one not in there]
        self.bad += [f"came back {one}" for one, state in self.state.items() if state == "gone" and one in there]
        for snapshot in repository.snapshots():
            if repository.inventory(snapshot) != inventory(_content(snapshot.message)):
                self.bad.append(f"content of {snapshot.id}")
        repository.upkeep.gc(keep_deleted_ms=0, tidiness=THOROUGH)
        if self._problems(repository, "after a collection"):
            self.bad.append("leftovers after a collection")

    def _problems(self, repository: Repository, when: str) -> int:
        report = repository.upkeep.verify()
        self.bad += [f"{when}: {problem}" for problem in report.problems]
        return report.leftovers


def main(location: str, seconds: str, seed: str) -> None:
    storm = Storm(location, int(seed))
    storm.rage(float(seconds))
    storm.check()
    sys.stdout.write(json.dumps({**storm.counts, "bad": storm.bad[:20]}))


if __name__ == "__main__":
    main(*sys.argv[1:])

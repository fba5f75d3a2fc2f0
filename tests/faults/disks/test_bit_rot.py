"""A disk that forgets: every bit of every file is turned, and each time it is named, and nothing else is lost."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

import pytest
from support.repositories.inventories import inventory, packages

from cortexrepo.codec.records import Config
from cortexrepo.disk.memory import MemoryFileSystem
from cortexrepo.errors import CortexError
from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.problem import MISSING_OBJECT, NEWER_FORMAT
from cortexrepo.model.snapshot import OK
from cortexrepo.repository.layout import CACHE, PACK, SEGMENTS
from cortexrepo.repository.repository import Repository
from cortexrepo.repository.upkeep.tidiness import THOROUGH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cortexrepo.model.snapshot import Snapshot

PLACE, COPY = "/repository", "/copy"
PADDING = 7
"""So many bits at most mean nothing: those between the end of a compressed object's bits and the next whole byte."""


def _one(number: int, count: int) -> Inventory:
    """Returns an inventory with one object: of few packages, or of enough that it is compressed."""
    found = packages("pip", {f"package-{name}": str(number) for name in range(count)})
    return Inventory(inventory().machine, (), (Reading("pip", "/v", OK, found),))


class Rotting:
    """A small repository with files of every kind, and a copy of it, in memory."""

    def __init__(self, *, packed: bool = False) -> None:
        self.files = MemoryFileSystem()
        self.repository = Repository.open(PLACE, create=True, files=self.files)
        self.contents = {
            "kept": _one(1, 1),
            "compressed": _one(2, 30),
            "deleted": _one(3, 1),
            "deleted too": _one(1, 1),
        }
        made = [self.repository.create(content, message=name) for name, content in self.contents.items()]
        # Two of each, so that one can stand in the place of the other.
        for tag, snapshot in (("golden", made[0]), ("newest", made[1])):
            self.repository.tag(tag, snapshot.id)
        self.repository.delete([made[2].id, made[3].id])
        if packed:
            self.repository.upkeep.gc(tidiness=THOROUGH)
        self.good = {
            path: self.read(path) for path in sorted(self._paths("")) if path not in {"ballast", "lock", "lock.gc"}
        }
        # Of a packed one what is packed: the other has the rest.
        self.paths = (
            [path for path in self.good if path.startswith(("packs/", "segments/"))] if packed else [*self.good]
        )
        self.needs = {snapshot: self._needs(snapshot) for snapshot in made}
        for path, data in self.good.items():
            self._copy(path, data)

    def _paths(self, below: str) -> Iterator[str]:
        for name in self.files.names(f"{PLACE}/{below}".rstrip("/")):
            path = f"{below}/{name}".lstrip("/")
            info = self.files.info(f"{PLACE}/{path}")
            if info and info.kind == "directory":
                # What is in the cache may be lost, and nobody looks whether it is right.
                yield from self._paths(path) if path != CACHE else ()
            else:
                yield path

    def _copy(self, path: str, data: bytes) -> None:
        for parent in itertools.accumulate(path.split("/")[:-1], "{}/{}".format, initial=COPY):
            if self.files.info(parent) is None:
                self.files.make_directory(parent)
        self.files.write_new(f"{COPY}/{path}", data)

    def _needs(self, snapshot: Snapshot) -> set[str]:
        identities = [slot.object for slot in snapshot.slots if slot.object]
        refs = {path for path in self.good if path.endswith(f"-{snapshot.id}")}
        loose = {f"objects/{identity[:2]}/{identity[2:]}" for identity in identities}
        # There is one segment and one pack at most.
        segment = {path for path in self.good if path.startswith(SEGMENTS)} if not refs else set()
        pack = {path for path in self.good if path.endswith(PACK)} if not loose.issubset(self.good) else set()
        return refs | segment | pack | loose.intersection(self.good)

    def read(self, path: str) -> bytes:
        return self.files.read(f"{PLACE}/{path}", 1 << 20)

    def write(self, path: str, data: bytes) -> None:
        if self.files.info(f"{PLACE}/{path}"):
            self.files.unlink(f"{PLACE}/{path}")
        self.files.write_new(f"{PLACE}/{path}", data)

    def named(self, *paths: str) -> bool:
        """Returns whether everything that changed is named, and asserts that all that did not can be read."""
        self._check({snapshot for snapshot, needs in self.needs.items() if not needs.intersection(paths)})
        if "config" in paths:
            with pytest.raises(CortexError, match=re.escape(PLACE)):
                Repository.open(PLACE, files=self.files)
        found = set()
        for problem in self.fresh().upkeep.verify().problems:
            # What was in a pack is missing too.
            if problem.kind not in {MISSING_OBJECT, NEWER_FORMAT} or problem.key in self.good:
                found.add(problem.key)
        return found == set(paths) - {"config"}

    def fresh(self) -> Repository:
        """Returns it as another process sees it: what is packed is kept once it was read."""
        return Repository(self.repository._store, Config(self.repository.id, "link"), self.repository._clock)

    def _check(self, snapshots: set[Snapshot]) -> None:
        fresh = self.fresh()
        assert snapshots <= {*fresh.snapshots(), *fresh.listing(deleted=True).snapshots}
        for snapshot in snapshots:
            assert fresh.inventory(snapshot).readings == self.contents[snapshot.message].readings

    def strangers(self) -> list[str]:
        """Returns the objects that were not there in files of their own."""
        return [path for path in self._paths("objects") if path not in self.good]

    def is_unharmed(self) -> bool:
        """Returns whether all can be read as it was stored."""
        self._check(set(self.needs))
        return True


@pytest.fixture(scope="module", params=[False, True], ids=["loose", "packed"])
def rotting(request: pytest.FixtureRequest) -> Rotting:
    return Rotting(packed=request.param)


def _flips(data: bytes, *, every: bool = False) -> Iterator[bytes]:
    """Yields the data with one bit turned: every bit, or of each byte the one that its place says."""
    for bit in range(len(data) * 8) if every else (at * 8 + at % 8 for at in range(len(data))):
        yield data[: bit // 8] + bytes((data[bit // 8] ^ 1 << bit % 8,)) + data[bit // 8 + 1 :]


@pytest.mark.parametrize(
    "every", [False, pytest.param(True, marks=pytest.mark.nightly)], ids=["a bit of each byte", "every bit"]
)
def test_a_flipped_bit_is_named(
    rotting: Rotting, tell_counts: Callable[[dict[str, int]], None], *, every: bool
) -> None:
    flips = harmless = 0
    for path in rotting.paths:
        good = rotting.good[path]
        unseen = 0
        for bad in _flips(good, every=every):
            rotting.write(path, bad)
            if not rotting.named(path):
                assert rotting.is_unharmed()
                unseen += 1
            flips += 1
        rotting.write(path, good)
        assert unseen <= (PADDING if path.startswith("objects/") else 0), path
        harmless += unseen
    assert rotting.named()
    tell_counts({"flips": flips, "named": flips - harmless, "in padding, harmless": harmless})


def test_every_file_that_is_cut_short_or_too_long_is_named(
    rotting: Rotting, tell_counts: Callable[[dict[str, int]], None]
) -> None:
    count = 0
    for path in rotting.paths:
        good = rotting.good[path]
        longer = (good + b"\0", good + good, b"\0" * len(good))
        for bad in (*(good[:length] for length in range(len(good))), *longer):
            rotting.write(path, bad)
            assert rotting.named(path), (path, len(bad))
            count += 1
        rotting.write(path, good)
    tell_counts({"lengths": count})


def test_every_two_files_that_are_swapped_are_named(
    rotting: Rotting, tell_counts: Callable[[dict[str, int]], None]
) -> None:
    pairs = [pair for pair in itertools.combinations(rotting.good, 2) if not set(pair).isdisjoint(rotting.paths)]
    for one, two in pairs:
        rotting.write(one, rotting.good[two])
        rotting.write(two, rotting.good[one])
        assert rotting.named(one, two), (one, two)
        rotting.write(one, rotting.good[one])
        rotting.write(two, rotting.good[two])
    tell_counts({"swaps": len(pairs)})


def test_repair_from_a_copy_heals_every_byte(rotting: Rotting, tell_counts: Callable[[dict[str, int]], None]) -> None:
    copy = Repository.open(COPY, files=rotting.files)
    paths = [path for path in rotting.paths if path.startswith(("objects/", "refs/", "packs/", "segments/"))]
    count = 0
    for path in paths:
        good = rotting.good[path]
        for bad in itertools.chain(_flips(good), (b"", good + b"\0")):
            rotting.write(path, bad)
            report = rotting.fresh().upkeep.repair(sources=[copy.upkeep])
            # What was in a damaged pack is put back first, on its own.
            mended = [problem.key for problem in report.repaired if problem.key in rotting.good]
            assert (report.problems, mended) == ((), [path])
            for name in rotting.strangers():
                rotting.files.unlink(f"{PLACE}/{name}")
            assert rotting.read(path) == good
            for name in rotting.files.names(f"{PLACE}/damaged"):
                assert rotting.files.read(f"{PLACE}/damaged/{name}", 1 << 20) == bad
                rotting.files.unlink(f"{PLACE}/damaged/{name}")
            count += 1
    tell_counts({"repairs": count})


def test_repair_from_a_copy_heals_all_at_once() -> None:
    rotting = Rotting()
    copy = Repository.open(COPY, files=rotting.files)
    paths = [path for path in rotting.good if path != "config"]
    for path in paths:
        rotting.write(path, rotting.good[path][:-1])
    report = rotting.repository.upkeep.repair(sources=[copy.upkeep])
    assert report.problems == ()
    assert {problem.key for problem in report.repaired} == set(paths)
    assert rotting.is_unharmed()
    # What hides or names a snapshot is moved away: to see one too many harms less than one too few.
    assert rotting.repository.tags() == {}
    assert len(rotting.repository.snapshots()) == len(rotting.needs)

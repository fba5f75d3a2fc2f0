"""Planted bugs of artifacts, as those in `mutants`: one step left out, moved or done too early."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from cortexrepo.repository.artifacts.artifacts import Artifacts
from cortexrepo.repository.artifacts.sweep import ArtifactSweep
from cortexrepo.store.local.large import LargeFiles, _aside, _home
from support.disk.crashes import Checker, kills, power_cuts
from support.disk.exploring import bounded, bounded_and_cut
from support.disk.process import Process
from support.repositories import operations
from support.repositories.artifacts import keep
from support.repositories.mutants import LIMIT, Mutant
from support.repositories.operations import At, Operation
from support.repositories.world import HOLDS, KEPT, holding, world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cortexrepo.model.package import Package

HARNESSES: dict[str, Callable[[], object]] = {
    "kills of keep": lambda: kills(Checker(world(shelved=True)), "keep"),
    "kills of gc, artifacts": lambda: kills(Checker(world(shelved=True)), "gc"),
    "cuts of keep": lambda: power_cuts(Checker(world(shelved=True)), "keep", LIMIT),
    "cuts of keep, the first": lambda: power_cuts(Checker(world()), "keep", LIMIT),
    "cuts of gc, artifacts": lambda: power_cuts(Checker(world(shelved=True)), "gc", LIMIT),
    "schedules of keep and gc": lambda: bounded(world(shelved=True), ("keep", "gc"), 1),
    "schedules of keep and keep, cut at each end": lambda: bounded_and_cut(world(), ("keep", "keep"), 1, LIMIT),
}
"""The quick ones, quickest first."""


def _never_back(_self: ArtifactSweep, _moved: object) -> set[str]:
    return set()


def _has_anywhere(self: Artifacts, ecosystem: str, package: Package) -> bool:
    return bool(self.find(ecosystem, package))


def _has_unconfirmed(self: Artifacts, ecosystem: str, package: Package) -> bool:
    with contextlib.ExitStack() as stack:
        confirm, self._large.confirm = self._large.confirm, lambda _: None  # type: ignore[method-assign, assignment]
        stack.callback(setattr, self._large, "confirm", confirm)
        return _has(self, ecosystem, package)


_has = Artifacts.has


def _not_confirmed(_self: LargeFiles, _names: Iterable[str]) -> None:
    pass


def _only_the_fan_confirmed(self: LargeFiles, names: Iterable[str]) -> None:
    for name in names:
        self._files.sync_directory(self._path(_home(name).rpartition("/")[0]))


def _gone_before_back(self: LargeFiles, names: Iterable[str]) -> None:
    for name in names:
        data = self._files.read(self._path(_aside(name)), 1 << 20)
        self._files.unlink(self._path(_aside(name)))
        with contextlib.suppress(FileExistsError):
            self._files.write_new(self._path(_home(name)), data)


def _written_in_place(self: LargeFiles, pieces: Callable[[], Iterable[bytes]], name: Callable[[], str]) -> bool:
    data = b"".join(pieces())
    self._directory(_home(name()).rpartition("/")[0])
    self._files.write_new(self._path(_home(name())), data)
    self.confirm([name()])
    return True


def _kept_before_its_snapshot(at: At) -> None:
    names = keep(at.repository, HOLDS["new"])
    at.repository.create(holding(HOLDS["new"]), message="new")
    at.disk.promised |= names


def _leftovers_stay(_self: LargeFiles) -> int:
    return 0


def _unsynced_pieces(self: Process, path: str, pieces: Iterable[bytes]) -> int:
    file = self._create(path)
    held = self._do("hold", path, lambda: self._take(path, file, exclusive=True))
    self._do("write", path, lambda: self.disk.write(file, b"".join(pieces)))
    return held


_TOO_SOON = operations.OPERATIONS | {"keep": Operation(_kept_before_its_snapshot, lambda seen: seen | {"new": KEPT})}

MUTANTS: dict[str, Mutant] = {
    "what is needed is not looked at again": Mutant(
        "schedules of keep and gc", ((ArtifactSweep, "_needed_since", _never_back),)
    ),
    "a keeper counts on what is set aside": Mutant("schedules of keep and gc", ((Artifacts, "has", _has_anywhere),)),
    "a keeper begins before its snapshot is there": Mutant(
        "schedules of keep and gc",
        (
            (
                operations,
                "OPERATIONS",
                _TOO_SOON,
            ),
        ),
    ),
    "what was found is called kept and not made durable": Mutant(
        "schedules of keep and keep, cut at each end", ((Artifacts, "has", _has_unconfirmed),)
    ),
    "a new artifact's name is not made durable": Mutant("cuts of keep", ((LargeFiles, "confirm", _not_confirmed),)),
    "a new directory's name is not made durable": Mutant(
        "cuts of keep, the first", ((LargeFiles, "confirm", _only_the_fan_confirmed),)
    ),
    "a new artifact is not made durable": Mutant("cuts of keep", ((Process, "write_pieces", _unsynced_pieces),)),
    "an artifact is written under its own name": Mutant("kills of keep", ((LargeFiles, "put", _written_in_place),)),
    "what a dead collector set aside stays there": Mutant(
        "kills of gc, artifacts", ((LargeFiles, "put_back_leftovers", _leftovers_stay),)
    ),
    "what goes back is gone for a moment": Mutant(
        "schedules of keep and gc", ((LargeFiles, "put_back", _gone_before_back),)
    ),
    "no artifact goes": Mutant("kills of gc, artifacts", ((ArtifactSweep, "_sizes", lambda _self: iter(())),)),
}

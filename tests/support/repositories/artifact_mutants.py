"""Planted bugs of artifacts, as those in `mutants`: one step left out, moved or done too early."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from cortexrepo.model.artifact import serves
from support.disk.crashes import Checker, kills, power_cuts
from support.disk.exploring import bounded, bounded_and_cut
from support.repositories import operations, steps
from support.repositories.artifacts import keep
from support.repositories.mutants import LIMIT, Mutant
from support.repositories.operations import At, Operation
from support.repositories.world import HOLDS, KEPT, holding, world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cortexrepo.model.package import Package
    from cortexrepo.repository.artifacts.artifacts import Artifacts
    from cortexrepo.repository.artifacts.sweep import ArtifactSweep
    from cortexrepo.store.local.large import LargeFiles
    from support.disk.process import Process

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


def _has_anywhere(self: Artifacts, ecosystem: str, package: Package, holder: str = "") -> bool:
    return any(serves(one, holder) for one in self.find(ecosystem, package))


def _has_unconfirmed(self: Artifacts, ecosystem: str, package: Package, holder: str = "") -> bool:
    large = steps.large_of(self)
    with contextlib.ExitStack() as stack:
        stack.callback(setattr, large, "confirm", large.confirm)
        large.confirm = lambda _: None  # type: ignore[method-assign, assignment]
        return steps.FIND_ARTIFACT(self, ecosystem, package, holder)


def _not_confirmed(_self: LargeFiles, _names: Iterable[str]) -> None:
    pass


def _only_the_fan_confirmed(self: LargeFiles, names: Iterable[str]) -> None:
    for name in names:
        steps.disk_of(self).sync_directory(steps.home_of(self, name).rpartition("/")[0])


def _gone_before_back(self: LargeFiles, names: Iterable[str]) -> None:
    for name in names:
        data = steps.disk_of(self).read(steps.aside_of(self, name), 1 << 20)
        steps.disk_of(self).unlink(steps.aside_of(self, name))
        with contextlib.suppress(FileExistsError):
            steps.disk_of(self).write_new(steps.home_of(self, name), data)


def _written_in_place(self: LargeFiles, pieces: Callable[[], Iterable[bytes]], name: Callable[[], str]) -> bool:
    data = b"".join(pieces())
    steps.make_home(self, name())
    steps.disk_of(self).write_new(steps.home_of(self, name()), data)
    self.confirm([name()])
    return True


def _kept_before_its_snapshot(at: At) -> None:
    names = keep(at.repository, HOLDS["new"])
    at.repository.create(holding(HOLDS["new"]), message="new")
    at.disk.promised |= names


def _leftovers_stay(_self: LargeFiles) -> int:
    return 0


def _unsynced_pieces(self: Process, path: str, pieces: Iterable[bytes]) -> int:
    file, held = steps.create_held(self, path)
    steps.do(self, "write", path, lambda: self.disk.write(file, b"".join(pieces)))
    return held


_TOO_SOON = operations.OPERATIONS | {"keep": Operation(_kept_before_its_snapshot, lambda seen: seen | {"new": KEPT})}

MUTANTS: dict[str, Mutant] = {
    "what is needed is not looked at again": Mutant(
        "schedules of keep and gc", (steps.LOOK_AGAIN_AT_NEEDS.by(_never_back),)
    ),
    "a keeper counts on what is set aside": Mutant(
        "schedules of keep and gc", (steps.FIND_ARTIFACT.by(_has_anywhere),)
    ),
    "a keeper begins before its snapshot is there": Mutant(
        "schedules of keep and gc",
        (steps.OPERATIONS.by(_TOO_SOON),),
    ),
    "what was found is called kept and not made durable": Mutant(
        "schedules of keep and keep, cut at each end", (steps.FIND_ARTIFACT.by(_has_unconfirmed),)
    ),
    "a new artifact's name is not made durable": Mutant(
        "cuts of keep", (steps.MAKE_ARTIFACTS_DURABLE.by(_not_confirmed),)
    ),
    "a new directory's name is not made durable": Mutant(
        "cuts of keep, the first", (steps.MAKE_ARTIFACTS_DURABLE.by(_only_the_fan_confirmed),)
    ),
    "a new artifact is not made durable": Mutant("cuts of keep", (steps.WRITE_PIECES_AND_SYNC.by(_unsynced_pieces),)),
    "an artifact is written under its own name": Mutant("kills of keep", (steps.PUT_ARTIFACT.by(_written_in_place),)),
    "what a dead collector set aside stays there": Mutant(
        "kills of gc, artifacts", (steps.PUT_BACK_LEFTOVERS.by(_leftovers_stay),)
    ),
    "what goes back is gone for a moment": Mutant(
        "schedules of keep and gc", (steps.PUT_BACK_ARTIFACTS.by(_gone_before_back),)
    ),
    "no artifact goes": Mutant("kills of gc, artifacts", (steps.LIST_ARTIFACTS.by(lambda _self: iter(())),)),
}

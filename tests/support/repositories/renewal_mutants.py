"""Planted bugs of the renewal of `refs/`, as those in `mutants`: one step left out or moved."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from support.disk.crashes import Checker, exchanges, power_cuts
from support.disk.exploring import bounded, bounded_at_once
from support.repositories import steps
from support.repositories.mutants import LIMIT, Mutant
from support.repositories.world import world

if TYPE_CHECKING:
    from collections.abc import Callable

    from cortexrepo.disk.filesystem import FileSystem
    from cortexrepo.store.local.renewal import Renewal
    from support.disk.process import Process

HARNESSES: dict[str, Callable[[], object]] = {
    "cuts of gc, grown": lambda: power_cuts(Checker(world(grown=True)), "gc", LIMIT),
    "schedules of list and gc, grown": lambda: bounded(world(grown=True), ("gc", "list"), 2),
    "schedules of create and gc, grown": lambda: bounded(world(grown=True), ("create", "gc"), 1),
    "exchanges in create, then cuts": lambda: exchanges(Checker(world(begun=True)), "create", LIMIT),
    "two preemptions of gc and create, grown": lambda: bounded_at_once(world(grown=True), ("gc", "create"), 2),
}
"""The quick ones, quickest first."""


# -- create


def _into_one(files: FileSystem, location: str, _name: str) -> None:
    files.sync_directory(f"{location}/refs")


def _not_linked(files: FileSystem, location: str, _name: str) -> None:
    for directory in ("refs.new", "refs", "refs.new"):
        with contextlib.suppress(FileNotFoundError):
            files.sync_directory(f"{location}/{directory}")


def _synced_once(files: FileSystem, location: str, name: str) -> None:
    paths = [f"{location}/{directory}" for directory in ("refs", "refs.new")]
    for source, target in (paths, paths[::-1]):
        with contextlib.suppress(FileExistsError, FileNotFoundError):
            files.link(f"{source}/{name}", f"{target}/{name}")
    files.sync_directory(paths[0])


# -- gc


def _copied(self: Renewal) -> tuple[str, str]:
    here, beside = steps.places_of(self)
    for name in steps.disk_of(self).names(here):
        with contextlib.suppress(FileExistsError):
            steps.disk_of(self).link(f"{here}/{name}", f"{beside}/{name}")
    return here, beside


def _new_not_synced(self: Renewal) -> None:
    steps.disk_of(self).sync_directory(_copied(self)[0])


def _emptied(self: Renewal) -> bool:
    _, beside = steps.places_of(self)
    for name in steps.disk_of(self).names(beside):
        steps.disk_of(self).unlink(f"{beside}/{name}")
    with contextlib.suppress(OSError):
        steps.disk_of(self).remove_directory(beside)
        return True
    return False


def _clear_at_once(self: Renewal) -> None:
    here, beside = steps.places_of(self)
    if steps.disk_of(self).info(beside) is not None:
        while not steps.EMPTY_BESIDE(self):
            pass
        steps.disk_of(self).sync_directory(here.rpartition("/")[0])


# -- readers


def _listed_once(self: Process, path: str) -> list[str]:
    return self.names(path)


MUTANTS = {
    "a writer does not look for refs.new/": Mutant(
        "schedules of create and gc, grown", (steps.CONFIRM_REF.by(_into_one),)
    ),
    "a name comes into refs/ alone": Mutant("schedules of create and gc, grown", (steps.CONFIRM_REF.by(_not_linked),)),
    "refs.new/ not fsynced by a writer": Mutant(
        "exchanges in create, then cuts", (steps.CONFIRM_REF.by(_synced_once),)
    ),
    "refs.new/ not fsynced before the exchange": Mutant("cuts of gc, grown", (steps.COPY_REFS.by(_new_not_synced),)),
    "the old directory is emptied before the exchange is durable": Mutant(
        "cuts of gc, grown", (steps.CLEAR_REFS.by(_clear_at_once),)
    ),
    "what is in refs.new/ alone is dropped": Mutant(
        "two preemptions of gc and create, grown", (steps.EMPTY_BESIDE.by(_emptied),)
    ),
    "readers do not look whether refs/ is another one": Mutant(
        "schedules of list and gc, grown", (steps.LIST_AT.by(_listed_once),)
    ),
}

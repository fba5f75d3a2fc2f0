"""Planted bugs: one step of the protocol left out or moved, each with the harness that must see it.

A harness that never fails proves nothing. Each of these is a mistake that somebody could make on any day.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.repository import layout
from cortexrepo.repository.upkeep import expiry, gc
from cortexrepo.store.local import store as local
from cortexrepo.store.local.collection import Collection
from cortexrepo.store.local.directories import aside_key, aside_name
from cortexrepo.store.local.store import LocalStore
from support.disk.crashes import Checker, kills, kills_and_cuts, power_cuts
from support.disk.exploring import bounded, bounded_and_cut, by_chance
from support.disk.process import Process
from support.repositories.world import world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.store.base import Intact
    from support.disk.disk import File

LIMIT = 64
HARNESSES: dict[str, Callable[[], object]] = {
    "kills of create": lambda: kills(Checker(world()), "create"),
    "cuts of create": lambda: power_cuts(Checker(world()), "create", LIMIT),
    "cuts of delete": lambda: power_cuts(Checker(world()), "delete", LIMIT),
    "cuts of gc": lambda: power_cuts(Checker(world()), "gc", LIMIT),
    "create killed, cuts of create": lambda: kills_and_cuts(Checker(world()), "create", "create", LIMIT),
    "gc killed, cuts of gc": lambda: kills_and_cuts(Checker(world()), "gc", "gc", LIMIT),
    "schedules of create and create": lambda: bounded(world(), ("create", "create twin"), 2),
    "schedules of create and gc": lambda: bounded(world(), ("create", "gc"), 2),
    "schedules of create and gc, cut at each end": lambda: bounded_and_cut(world(), ("create", "gc"), 1, LIMIT // 2),
    "schedules of undelete and gc": lambda: bounded(world(), ("undelete", "gc"), 2),
    "schedules of create and gc over rot": lambda: bounded(world(rotten=True), ("create", "gc"), 2),
    "three preemptions of create and gc": lambda: bounded(world(), ("create", "gc"), 3),
    "chance, kills and cuts": lambda: by_chance(world(), 2, 1000, LIMIT // 2, ("create", "create twin", "gc")),
}
"""The quick ones, quickest first."""


class Mutant(NamedTuple):
    """A planted bug.

    Attributes:
        caught_by: The harness that sees it, of those in `HARNESSES`.
        patches: What is replaced: an owner, the name of its attribute, and what it is instead.
    """

    caught_by: str
    patches: tuple[tuple[object, str, object], ...]


# -- create


def _objects_before_pin(self: LocalStore, key: str, data: bytes, parts: Mapping[str, bytes], intact: Intact) -> bool:
    self._put_parts(parts, intact)
    with self._pinned(data) as pin:
        self._claim(pin, self.path(key))
        self._confirm(key)
    return True


def _ref_before_objects(self: LocalStore, key: str, data: bytes, parts: Mapping[str, bytes], intact: Intact) -> bool:
    with self._pinned(data) as pin:
        self._claim(pin, self.path(key))
        self._put_parts(parts, intact)
        self._confirm(key)
    return True


def _ref_in_place(self: LocalStore, key: str, data: bytes, parts: Mapping[str, bytes], intact: Intact) -> bool:
    with self._pinned(data):
        self._put_parts(parts, intact)
        self._files.write_new(self.path(key), data)
        self._confirm(key)
    return True


def _object_in_place(self: LocalStore, directory: str, path: str, data: bytes) -> None:
    with contextlib.suppress(FileExistsError):
        self._files.make_directory(directory)
    with contextlib.suppress(FileNotFoundError):
        self._files.unlink(path)
    with contextlib.suppress(FileExistsError):
        self._files.write_new(path, data)


def _put_parts(self: LocalStore, parts: Mapping[str, bytes], intact: Intact) -> list[str]:
    put = []
    for key, data in parts.items():
        if not self._holds(key, len(data), intact):
            put.append(self.path(key).rpartition("/")[0])
            self._replace(put[-1], self.path(key), data)
    return put


def _skipped_not_synced(self: LocalStore, parts: Mapping[str, bytes], intact: Intact) -> None:
    for directory in _put_parts(self, parts, intact):
        self._files.sync_directory(directory)
    self._files.sync_directory(f"{self.location}/objects")


def _fans_not_synced(self: LocalStore, parts: Mapping[str, bytes], intact: Intact) -> None:
    _put_parts(self, parts, intact)
    for key in parts:
        self._files.sync_directory(self.path(key).rpartition("/")[0])


def _objects_not_synced(self: LocalStore, parts: Mapping[str, bytes], intact: Intact) -> None:
    _put_parts(self, parts, intact)
    self._files.sync_directory(f"{self.location}/objects")


def _not_fenced(self: LocalStore, key: str, data: bytes, parts: Mapping[str, bytes], intact: Intact) -> bool:
    with self._pinned(data) as pin:
        self._put_parts(parts, intact)
        try:
            self._claim(pin, self.path(key))
        except FileNotFoundError:
            self._place(data, lambda temporary: self._claim(temporary, self.path(key)))
        self._confirm(key)
    return True


def _without_sync(self: Process, path: str, file: File, data: bytes) -> None:
    self._do("write", path, lambda: self.disk.write(file, data))


def _nothing(*_: object) -> None:
    pass


# -- gc


def _refs_before_pins(self: gc.Collector, going: dict[SnapshotId, None]) -> None:
    for name in self._store.names("refs"):
        if gc._snapshot_of(name) not in going:
            self._root(f"refs/{name}")
    for name in self._store.names("pins"):
        self._root(f"pins/{name}")


def _removed_at_once(self: Collection, keys: Iterable[str], _intact: Intact) -> None:
    for key in keys:
        with contextlib.suppress(FileNotFoundError):
            self._files.unlink(self._path(key))


def _run_not_synced(self: Collection) -> bool:
    if not self._made:
        self._files.make_directory(self._path(self._run))
        self._made = True
    return True


def _moved_back(self: Collection, directory: str, names: list[str]) -> None:
    for name in names:
        self._link_back(f"{directory}/{name}", aside_key(name))
        with contextlib.suppress(FileNotFoundError):
            self._files.unlink(self._path(f"{directory}/{name}"))


def _left_unread(self: Collection, key: str, _intact: Intact) -> None:
    self._files.unlink(self._path(key))


def _aside_first(self: Collection, key: str) -> bool:
    # The name in `objects/` goes before that in quarantine is durable.
    self._files.link(self._path(key), self._path(f"{self._run}/{aside_name(key)}"))
    self._files.unlink(self._path(key))
    return True


def _claimed_anyway(_self: expiry.Expiry, work: Collection, snapshot: SnapshotId) -> bool:
    work.rename(layout.mark_key(snapshot), f"{snapshot}{layout.CLAIMED}")
    return True


_COLLECTOR_SEES_NOBODY = (Process, "abandoned", lambda self, path: self._do("abandoned", path, lambda: True))

MUTANTS = {
    "objects before the pin": Mutant("schedules of create and gc", ((LocalStore, "_publish", _objects_before_pin),)),
    "ref before its objects": Mutant("kills of create", ((LocalStore, "_publish", _ref_before_objects),)),
    "ref written in place": Mutant("kills of create", ((LocalStore, "_publish", _ref_in_place),)),
    "object written in place": Mutant("create killed, cuts of create", ((LocalStore, "_replace", _object_in_place),)),
    "content not fsynced": Mutant("cuts of create", ((Process, "_finish", _without_sync),)),
    "directory of a ref or mark not fsynced": Mutant("cuts of delete", ((LocalStore, "_confirm", _nothing),)),
    "directories of objects not fsynced": Mutant("cuts of create", ((LocalStore, "_put_parts", _objects_not_synced),)),
    "objects/ not fsynced": Mutant("cuts of create", ((LocalStore, "_put_parts", _fans_not_synced),)),
    "directories of skipped objects not fsynced": Mutant(
        "create killed, cuts of create", ((LocalStore, "_put_parts", _skipped_not_synced),)
    ),
    "publishing not fenced, and locks that hold nothing": Mutant(
        "schedules of create and gc", ((LocalStore, "_publish", _not_fenced), _COLLECTOR_SEES_NOBODY)
    ),
    "a lost temporary file is not written again": Mutant("schedules of create and gc", ((local, "_ATTEMPTS", 1),)),
    "readers do not look into quarantine": Mutant(
        "chance, kills and cuts", ((LocalStore, "_quarantined", lambda _self, _key: []),)
    ),
    "refs listed before pins": Mutant(
        "three preemptions of create and gc", ((gc.Collector, "_roots", _refs_before_pins),)
    ),
    "no second look after setting aside": Mutant("schedules of create and gc", ((Collection, "put_back", _nothing),)),
    "no quarantine": Mutant(
        "schedules of create and gc",
        ((Collection, "set_aside", _removed_at_once), (Collection, "put_back", _nothing)),
    ),
    "refs/ not fsynced before objects go": Mutant("cuts of gc", ((Collection, "settle", _nothing),)),
    "quarantine/ not fsynced": Mutant("chance, kills and cuts", ((Collection, "_make_run", _run_not_synced),)),
    "put back without fsync": Mutant(
        "schedules of create and gc, cut at each end", ((Collection, "_put_back", _moved_back),)
    ),
    "set aside without fsync": Mutant(
        "schedules of create and gc over rot", ((Collection, "_link_aside", _aside_first),)
    ),
    "a claim counts that came too late": Mutant(
        "schedules of undelete and gc", ((expiry.Expiry, "_claim", _claimed_anyway),)
    ),
    "what is unlinked was not read": Mutant(
        "schedules of create and gc over rot", ((Collection, "_leave", _left_unread),)
    ),
}

"""Planted bugs: one step of the protocol left out or moved, each with the harness that must see it.

A harness that never fails proves nothing. Each of these is a mistake that somebody could make on any day.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.model import refname
from cortexrepo.repository import layout
from cortexrepo.store.keys import PINS
from support.disk.crashes import Checker, kills, kills_and_cuts, power_cuts
from support.disk.exploring import bounded, bounded_and_cut, bounded_at_once, merged_and_cut
from support.repositories import small_tables, steps
from support.repositories.world import world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.repository.upkeep.expiry import Expiry
    from cortexrepo.repository.upkeep.gc import Collector
    from cortexrepo.store.base import Intact
    from cortexrepo.store.keys import Naming
    from cortexrepo.store.local.collection import Collection
    from cortexrepo.store.local.placing import Placing
    from cortexrepo.store.local.publishing import Publishing
    from cortexrepo.store.local.quarantine import Quarantine
    from cortexrepo.store.upkeep import Collecting
    from support.disk.disk import File
    from support.disk.process import Process
    from support.repositories.steps import Patch
    from support.repositories.world import World

LIMIT = 64
SEED = 1
"""Another one finds what is planted too, later or sooner."""


def _tabled(explore: Callable[[World], object]) -> object:
    with small_tables.always():
        return explore(world(tabled=True))


HARNESSES: dict[str, Callable[[], object]] = {
    "kills of create": lambda: kills(Checker(world()), "create"),
    "cuts of create": lambda: power_cuts(Checker(world()), "create", LIMIT),
    "cuts of delete": lambda: power_cuts(Checker(world()), "delete", LIMIT),
    "cuts of gc": lambda: power_cuts(Checker(world()), "gc", LIMIT),
    "create killed, cuts of create": lambda: kills_and_cuts(Checker(world()), "create", "create", LIMIT // 4),
    "gc killed, cuts of gc": lambda: kills_and_cuts(Checker(world()), "gc", "gc", LIMIT),
    "schedules of create and a snapshot that comes and goes": lambda: bounded(
        world(), ("create", "create, delete and collect"), 1
    ),
    "schedules of create and a snapshot that is rolled up": lambda: bounded(
        world(), ("create", "create and roll up"), 1
    ),
    "schedules of create and create": lambda: bounded(world(), ("create", "create twin"), 2),
    "schedules of create and gc": lambda: bounded(world(), ("create", "gc"), 2),
    "schedules of create and gc, cut at each end": lambda: bounded_and_cut(world(), ("create", "gc"), 1, LIMIT // 2),
    "schedules of undelete and gc": lambda: bounded(world(), ("undelete", "gc"), 2),
    "schedules of create and gc over rot": lambda: bounded(world(rotten=True), ("create", "gc"), 2),
    "schedules of create and gc, with tables": lambda: _tabled(lambda found: bounded(found, ("create", "gc"), 2)),
    "three preemptions of gc and create, cut at each end": lambda: merged_and_cut(
        world(), ("gc", "create"), 3, 4, SEED
    ),
    "three preemptions of gc and create": lambda: bounded_at_once(world(), ("gc", "create"), 3, SEED),
}
"""The quick ones, quickest first."""


class Mutant(NamedTuple):
    """A planted bug.

    Attributes:
        caught_by: The harness that sees it, of those in `HARNESSES`.
        patches: The steps of the protocol that are replaced, and by what.
    """

    caught_by: str
    patches: tuple[Patch, ...]


# -- create


def _objects_before_pin(self: Publishing, parts: Mapping[str, bytes], intact: Intact, _naming: Naming) -> bool:
    steps.PUT_OBJECTS(self, parts, intact)
    with steps.pinned(self) as pin:
        steps.placing_of(self).claim(pin, steps.value_of(self)[0])
        steps.confirm(self)
    return True


def _ref_before_objects(self: Publishing, parts: Mapping[str, bytes], intact: Intact, _naming: Naming) -> bool:
    with steps.pinned(self) as pin:
        steps.placing_of(self).claim(pin, steps.value_of(self)[0])
        steps.PUT_OBJECTS(self, parts, intact)
        steps.confirm(self)
    return True


def _ref_in_place(self: Publishing, parts: Mapping[str, bytes], intact: Intact, _naming: Naming) -> bool:
    with steps.pinned(self):
        steps.PUT_OBJECTS(self, parts, intact)
        steps.disk_of(self).write_new(*steps.value_of(self))
        steps.confirm(self)
    return True


def _object_in_place(self: Placing, directory: str, path: str, data: bytes) -> None:
    with contextlib.suppress(FileExistsError):
        self.files.make_directory(directory)
    with contextlib.suppress(FileNotFoundError):
        self.files.unlink(path)
    with contextlib.suppress(FileExistsError):
        self.files.write_new(path, data)


def _put_parts(self: Publishing, parts: Mapping[str, bytes], intact: Intact) -> list[str]:
    put = []
    for key, data in parts.items():
        path = f"{steps.placing_of(self).location}/{key}"
        if not steps.LOOK_FOR_OBJECT(self, key, path, len(data), intact):
            put.append(path.rpartition("/")[0])
            steps.REPLACE(steps.placing_of(self), put[-1], path, data)
    return put


def _skipped_not_synced(self: Publishing, parts: Mapping[str, bytes], intact: Intact) -> None:
    for directory in _put_parts(self, parts, intact):
        steps.disk_of(self).sync_directory(directory)
    steps.disk_of(self).sync_directory(f"{steps.placing_of(self).location}/objects")


def _fans_not_synced(self: Publishing, parts: Mapping[str, bytes], intact: Intact) -> None:
    _put_parts(self, parts, intact)
    for key in parts:
        steps.disk_of(self).sync_directory(f"{steps.placing_of(self).location}/{key}".rpartition("/")[0])


def _objects_not_synced(self: Publishing, parts: Mapping[str, bytes], intact: Intact) -> None:
    _put_parts(self, parts, intact)
    steps.disk_of(self).sync_directory(f"{steps.placing_of(self).location}/objects")


def _not_fenced(self: Publishing, parts: Mapping[str, bytes], intact: Intact, _naming: Naming) -> bool:
    path, data = steps.value_of(self)
    with steps.pinned(self) as pin:
        steps.PUT_OBJECTS(self, parts, intact)
        try:
            steps.placing_of(self).claim(pin, path)
        except FileNotFoundError:
            steps.placing_of(self).put_new(path, data)
        steps.confirm(self)
    return True


@contextlib.contextmanager
def _name_not_taken(_self: Publishing, _pin: str, _name: str) -> Iterator[bool]:
    yield True


@contextlib.contextmanager
def _table_not_guarded(self: Publishing, intact: Intact) -> Iterator[None]:
    steps.put_table(self, intact)
    yield None


@contextlib.contextmanager
def _guard_not_checked(_self: Publishing, _guard: str | None) -> Iterator[None]:
    yield


def _without_sync(self: Process, path: str, file: File, data: bytes) -> None:
    steps.do(self, "write", path, lambda: self.disk.write(file, data))


def _nothing(*_: object) -> None:
    pass


# -- gc


def _refs_before_pins(self: Collector, going: dict[SnapshotId, None]) -> None:
    store = steps.store_of(self)
    for name in store.names(layout.REFS):
        ref = refname.parse(name)
        if ref is None or ref.id not in going:
            steps.need(self, steps.root(self, f"{layout.REFS}/{name}"))
    steps.MARK_NEEDED_IN_SEGMENTS(self, going)
    for name in store.names(PINS):
        steps.need(self, steps.root(self, f"{PINS}/{name}"))


def _removed_at_once(self: Collection, keys: Iterable[str], _intact: Intact) -> None:
    for key in keys:
        with contextlib.suppress(FileNotFoundError):
            steps.disk_of(self).unlink(steps.path_of(self, key))


def _run_not_synced(self: Collection) -> None:
    if not steps.is_made(self):
        steps.disk_of(self).make_directory(steps.quarantine_of(self).directory)
        steps.note_made(self)


def _moved_back(self: Quarantine, names: Iterable[str]) -> None:
    for name in names:
        steps.link_back(self, name)
        with contextlib.suppress(FileNotFoundError):
            steps.disk_of(self).unlink(f"{self.directory}/{name}")


def _left_unread(self: Collection, key: str, _intact: Intact) -> None:
    steps.disk_of(self).unlink(steps.path_of(self, key))


def _aside_first(self: Quarantine, name: str) -> bool:
    # The name in `objects/` goes before that in quarantine is durable.
    steps.disk_of(self).link(steps.home_in(self, name), f"{self.directory}/{name}")
    steps.disk_of(self).unlink(steps.home_in(self, name))
    return True


def _claimed_anyway(_self: Expiry, work: Collecting, snapshot: SnapshotId) -> bool:
    work.rename(layout.mark_key(snapshot), f"{snapshot}{layout.CLAIMED}")
    return True


def _sees_nobody(self: Process, path: str) -> bool:
    return steps.do(self, "abandoned", path, lambda: True)


MUTANTS = {
    "objects before the pin": Mutant("schedules of create and gc", (steps.PUBLISH.by(_objects_before_pin),)),
    "ref before its objects": Mutant("kills of create", (steps.PUBLISH.by(_ref_before_objects),)),
    "ref written in place": Mutant("kills of create", (steps.PUBLISH.by(_ref_in_place),)),
    "object written in place": Mutant("create killed, cuts of create", (steps.REPLACE.by(_object_in_place),)),
    "content not fsynced": Mutant("cuts of create", (steps.WRITE_AND_SYNC.by(_without_sync),)),
    "directory of a ref or mark not fsynced": Mutant("cuts of delete", (steps.MAKE_NAME_DURABLE.by(_nothing),)),
    "directories of objects not fsynced": Mutant("cuts of create", (steps.PUT_OBJECTS.by(_objects_not_synced),)),
    "objects/ not fsynced": Mutant("cuts of create", (steps.PUT_OBJECTS.by(_fans_not_synced),)),
    "directories of skipped objects not fsynced": Mutant(
        "create killed, cuts of create", (steps.PUT_OBJECTS.by(_skipped_not_synced),)
    ),
    "publishing not fenced, and locks that hold nothing": Mutant(
        "schedules of create and gc", (steps.PUBLISH.by(_not_fenced), steps.SEE_ABANDONED.by(_sees_nobody))
    ),
    "a table before any pin": Mutant(
        "schedules of create and gc, with tables", (steps.PUT_TABLE.by(_table_not_guarded),)
    ),
    "the pin of a table is not looked at, and locks that hold nothing": Mutant(
        "schedules of create and gc, with tables",
        (steps.CHECK_GUARD.by(_guard_not_checked), steps.SEE_ABANDONED.by(_sees_nobody)),
    ),
    "a lost temporary file is not written again": Mutant("schedules of create and gc", (steps.ATTEMPTS.by(1),)),
    "a ref is linked to that is not durable": Mutant(
        "create killed, cuts of create", (steps.CONFIRM_PREVIOUS.by(_nothing),)
    ),
    "no name is taken": Mutant(
        "schedules of create and a snapshot that comes and goes", (steps.TAKE_NAME.by(_name_not_taken),)
    ),
    "nobody looks whether a name was used": Mutant(
        "schedules of create and a snapshot that is rolled up", (steps.LOOK_FOR_NAME.by(lambda _self, _name: False),)
    ),
    "what collectors removed is not noted": Mutant(
        "schedules of create and a snapshot that comes and goes", (steps.NOTE_REMOVALS.by(_nothing),)
    ),
    "nobody looks at what collectors removed": Mutant(
        "schedules of create and a snapshot that comes and goes",
        (steps.LOOK_FOR_REMOVED.by(lambda _self, _machine: 0),),
    ),
    "readers do not look into quarantine": Mutant(
        "three preemptions of gc and create, cut at each end", (steps.FIND_IN_QUARANTINE.by(lambda _self, _key: []),)
    ),
    "refs listed before pins": Mutant("three preemptions of gc and create", (steps.MARK_NEEDED.by(_refs_before_pins),)),
    "no second look after setting aside": Mutant("schedules of create and gc", (steps.PUT_BACK.by(_nothing),)),
    "no quarantine": Mutant(
        "schedules of create and gc",
        (steps.SET_ASIDE.by(_removed_at_once), steps.PUT_BACK.by(_nothing)),
    ),
    "refs/ not fsynced before objects go": Mutant("cuts of gc", (steps.SETTLE.by(_nothing),)),
    "quarantine/ not fsynced": Mutant(
        "three preemptions of gc and create, cut at each end", (steps.MAKE_QUARANTINE.by(_run_not_synced),)
    ),
    "put back without fsync": Mutant(
        "schedules of create and gc, cut at each end", (steps.PUT_BACK_DURABLY.by(_moved_back),)
    ),
    "set aside without fsync": Mutant("schedules of create and gc over rot", (steps.LINK_ASIDE.by(_aside_first),)),
    "a claim counts that came too late": Mutant(
        "schedules of undelete and gc", (steps.CLAIM_DELETION.by(_claimed_anyway),)
    ),
    "what is unlinked was not read": Mutant("schedules of create and gc over rot", (steps.LEAVE.by(_left_unread),)),
}

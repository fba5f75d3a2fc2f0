"""A small repository on a simulated disk, what its snapshots hold, and what must be true of it whatever happens."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.codec import objects, records
from cortexrepo.errors import CorruptError
from cortexrepo.model.ids import ObjectId
from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.snapshot import OK
from cortexrepo.repository import place
from cortexrepo.repository.layout import CLAIMED, object_key
from cortexrepo.repository.repository import Repository
from cortexrepo.store.local import LocalStore
from support.cut_states import durable
from support.disk import Directory, Disk, File
from support.inventories import MACHINE, packages
from support.process import Current, Process

if TYPE_CHECKING:
    from cortexrepo.model.snapshot import Snapshot
    from support.process import Guide

LOCATION = "/r"
NOW = 1_767_225_600_000
KEPT, DELETED = "kept", "deleted"

State = frozenset[tuple[str, str]]
"""What can be seen from outside: for each snapshot's message KEPT or DELETED, for each `tag NAME` what it names."""

HOLDS = {
    "old": "S",
    "other": "SB",
    "dead": "DE",
    "new": "SDN",
    "twin": "DN",
    "after": "BDN",
    "same": "SB",
}
"""The objects of each snapshot, by message. S is shared, D and E only in what is deleted, N in nothing yet."""
BEFORE: State = frozenset({("old", KEPT), ("other", KEPT), ("dead", DELETED), ("tag kept", "old")})


class Broken(AssertionError):  # noqa: N818 -- a finding of a harness, no error of its own
    """The product did not keep a promise."""


class World(NamedTuple):
    """A prepared disk, and how to open the repository on it.

    Attributes:
        disk: Holds `BEFORE`. Never written to: every run takes a copy.
        config: The repository's configuration.
        rename: Whether snapshots are published by rename, for file systems without links.
        ids: The snapshots' ids by message.
    """

    disk: Disk
    config: records.Config
    rename: bool
    ids: dict[str, str]

    def copy(self) -> Disk:
        """Returns a disk to work on, all of it durable."""
        return durable(self.disk)

    def open(self, disk: Disk, name: str, guide: Guide | None = None) -> Repository:
        """Returns the repository as a new process opens it."""
        Current.process = Process(disk, name, guide)
        return self.repository(Current.process)

    def repository(self, process: Process) -> Repository:
        """Returns the repository as a process sees it, at a moment that is always the same."""
        store = LocalStore(LOCATION, process, rename=self.rename)
        return Repository(store, self.config, lambda: NOW)


def holding(letters: str) -> Inventory:
    """Returns an inventory with one small object for each letter, the same for the same letter."""
    readings = tuple(Reading("pip", f"/{each}", OK, packages("pip", {each: "1"})) for each in sorted(letters))
    return Inventory(MACHINE, (), readings)


@functools.cache
def world(*, rename: bool = False, atomic_renames: bool = True, rotten: bool = False) -> World:
    """Returns the small repository.

    Args:
        rename: See `World`.
        atomic_renames: See `Disk`.
        rotten: The object N is there, damaged, and no snapshot names it.
    """
    disk = Disk(atomic_renames=atomic_renames)
    Current.process = Process(disk, "maker")
    _, config = place.make(LOCATION, Current.process, os.geteuid())
    made = World(disk, config, rename, {})
    repository = made.repository(Current.process)
    # Makes the collector's lock file, which then is there for ever.
    repository.gc()
    for message in ("old", "other", "dead"):
        made.ids[message] = repository.create(holding(HOLDS[message]), message=message).id
    repository.delete([made.ids["dead"]])
    repository.tag("kept", made.ids["old"])
    if rotten:
        _rot(disk)
    assert observe(repository) == BEFORE
    return made._replace(disk=durable(disk))


def _rot(disk: Disk) -> None:
    manifest = packages("pip", {"N": "1"})
    identity, frame = objects.encode(manifest)
    path = f"{LOCATION}/{object_key(identity)}"
    disk.add(path.rpartition("/")[0], Directory())
    disk.add(path, File(frame[:-1]))


# -- what must be true


def observe(repository: Repository, *, whole: bool = True) -> State:
    """Returns what is seen through the product; raises Broken for what is damaged, or not what was stored.

    Args:
        repository: Where to look.
        whole: Read every object too.
    """
    state: dict[str, str] = {}
    messages: dict[str, str] = {}
    for value in (KEPT, DELETED):
        listing = repository.listing(deleted=value == DELETED)
        if listing.damaged:
            raise Broken(f"damaged: {listing.damaged}")
        for snapshot in listing.snapshots:
            if whole:
                check_content(repository, snapshot)
            messages[snapshot.id] = snapshot.message
            if state.setdefault(snapshot.message, value) != value:
                raise Broken(f"two snapshots {snapshot.message!r}, one of them deleted")
    for tag, identity in repository.tags().items():
        state[f"tag {tag}"] = messages.get(identity, "nothing")
    return frozenset(state.items())


def check_content(repository: Repository, snapshot: Snapshot) -> None:
    """Raises Broken when a snapshot does not hold what was put into it; a product's error where one is due."""
    if repository.inventory(snapshot).readings != holding(HOLDS[snapshot.message]).readings:
        raise Broken(f"{snapshot.message!r} holds something else than what was put into it")


def check_complete(disk: Disk) -> None:
    """Looks at the disk itself: every ref that is visible is whole, and so is every object that it names."""
    stored = dict(_objects(disk))
    for name, ref in _directory(disk, "refs").entries.items():
        assert isinstance(ref, File)
        named = _named(ref.data)
        if named is None:
            raise Broken(f"refs/{name} is visible and torn")
        for identity in named:
            if not any(_intact(identity, data) for data in stored.get(identity, ())):
                raise Broken(f"refs/{name} is visible and its object {identity[:12]} is not there, or torn")


def visible(disk: Disk, identity: str) -> bool:
    """Returns whether a snapshot of that id is on the disk, deleted or not, and no collector has claimed it."""
    claimed = f"{identity}{CLAIMED}" in _directory(disk, "deleted").entries
    return not claimed and any(name.endswith(identity) for name in _directory(disk, "refs").entries)


def check_clean(disk: Disk) -> None:
    """Raises Broken for garbage: what no snapshot needs, and what no process uses any more."""
    for place_of_work in ("pins", "tmp", "quarantine"):
        if left := sorted(_directory(disk, place_of_work).entries):
            raise Broken(f"left behind in {place_of_work}: {left}")
    refs = _directory(disk, "refs").entries
    needed = {identity for ref in refs.values() if isinstance(ref, File) for identity in _named(ref.data) or ()}
    if surplus := {identity for identity, _ in _objects(disk)} - needed:
        raise Broken(f"objects that nothing names: {sorted(surplus)}")
    if marks := [mark for mark in _directory(disk, "deleted").entries if not visible(disk, mark)]:
        raise Broken(f"deletion marks of nothing: {marks}")


def _directory(disk: Disk, name: str) -> Directory:
    return disk.directory(f"{LOCATION}/{name}")


def _objects(disk: Disk) -> list[tuple[str, list[bytes]]]:
    """Returns for each object's id its contents, in its place and in the quarantine."""
    found: dict[str, list[bytes]] = {}
    for start, directories in (("objects", True), ("quarantine", False)):
        for prefix, directory in _directory(disk, start).entries.items():
            assert isinstance(directory, Directory)
            for name, file in directory.entries.items():
                if isinstance(file, File):
                    found.setdefault(prefix + name if directories else name, []).append(file.data)
    return list(found.items())


@functools.cache
def _named(ref: bytes) -> tuple[str, ...] | None:
    try:
        return tuple(slot.object for slot in records.decode_ref(ref).slots if slot.object)
    except CorruptError:
        return None


@functools.cache
def _intact(identity: str, data: bytes) -> bool:
    return objects.intact(data, ObjectId(identity))

"""A small repository on a simulated disk, what its snapshots hold, and what must be true of it whatever happens."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.codec import objects, records, refs
from cortexrepo.codec.packed import packs, segments
from cortexrepo.errors import CorruptError
from cortexrepo.model import refname
from cortexrepo.model.ids import ObjectId
from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.snapshot import OK
from cortexrepo.repository import place
from cortexrepo.repository.layout import CLAIMED, PACK, SEGMENT, object_key
from cortexrepo.repository.repository import Repository
from cortexrepo.repository.upkeep.tidiness import Tidiness
from cortexrepo.store.local.store import LocalStore
from support.disk.cut_states import durable
from support.disk.disk import Directory, Disk, File
from support.disk.process import Current, Process
from support.repositories import artifacts, small_packs, small_tables
from support.repositories.inventories import MACHINE, packages
from support.repositories.small_packs import VERSION

if TYPE_CHECKING:
    from cortexrepo.model.snapshot import Snapshot
    from support.disk.process import Guide

LOCATION = "/r"
NOW = 1_767_225_600_000
KEPT, DELETED = "kept", "deleted"
_GROWN = 1 << 16
LOOSE, ROLLED, PACKED = "loose", "rolled", "packed"
"""How a world begins: every ref and object in a file of its own; the refs in a segment; the objects in a pack too."""

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
    readings = tuple(Reading("pip", f"/{each}", OK, packages("pip", {each: VERSION})) for each in sorted(letters))
    return Inventory(MACHINE, (), readings)


@functools.cache
def world(
    form: str = LOOSE,
    *,
    rename: bool = False,
    atomic_renames: bool = True,
    rotten: bool = False,
    shelved: bool = False,
    tabled: bool = False,
    grown: bool = False,
    begun: bool = False,
) -> World:
    """Returns the small repository.

    Args:
        form: LOOSE, ROLLED or PACKED.
        rename: See `World`.
        atomic_renames: See `Disk`.
        rotten: The object N is there, damaged, and no snapshot names it.
        shelved: Artifacts are kept: see `support.repositories.artifacts`.
        tabled: The slots of every snapshot are in a table.
        grown: Many refs were in `refs/` once, so that a collector puts a small directory in its place.
        begun: A collector that was about to do that died when it had copied the names.
    """
    if tabled:
        with small_tables.always():
            made = _world(form, rename=rename, atomic_renames=atomic_renames, rotten=rotten, shelved=shelved)
    else:
        made = _world(form, rename=rename, atomic_renames=atomic_renames, rotten=rotten, shelved=shelved)
    refs = _directory(made.disk, "refs")
    refs.size = _GROWN if grown else 0
    if begun:
        beside = _directory(made.disk, "").entries["refs.new"] = Directory()
        beside.entries |= refs.entries
    return made._replace(disk=durable(made.disk))


def _world(form: str, *, rename: bool, atomic_renames: bool, rotten: bool, shelved: bool) -> World:
    disk = Disk(atomic_renames=atomic_renames)
    Current.process = Process(disk, "maker")
    _, config = place.make(LOCATION, Current.process, os.geteuid())
    made = World(disk, config, rename, {})
    repository = made.repository(Current.process)
    # Makes the collector's lock file, which then is there for ever.
    repository.upkeep.gc()
    # Who packs leaves the last one alone that stays, which is "old": so "other" is packed, and B.
    for message in ("other", "old", "dead"):
        made.ids[message] = repository.create(holding(HOLDS[message]), message=message).id
    repository.delete([made.ids["dead"]])
    repository.tag("kept", made.ids["old"])
    if rotten:
        _rot(disk)
    if shelved:
        artifacts.keep(repository, artifacts.KEPT_AT_FIRST)
    if form != LOOSE:
        _pack(repository, disk, objects_too=form == PACKED)
    assert observe(repository) == BEFORE
    return made


def _pack(repository: Repository, disk: Disk, *, objects_too: bool) -> None:
    before = durable(disk)
    with small_packs.several():
        repository.upkeep.gc(tidiness=Tidiness(recent=0, least=1, slack=0.0))
    if shelf := before.root.entries["r"].entries.get("artifacts"):  # type: ignore[union-attr]
        _directory(disk, "").entries["artifacts"] = shelf
    assert not _directory(disk, "refs").entries
    if not objects_too:
        _directory(disk, "packs").entries.clear()
        _directory(disk, "objects").entries.update(_directory(before, "objects").entries)


def _rot(disk: Disk) -> None:
    manifest = packages("pip", {"N": VERSION})
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
    stored = _objects(disk)
    refs = _refs(disk)
    if lost := disk.staying.difference(key.rpartition("-")[2] for key, _ in refs):
        raise Broken(f"snapshots were called made, and are not there: {sorted(lost)}")
    for key, named in refs:
        for identity in named:
            if identity not in stored:
                raise Broken(f"{key} is visible and its object {identity[:12]} is not there, or torn")
    shelved = _artifacts(disk)
    for name, contents in shelved.items():
        if not all(artifacts.is_whole(name, data) for data in contents):
            raise Broken(f"artifact {name} is visible and torn")
    if gone := disk.promised.difference(shelved):
        raise Broken(f"artifacts were called kept, and are not there: {sorted(gone)}")


def visible(disk: Disk, identity: str) -> bool:
    """Returns whether a snapshot of that id is on the disk, deleted or not, and no collector has claimed it."""
    claimed = f"{identity}{CLAIMED}" in _directory(disk, "deleted").entries
    return not claimed and any(key.endswith(identity) for key, _ in _refs(disk))


def kept(disk: Disk) -> set[str]:
    """Returns the ids of the snapshots that are on the disk and neither deleted nor claimed; none on an empty disk."""
    if not disk.root.entries:
        return set()  # the work is done on a real one
    marks = _directory(disk, "deleted").entries
    ids = {key.rpartition("-")[2] for key, _ in _refs(disk)}
    return {identity for identity in ids if identity not in marks and f"{identity}{CLAIMED}" not in marks}


def check_clean(disk: Disk) -> None:
    """Raises Broken for garbage: what no snapshot needs, and what no process uses any more."""
    for place_of_work in ("pins", "tmp", "quarantine"):
        if left := sorted(_directory(disk, place_of_work).entries):
            raise Broken(f"left behind in {place_of_work}: {left}")
    needed = {identity for _, named in _refs(disk) for identity in named}
    if surplus := {*_objects(disk), *_loose(disk)} - needed:
        raise Broken(f"objects that nothing names: {sorted(surplus)}")
    if marks := [mark for mark in _directory(disk, "deleted").entries if not visible(disk, mark)]:
        raise Broken(f"deletion marks of nothing: {marks}")
    letters = {letter for message in HOLDS.values() for letter in message}
    if surplus := set(_artifacts(disk)) - {
        artifacts.name_of_letter(letter) for letter in letters if _object_of(letter) in needed
    }:
        raise Broken(f"artifacts that no snapshot needs: {sorted(surplus)}")
    names = [name for name, _ in _files(disk, "packs")]
    if strangers := [name for name in names if not name.endswith(PACK)]:
        raise Broken(f"files that are no packs: {strangers}")


@functools.cache
def _object_of(letter: str) -> str:
    return objects.encode(packages("pip", {letter: VERSION}))[0]


def _artifacts(disk: Disk) -> dict[str, list[bytes]]:
    """Returns for each artifact's name its contents, in its place and where a collector has set it aside."""
    found: dict[str, list[bytes]] = {}
    if disk.root.entries and "artifacts" in _directory(disk, "").entries:
        for directory in _directory(disk, "artifacts").entries.values():
            assert isinstance(directory, Directory)
            for name, file in directory.entries.items():
                assert isinstance(file, File)
                found.setdefault(name, []).append(file.data)
    return found


def _directory(disk: Disk, name: str) -> Directory:
    """Returns a directory of the repository; an empty one where a collector has removed it."""
    try:
        return disk.directory(f"{LOCATION}/{name}")
    except FileNotFoundError:
        return Directory()


def _files(disk: Disk, name: str) -> list[tuple[str, bytes]]:
    return [(name, file.data) for name, file in _directory(disk, name).entries.items() if isinstance(file, File)]


def _stem(name: str, ending: str) -> str:
    """Returns the digest in a file's name; of every file in `packs/` and `segments/` it is the first part."""
    return name.removesuffix(ending) if name.endswith(ending) else ""


def _refs(disk: Disk) -> list[tuple[str, tuple[str, ...]]]:
    """Returns all that are visible, in files of their own and in segments: where and whose, and what they name."""
    found = []
    for name, data in _files(disk, "refs"):
        named = _named(data)
        if named is None:
            raise Broken(f"refs/{name} is visible and torn")
        found.append((f"refs/{name}", named))
    for name, data in _files(disk, "segments"):
        rows = _rows(name, data)
        if rows is None:
            raise Broken(f"segments/{name} is visible and torn")
        found += [(f"segments/{name}: {ref}", named) for ref, named in rows]
    return found


def _objects(disk: Disk) -> set[str]:
    """Returns the ids of those that are whole somewhere."""
    found = {identity for identity, contents in _loose(disk).items() for data in contents if _intact(identity, data)}
    for name, data in _files(disk, "packs"):
        if name.endswith(PACK):
            inside = _inside(name, data)
            if inside is None:
                raise Broken(f"packs/{name} is visible and torn")
            found |= inside
    return found


def _loose(disk: Disk) -> dict[str, list[bytes]]:
    """Returns for each object's id its contents, in its place and in the quarantine."""
    found: dict[str, list[bytes]] = {}
    for start, directories in (("objects", True), ("quarantine", False)):
        for prefix, directory in _directory(disk, start).entries.items():
            assert isinstance(directory, Directory)
            for name, file in directory.entries.items():
                if isinstance(file, File):
                    found.setdefault(prefix + name if directories else name, []).append(file.data)
    return found


@functools.cache
def _named(ref: bytes) -> tuple[str, ...] | None:
    try:
        return _objects_of(refs.decode(ref))
    except CorruptError:
        return None


def _objects_of(found: Snapshot) -> tuple[str, ...]:
    """Returns the objects that a snapshot names: what is in a table follows from what was put into the snapshot."""
    table = found.table()
    if table is None:
        return tuple(found.objects())
    own, held = small_tables.of(holding(HOLDS[found.message]))
    if own != table:
        raise Broken(f"{found.message!r} names another table than that of its slots")
    return (own, *held)


@functools.cache
def _rows(name: str, data: bytes) -> tuple[tuple[str, tuple[str, ...]], ...] | None:
    try:
        segment = segments.decode(data, _stem(name, SEGMENT))
        rows = [segment.snapshot(group, group.start + at) for group in segment.head.groups for at in range(group.rows)]
    except CorruptError:
        return None
    return tuple((str(refname.of(row)), _objects_of(row)) for row in rows)


@functools.cache
def _inside(name: str, data: bytes) -> frozenset[str] | None:
    try:
        return frozenset(packs.identify(content) for content in packs.decode(data, _stem(name, PACK)).contents())
    except CorruptError:
        return None


@functools.cache
def _intact(identity: str, data: bytes) -> bool:
    return objects.intact(data, ObjectId(identity))

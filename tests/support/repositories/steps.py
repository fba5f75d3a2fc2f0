"""The table of the protocol's steps (docs/protocol.md): bugs are planted in its rows.

A row says where the package takes a step. `PUT_BACK.by(other)` plants another function there. `PUT_BACK(...)` takes the
step as the package does, whatever is planted. Below the rows are the small actions that planted bugs consist of. The
planted bugs use no private name of the package themselves: whoever renames one changes this file alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar, TypeVarTuple

from cortexrepo.repository.artifacts.artifacts import Artifacts
from cortexrepo.repository.artifacts.sweep import ArtifactSweep
from cortexrepo.repository.objects import packs
from cortexrepo.repository.objects.objects import Objects
from cortexrepo.repository.objects.packs import Packs
from cortexrepo.repository.refs.refs import Refs
from cortexrepo.repository.refs.segments import Segments
from cortexrepo.repository.upkeep.expiry import Expiry
from cortexrepo.repository.upkeep.gc import Collector
from cortexrepo.repository.upkeep.noting import Noting
from cortexrepo.repository.upkeep.packing import Packing
from cortexrepo.repository.upkeep.rolling import Rolling
from cortexrepo.repository.writing import Writer
from cortexrepo.store.keys import large_key
from cortexrepo.store.local import large as large_files
from cortexrepo.store.local import placing
from cortexrepo.store.local.collection import Collection
from cortexrepo.store.local.large import LargeFiles
from cortexrepo.store.local.placing import Placing
from cortexrepo.store.local.publishing import Publishing
from cortexrepo.store.local.quarantine import Quarantine
from cortexrepo.store.local.store import LocalStore
from support.disk.process import Process
from support.repositories import operations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager

    from cortexrepo.codec.packed.rows import Head
    from cortexrepo.disk.filesystem import FileSystem
    from cortexrepo.model.ids import ObjectId
    from cortexrepo.store.base import Store
    from cortexrepo.store.upkeep import Large
    from support.disk.disk import File

Taken = TypeVarTuple("Taken")
Given = TypeVar("Given")


class Row:
    """A place in the package where a bug can be planted: the owner, and the name of its attribute."""

    def __init__(self, owner: object, name: str) -> None:
        self.owner = owner
        self.name = name


class Step(Row, Generic[*Taken, Given]):
    """A function. Calling the row calls the package's own."""

    def __init__(self, owner: type, original: Callable[[*Taken], Given]) -> None:
        super().__init__(owner, original.__name__)
        self.original = original

    def __call__(self, *taken: *Taken) -> Given:
        return self.original(*taken)

    def by(self, replacement: Callable[[*Taken], Given]) -> Patch:
        """Returns the patch that puts another function here; it takes and gives the same."""
        return Patch(self, replacement)


class Constant(Row, Generic[Given]):
    """A value that a module has."""

    def __init__(self, owner: object, name: str, value: Given) -> None:
        super().__init__(owner, name)
        self.value = value

    def by(self, replacement: Given) -> Patch:
        """Returns the patch that puts another value here."""
        return Patch(self, replacement)


class Patch(NamedTuple):
    """A row, and what is planted there."""

    row: Row
    replacement: object


# -- create, delete

PUBLISH = Step(Publishing, Publishing._once)
TAKE_NAME = Step(Publishing, Publishing._named)
LOOK_FOR_NAME = Step(Writer, Writer._is_used)
CONFIRM_PREVIOUS = Step(Writer, Writer._confirm)
LOOK_FOR_REMOVED = Step(Writer, Writer._removed)
PUT_OBJECTS = Step(Publishing, Publishing._put_parts)
LOOK_FOR_OBJECT = Step(Publishing, Publishing._holds)
REPLACE = Step(Placing, Placing.replace)
MAKE_NAME_DURABLE = Step(LocalStore, LocalStore._confirm)
WRITE_AND_SYNC = Step(Process, Process._finish)
ATTEMPTS = Constant(placing, "ATTEMPTS", placing.ATTEMPTS)

# -- gc

SEE_ABANDONED = Step(Process, Process.abandoned)
EXPIRE = Step(Expiry, Expiry.expire)
CLAIM_DELETION = Step(Expiry, Expiry._claim)
NOTE_REMOVALS = Step(Noting, Noting.put)
MARK_NEEDED = Step(Collector, Collector._roots)
MARK_NEEDED_IN_SEGMENTS = Step(Collector, Collector._segments)
SETTLE = Step(Collection, Collection.settle)
MAKE_QUARANTINE = Step(Collection, Collection._make_run)
SET_ASIDE = Step(Collection, Collection.set_aside)
LINK_ASIDE = Step(Quarantine, Quarantine._link_aside)
LEAVE = Step(Collection, Collection._leave)
PUT_BACK = Step(Collection, Collection.put_back)
PUT_BACK_DURABLY = Step(Quarantine, Quarantine.put_back)

# -- gc: rolling up and packing

COUNT_CLAIM_AS_BEGUN = Step(Refs, Refs.has_any)
PUT_SEGMENT = Step(Rolling, Rolling._put)
PUT_PACK = Step(Packing, Packing._put)

# -- readers

FIND_IN_QUARANTINE = Step(LocalStore, LocalStore._quarantined)
LOOK_AT_NAMES = Step(Refs, Refs.look)
LIST_SEGMENTS = Step(Segments, Segments.view)
READ_OBJECT: Step[Objects, ObjectId, Callable[..., object], Callable[..., object], object] = Step(
    Objects, Objects._read
)
FIND_IN_PACKS = Step(Packs, Packs.find)
LOOKS_INTO_PACKS = Constant(packs, "_LOOKS", packs._LOOKS)

# -- artifacts

OPERATIONS = Constant(operations, "OPERATIONS", operations.OPERATIONS)
FIND_ARTIFACT = Step(Artifacts, Artifacts.has)
PUT_ARTIFACT = Step(LargeFiles, LargeFiles.put)
WRITE_PIECES_AND_SYNC = Step(Process, Process.write_pieces)
MAKE_ARTIFACTS_DURABLE = Step(LargeFiles, LargeFiles.confirm)
LIST_ARTIFACTS = Step(ArtifactSweep, ArtifactSweep._sizes)
LOOK_AGAIN_AT_NEEDS = Step(ArtifactSweep, ArtifactSweep._needed_since)
PUT_BACK_ARTIFACTS = Step(LargeFiles, LargeFiles.put_back)
PUT_BACK_LEFTOVERS = Step(LargeFiles, LargeFiles.put_back_leftovers)

STEPS: dict[str, Row] = {
    name.lower().replace("_", " "): row for name, row in list(globals().items()) if isinstance(row, Row)
}
"""All rows above, each under its name."""


# -- what planted bugs consist of: of every owner


def disk_of(owner: Publishing | Collection | LargeFiles | Quarantine) -> FileSystem:
    """Returns the file system that a part of a store works on."""
    return owner._files


def path_of(owner: Collection, key: str) -> str:
    """Returns where a collector finds a key's bytes."""
    return owner._path(key)


def store_of(owner: Collector | Rolling | Packing | Refs | Objects) -> Store:
    """Returns the store that a part of a repository is in."""
    return owner._store


# -- of a writer


def pinned(publishing: Publishing) -> AbstractContextManager[str]:
    """Holds a ref under `pins/`, and gives the path of the pin."""
    return publishing._pinned()


def value_of(publishing: Publishing) -> tuple[str, bytes]:
    """Returns the path and the bytes of the value that is published."""
    return publishing._path, publishing._data


def placing_of(publishing: Publishing) -> Placing:
    """Returns what gives files their names."""
    return publishing._placing


def confirm(publishing: Publishing) -> None:
    """Makes the name of the value durable."""
    publishing._confirm()


def put_without_sync(store: Store, key: str, data: bytes) -> None:
    """Stores a value under a free key; the name is not durable."""
    assert isinstance(store, LocalStore)
    store._placing.put_new(store.path(key), data)


# -- of a collector


def root(collector: Collector, key: str) -> frozenset[bytes]:
    """Returns the objects that a pin or ref names."""
    return collector._root(key)


def need(collector: Collector, digests: Iterable[bytes]) -> None:
    """Has the collector spare these objects."""
    collector._needed.update(digests)


def refs_of(collector: Collector) -> Refs:
    """Returns the refs that a collector reads."""
    return collector._refs


def is_made(work: Collection) -> bool:
    """Returns whether this run's quarantine was made."""
    return work._made


def note_made(work: Collection) -> None:
    """Has the collector take this run's quarantine for made."""
    work._made = True


def link_back(quarantine: Quarantine, name: str) -> None:
    """Gives a file in quarantine its own name again, as well."""
    quarantine._link_back(name)


def quarantine_of(work: Collection) -> Quarantine:
    """Returns this run's quarantine."""
    return work._quarantine


def home_in(quarantine: Quarantine, name: str) -> str:
    """Returns the path where a file in quarantine belongs."""
    return quarantine._home(name)


def segments_of(rolling: Rolling) -> Segments:
    """Returns the segments that are rolled up."""
    return rolling._segments


def packs_of(packing: Packing) -> Packs:
    """Returns the packs that objects are packed into."""
    return packing._packs


# -- of a reader

Gone = packs._GoneError
"""A pack is gone that was listed."""


def in_pack(found: Packs, name: str, identity: ObjectId) -> bytes | None:
    """Returns an object from one pack; raises `Gone`."""
    return found._in(name, identity)


def listed(segments: Segments) -> list[str]:
    """Returns the names of the segments that one listing gives."""
    return segments._names()[0]


def head_of(segments: Segments, name: str) -> Head | None:
    """Returns the head of a segment, or None where it is gone."""
    return segments._head(name)


# -- of who keeps artifacts


def large_of(artifacts: Artifacts) -> Large:
    """Returns the large files that artifacts are in."""
    return artifacts._large


def home_of(large: LargeFiles, name: str) -> str:
    """Returns the path where an artifact belongs."""
    return large._path(large_key(name))


def aside_of(large: LargeFiles, name: str) -> str:
    """Returns the path where a collector sets an artifact aside."""
    return large._path(large_files._aside(name))


def make_home(large: LargeFiles, name: str) -> None:
    """Makes the directory where an artifact belongs."""
    large._directory(large_key(name).rpartition("/")[0])


# -- of a simulated process


def do(process: Process, call: str, path: str, action: Callable[[], Given]) -> Given:
    """Has a process make a call of the file system, before which others may run."""
    return process._do(call, path, action)


def create_held(process: Process, path: str) -> tuple[File, int]:
    """Has a process create a file and lock it; returns the file and the lock."""
    file = process._create(path)
    return file, do(process, "hold", path, lambda: process._take(path, file, exclusive=True))

"""What the product and the second reader say of one repository, in the same words, so that both can be compared."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from reader import missing
from reader import repository as second

from cortexrepo.codec import refs as codec
from cortexrepo.errors import (
    CorruptError,
    CortexError,
    ForeignRepositoryError,
    FormatVersionError,
    NoRepositoryError,
)
from cortexrepo.model import problem
from cortexrepo.model.damage import MISSING
from cortexrepo.model.ids import ObjectId
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path

    from reader.refs import Ref

    from cortexrepo.model.package import Manifest
    from cortexrepo.model.snapshot import Snapshot

_DAMAGED = {
    problem.DAMAGED_OBJECT, problem.DAMAGED_REF, problem.DAMAGED_PACK, problem.DAMAGED_SEGMENT, problem.DAMAGED_TAG,
    problem.DAMAGED_ARTIFACT, problem.DAMAGED_MARK, problem.DAMAGED_REMOVED,
}  # fmt: skip
_SET_ASIDE = ("quarantine/", "artifacts/aside/")


class Told(NamedTuple):
    """What somebody says of a repository.

    Attributes:
        snapshots: Those that are listed, newest first: every field, and the file.
        deleted: The same of those that are marked as deleted.
        tags: Each tag that counts, and the id of its snapshot.
        wrong: The path of each file that is `damaged` or `newer`, except those that a collector has set aside.
        unknown: The paths of files that are not a repository's.
        lost: The ids of snapshots that are missing although no collector removed them.
        rewritten: The ids of snapshots whose ref is another than a link or a note states.
        unreadable: The ids of listed snapshots that lack a manifest.
    """

    snapshots: list[tuple[object, ...]]
    deleted: list[tuple[object, ...]]
    tags: dict[str, str]
    wrong: dict[str, str]
    unknown: set[str]
    lost: set[str]
    rewritten: set[str]
    unreadable: set[str]


def of_product(place: Path) -> Told | str:
    """Returns what the product says, or why it refuses the repository."""
    try:
        repository = Repository.open(place)
    except NoRepositoryError:
        return "absent"
    except FormatVersionError:
        return "newer"
    except (CorruptError, ForeignRepositoryError):
        return "damaged" if (place / "config").exists() else "absent"
    listed, deleted = repository.listing(), repository.listing(deleted=True)
    found = repository.upkeep.verify().problems
    wrong = {one.key: "damaged" for one in found if one.kind in _DAMAGED}
    wrong |= {one.key: "newer" for one in found if one.kind == problem.NEWER_FORMAT}
    states = [str(state.name) for state in repository.past.history().states]
    assert states == [_name(one) for one in listed.snapshots]
    assert {one.key for one in listed.damaged if one.kind != MISSING} <= {one.key for one in found}
    return Told(
        [_fields(one) for one in listed.snapshots],
        [_fields(one) for one in deleted.snapshots],
        dict(repository.tags()),
        {key: what for key, what in wrong.items() if os.path.lexists(place / key)},
        {one.key for one in found if one.kind == problem.STRAY and one.key not in wrong and _is_looked_at(one.key)},
        {one.snapshots[0] for one in found if one.kind == problem.LOST_REF},
        {one.snapshots[0] for one in found if one.kind == problem.REWRITTEN_REF},
        {one.id for one in listed.snapshots if not _is_readable(repository, one)},
    )


def _is_looked_at(path: str) -> bool:
    """Returns whether `verify` names a file: what collectors set aside is read when somebody needs it."""
    return not path.startswith(_SET_ASIDE)


def _is_readable(repository: Repository, snapshot: Snapshot) -> bool:
    try:
        repository.inventory(snapshot)
    except CortexError:
        return False
    return True


def _name(snapshot: Snapshot) -> str:
    return f"{snapshot.machine}-{snapshot.sequence:08x}-{snapshot.created_at:011x}-{snapshot.id}"


def _fields(snapshot: Snapshot) -> tuple[object, ...]:
    previous = snapshot.previous
    slots = [
        (*slot[:3], *slot[3:5], "" if slot.later else slot.error, slot.facts, slot.extensions)
        for slot in snapshot.slots
    ]
    return (
        _name(snapshot), snapshot.id, snapshot.origin, snapshot.machine, snapshot.created_at, snapshot.sequence,
        None if previous is None else (previous.id, previous.checksum), tuple(snapshot.cause), snapshot.message,
        slots, snapshot.facts, snapshot.roots, snapshot.extensions, codec.encode(snapshot),
    )  # fmt: skip


def of_second(place: Path) -> Told | str:
    """Returns what the second reader says, or why it refuses the repository."""
    try:
        found = second.read(str(place))
    except second.RefusedError as error:
        return str(error)
    chain = missing.chain(found)
    hidden = [one for one in found.snapshots if one.id.hex() in found.deleted - found.gone]
    return Told(
        [_read(one.ref, one.file) for one in reversed(found.listed)],
        [_read(one.ref, one.file) for one in reversed(hidden)],
        {name: tag.snapshot.hex() for name, tag in found.counting.items()},
        {path: what for path, what in found.wrong.items() if _is_looked_at(path)},
        {path for path in found.unknown if _is_looked_at(path)},
        chain.lost,
        chain.rewritten,
        {one.id.hex() for one in found.listed if missing.unreadable(found, one)},
    )


def _read(ref: Ref, file: bytes) -> tuple[object, ...]:
    slots = []
    for slot in ref.slots:
        held = None if slot.object is None else slot.object.hex()
        known = slot.taken == slot.status
        seen = (held, slot.packages, slot.reason) if known else (None, 0, "")
        slots.append((slot.ecosystem, slot.environment, slot.taken, *seen, slot.facts, slot.extensions))
    previous = None if ref.previous is None else (ref.previous[0].hex(), ref.previous[1])
    roots = tuple((role, own.hex()) for role, own in ref.roots)
    return (
        ref.name, ref.id.hex(), ref.origin.hex(), ref.machine.hex(), ref.time, ref.sequence, previous, ref.cause,
        ref.message, slots, ref.facts, roots, ref.extensions, file,
    )  # fmt: skip


def differences(place: Path) -> list[str]:
    """Returns in what the two differ, field by field, then object by object and note by note."""
    ours, theirs = of_product(place), of_second(place)
    if isinstance(ours, str) or isinstance(theirs, str):
        return [] if ours == theirs else [f"the product says {ours!s:.80}, the second reader {theirs!s:.80}"]
    found = [
        f"{field}: {_unlike(mine, other)}"
        for field, mine, other in zip(Told._fields, ours, theirs, strict=True)
        if mine != other
    ]
    return found + [f"object {name}" for name in _unlike_objects(place)]


def _unlike(ours: object, theirs: object) -> str:
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        ours, theirs = next((a, b) for a, b in zip(ours, theirs, strict=True) if a != b)
    return f"{ours!r:.2000} / {theirs!r:.2000}"


def _unlike_objects(place: Path) -> list[str]:
    """Returns the objects that the two do not read alike: every one that is in a file or named in a slot."""
    repository, found = Repository.open(place), second.read(str(place))
    slots = [slot for one in found.snapshots for slot in one.ref.slots if slot.taken != "failed"]
    every = {*found.objects, *(slot.object for slot in slots if slot.object is not None)}
    return [own.hex() for own in every if _product_reads(repository, own) != _second_reads(found, own)]


def _product_reads(repository: Repository, own: bytes) -> tuple[bytes, str, object] | None:
    try:
        raw = repository.past.content(ObjectId(own.hex()))
        manifest: Manifest = repository.manifest(ObjectId(own.hex()))
    except CortexError:
        return None
    return raw, manifest.ecosystem, [tuple(row) for row in manifest.packages]


def _second_reads(found: second.Repository, own: bytes) -> tuple[bytes, str, object] | None:
    thing = found.objects.get(own)
    if thing is None:
        return None
    return thing.raw, thing.manifest.ecosystem, [tuple(row) for row in thing.manifest.rows]

"""Part 4.4 of docs/format.md: snapshots that are linked to or vouched for, and are not there."""

from collections.abc import Iterator
from typing import NamedTuple

from reader.records import Removed
from reader.refs import moment_and_sequence, snapshot_id
from reader.repository import Repository


class Missing(NamedTuple):
    """A snapshot that is not there; `fate` is `removed`, `lost`, or `unknown` where nothing is said."""

    id: bytes
    fate: str


def missing(repository: Repository) -> list[Missing]:
    there = {each.id for each in repository.snapshots}
    found = {identity: fate for identity, fate in named(repository) if identity not in there}
    return [Missing(identity, fate) for identity, fate in sorted(found.items())]


def named(repository: Repository) -> Iterator[tuple[bytes, str]]:
    notes = {(each.origin, each.machine): each for each in repository.removed.values()}
    origins = {each.ref.origin for each in repository.snapshots} | {each.origin for each in notes.values()}
    for each in repository.snapshots:
        if each.ref.previous is not None:
            identity = each.ref.previous[0]
            yield identity, fate(identity, each.ref.machine, origins, notes)
    for note in notes.values():
        for sequence, time, _ in note.vouched:
            identity = snapshot_id(note.origin, note.machine, time, sequence)
            yield identity, fate(identity, note.machine, origins, notes)


def fate(identity: bytes, machine: bytes, origins: set[bytes], notes: dict[tuple[bytes, bytes], Removed]) -> str:
    for origin in origins:
        when = moment_and_sequence(identity, origin, machine)
        if when is None:
            continue
        note = notes.get((origin, machine))
        if note is None:
            return "lost"
        if any(low <= when[1] <= high for low, high in note.spans):
            return "removed"
        return "lost" if when[1] >= note.since else "unknown"
    return "unknown"


def unreadable(repository: Repository) -> list[tuple[bytes, str, str]]:
    """The slots whose manifest is not there, or is another than the slot says: snapshot, ecosystem and environment."""
    found = []
    for snapshot in repository.snapshots:
        for slot in snapshot.ref.slots:
            if slot.object is None or slot.taken == "failed":
                continue
            thing = repository.objects.get(slot.object)
            alike = thing is not None and thing.manifest.ecosystem == slot.ecosystem
            if not alike or (thing is not None and thing.manifest.packages != slot.packages):
                found.append((snapshot.id, slot.ecosystem, slot.environment))
    return found

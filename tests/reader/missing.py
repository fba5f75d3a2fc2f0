"""Part 4.4 of docs/format.md: snapshots that are linked to or vouched for and are not there, and links that lie."""

from collections.abc import Iterator
from typing import NamedTuple

from reader.files import role_of
from reader.records import Removed
from reader.refs import moment_and_sequence, snapshot_id
from reader.repository import Repository, Snapshot

Place = tuple[bytes, bytes]


class Chain(NamedTuple):
    """The ids of snapshots that were lost, and of those whose file is not the one that a link or a note states."""

    lost: set[str]
    rewritten: set[str]


def chain(repository: Repository) -> Chain:
    """Follows the links of every snapshot that was recorded when it was."""
    linked = {each.id: each for each in repository.snapshots if each.ref.sequence != 0}
    named = {each.id.hex() for each in repository.snapshots} | repository.unread
    complete = not any(path.startswith("segments/") for path in (*repository.unknown, *repository.wrong))
    complete &= not any(role_of(path)[0] == "stranger" for path in repository.wrong)
    found = Chain(set(), set())
    for target, checksum in ends(repository, linked):
        there = linked.get(target)
        if there is not None and not there.file[-32:].startswith(checksum):
            found.rewritten.add(target.hex())
    for target in candidates(repository, linked) if complete else ():
        if target.hex() not in named:
            found.lost.add(target.hex())
    found.lost.update(tagged(repository))
    return found


def tagged(repository: Repository) -> Iterator[str]:
    """The snapshots of which only a tag is left."""
    places = {(each.ref.machine, each.ref.origin) for each in repository.snapshots}
    places |= {(note.machine, note.origin) for note in repository.removed.values()}
    for tag in repository.counting.values():
        for machine, origin in places if repository.is_missing(tag.snapshot) else ():
            when = moment_and_sequence(tag.snapshot, origin, machine)
            name = f"{machine.hex()}-{origin.hex()}"
            note = repository.removed.get(name)
            known = f"removed/{name}" not in repository.wrong
            if known and when is not None and when[1] >= max(1, note.since if note else 0):
                yield tag.snapshot.hex()


def ends(repository: Repository, linked: dict[bytes, Snapshot]) -> Iterator[tuple[bytes, bytes]]:
    """Each snapshot that is linked to or vouched for, and how its checksum begins."""
    for each in linked.values():
        if each.ref.previous is not None:
            yield each.ref.previous
    for note in repository.removed.values():
        for sequence, time, beginning in note.vouched:
            yield snapshot_id(note.origin, note.machine, time, sequence), beginning


def candidates(repository: Repository, linked: dict[bytes, Snapshot]) -> Iterator[bytes]:
    """The snapshots that are lost unless they are there."""
    notes: dict[Place, Removed | None] = {(each.machine, each.origin): each for each in repository.removed.values()}
    for path in repository.wrong:
        if path.startswith("removed/"):
            machine, origin = path.removeprefix("removed/").split("-")
            notes[bytes.fromhex(machine), bytes.fromhex(origin)] = None
    for each in linked.values():
        if each.ref.previous is not None and each.id.hex() not in repository.gone:
            places = [(each.ref.machine, each.ref.origin), *(key for key in notes if key[0] == each.ref.machine)]
            if is_lost(each.ref.previous[0], places, notes):
                yield each.ref.previous[0]
    for note in repository.removed.values():
        for sequence, time, _ in note.vouched:
            yield snapshot_id(note.origin, note.machine, time, sequence)


def is_lost(target: bytes, places: list[Place], notes: dict[Place, Removed | None]) -> bool:
    """Whether no note says that a snapshot was removed, and none that it says nothing of it."""
    for machine, origin in places:
        when = moment_and_sequence(target, origin, machine)
        if when is None:
            continue
        sequence = when[1]
        note = notes.get((machine, origin), Removed(machine, origin, 0, (), (), ()))
        if note is None or sequence < note.since or sequence == 0:
            return False
        if any(low <= sequence <= high for low, high in note.spans):
            return False
    return True


def unreadable(repository: Repository, snapshot: Snapshot) -> bool:
    """Whether a manifest of a snapshot is not there, or is of another ecosystem."""
    for slot in snapshot.ref.slots:
        if slot.object is not None and slot.taken != "failed":
            thing = repository.objects.get(slot.object)
            if thing is None or thing.manifest.ecosystem != slot.ecosystem:
                return True
    return False

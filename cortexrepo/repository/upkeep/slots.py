"""Slots compared with the manifests that they name: of which ecosystem a manifest is, and how many packages it has.

A checksum shows that a ref is as its writer wrote it. Whether the writer wrote the truth, only the manifest says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.codec import refs as codec
from cortexrepo.codec.manifests import Manifests
from cortexrepo.codec.objects import MANIFEST, SLOTS, raw_of
from cortexrepo.errors import CorruptError, FormatVersionError
from cortexrepo.model import refname
from cortexrepo.model.problem import WRONG_SLOT, Problem
from cortexrepo.model.snapshot import objects_of
from cortexrepo.repository import layout

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from cortexrepo.codec.objects import Content
    from cortexrepo.model.ids import ObjectId
    from cortexrepo.model.refname import RefName
    from cortexrepo.model.snapshot import Slot, Snapshot
    from cortexrepo.repository.refs.refs import Refs

    Said = tuple[str, int]
    """What a slot says of its manifest: the ecosystem, and the number of packages."""


class Slots:
    """What the slots of one repository say of their manifests. Nearly always all slots say the same of one."""

    def __init__(self, refs: Refs) -> None:
        """Takes the refs, to read those again that have a wrong slot."""
        self._refs = refs
        self._said: dict[bytes, tuple[Said, ...]] = {}
        self._pairs: dict[Said, Said] = {}
        self._wrong: dict[tuple[bytes, Said], str] = {}
        self._last: tuple[Slot, ...] = ()
        self._known: dict[bytes, Slot] = {}
        self._unread: list[Snapshot] = []
        self._manifests = Manifests()
        self.tables: set[bytes] = set()
        """The tables of slots that were named so far; digests."""

    def add(self, snapshot: Snapshot) -> set[ObjectId]:
        """Takes a ref that was read, and returns the objects that it needs, as far as its slots can be read.

        All must be taken before the first manifest.
        """
        table = snapshot.table()
        if table is not None:
            self.tables.add(bytes.fromhex(table))
        slots = self._of(snapshot)
        if slots is None:
            self._unread.append(snapshot)
        elif slots is not self._last:
            # Of two tables nearly all slots are the very same.
            same = frozenset() if table is None else frozenset(map(id, self._last))
            for digest, said in _statements(slot for slot in slots if id(slot) not in same):
                known = self._said.get(digest, ())
                if said not in known:
                    self._said[digest] = (*known, self._pairs.setdefault(said, said))
            self._last = slots
        return set(objects_of(slots or (), snapshot.roots))

    def needed(self, snapshot: Snapshot) -> set[ObjectId]:
        """Returns the objects that a snapshot needs, as far as its slots can be read."""
        return set(objects_of(self._of(snapshot) or (), snapshot.roots))

    def again(self, bad: Container[bytes]) -> tuple[set[ObjectId], list[Problem]]:
        """Returns what snapshots need whose slots could not be read before, and the problems of those that cannot now.

        Args:
            bad: The digests of the objects that are damaged or missing: these have problems of their own.
        """
        found: set[ObjectId] = set()
        problems = []
        for snapshot in self._unread:
            table, name = snapshot.table() or "", refname.of(snapshot)
            slots = self._refs.tables().of(name, snapshot.slots)
            if isinstance(slots, tuple):
                found |= objects_of(slots, snapshot.roots)
            elif slots is not None and bytes.fromhex(table) not in bad:
                reason = f"it names object {table[:12]} as the table of its slots, which it is not"
                problems.append(Problem(WRONG_SLOT, layout.ref_key(name), reason, (name.id,)))
        return found, problems

    def _of(self, snapshot: Snapshot) -> tuple[Slot, ...] | None:
        table = snapshot.table()
        try:
            return codec.inline(snapshot) if table is None else self._refs.tables().load(table)
        except (CorruptError, FormatVersionError):
            return None

    def compare(self, identity: ObjectId, content: Content) -> None:
        """Takes an object that was read; raises CorruptError for one that is not of its type."""
        digest = bytes.fromhex(identity)
        said = self._said.get(digest, ())
        if content.type == SLOTS:
            from cortexrepo.codec import slots  # few snapshots have so many

            slots.decode(content.raw, self._known)
            self._wrong.update(((digest, one), f"a slot of {one[0]} names a table of slots") for one in said)
            return
        manifest = self._manifests.read(raw_of(content, MANIFEST))
        right = manifest.ecosystem, manifest.installed
        self._wrong.update(((digest, one), _reason(one, right)) for one in said if one != right)

    def problems(self) -> list[Problem]:
        """Returns a problem for each wrong statement, with the snapshots that make it; reads all refs if there is any.

        A slot without a manifest that says a number of packages is one too.
        """
        without = {(b"", said): _reason(said, None) for said in self._said.get(b"", ()) if said[1]}
        wrong = {**self._wrong, **without}
        if not wrong:
            return []
        users: dict[tuple[bytes, Said], list[RefName]] = {}
        for name, snapshot in self._read():
            for statement in dict.fromkeys(_statements(snapshot.slots)):
                if statement in wrong:
                    users.setdefault(statement, []).append(name)
        return [
            Problem(WRONG_SLOT, layout.ref_key(names[0]), wrong[statement], tuple(name.id for name in names))
            for statement, names in users.items()
        ]

    def _read(self) -> Iterator[tuple[RefName, Snapshot]]:
        for name in self._refs.names().every():
            try:
                snapshot = self._refs.read(name)
            except (CorruptError, FormatVersionError):
                continue
            if snapshot is not None:
                yield name, snapshot


def _statements(slots: Iterable[Slot]) -> Iterator[tuple[bytes, Said]]:
    """Yields what each slot says of which manifest; b"" for none. A slot of an unknown status says nothing."""
    for slot in slots:
        if slot.later is None:
            yield b"" if slot.object is None else bytes.fromhex(slot.object), (slot.ecosystem, slot.packages)


def _reason(said: Said, right: Said | None) -> str:
    ecosystem, packages = said
    if right is None:
        return f"a slot of {ecosystem} has no list of packages, and says that it has {packages} packages"
    if ecosystem != right[0]:
        return f"a slot of {ecosystem} names a list of packages of {right[0]}"
    return f"a slot of {ecosystem} says that it has {packages} packages, and its list has {right[1]}"

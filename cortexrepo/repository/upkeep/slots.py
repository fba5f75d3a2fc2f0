"""Slots compared with the manifests that they name: of which ecosystem a manifest is, and how many packages it has.

A checksum shows that a ref is as its writer wrote it. Whether the writer wrote the truth, only the manifest says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.errors import CorruptError, FormatVersionError
from cortexrepo.model.problem import WRONG_SLOT, Problem
from cortexrepo.repository import layout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cortexrepo.model.ids import ObjectId
    from cortexrepo.model.package import Manifest
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

    def add(self, snapshot: Snapshot) -> None:
        """Takes a snapshot that was read. All snapshots must be taken before the first manifest."""
        if snapshot.slots is self._last:
            return
        self._last = snapshot.slots
        for digest, said in _statements(snapshot):
            known = self._said.get(digest, ())
            if said not in known:
                self._said[digest] = (*known, self._pairs.setdefault(said, said))

    def compare(self, identity: ObjectId, manifest: Manifest) -> None:
        """Takes a manifest that was read."""
        digest = bytes.fromhex(identity)
        said = self._said.get(digest)
        if said is None:
            return
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
            for statement in dict.fromkeys(_statements(snapshot)):
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


def _statements(snapshot: Snapshot) -> Iterator[tuple[bytes, Said]]:
    """Yields what each slot says of which manifest; b"" for none. A slot of an unknown status says nothing."""
    for slot in snapshot.slots:
        if slot.later is None:
            yield b"" if slot.object is None else bytes.fromhex(slot.object), (slot.ecosystem, slot.packages)


def _reason(said: Said, right: Said | None) -> str:
    ecosystem, packages = said
    if right is None:
        return f"a slot of {ecosystem} has no list of packages, and says that it has {packages} packages"
    if ecosystem != right[0]:
        return f"a slot of {ecosystem} names a list of packages of {right[0]}"
    return f"a slot of {ecosystem} says that it has {packages} packages, and its list has {right[1]}"

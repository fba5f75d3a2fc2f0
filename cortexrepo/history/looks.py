"""Where snapshots have looked: each different answer is read once, and none before somebody asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.codec.objects import manifest
from cortexrepo.errors import CorruptError, FormatVersionError
from cortexrepo.model.looked import coverage
from cortexrepo.repository import looks

if TYPE_CHECKING:
    from cortexrepo.model.ids import ObjectId
    from cortexrepo.model.looked import Covers
    from cortexrepo.model.refname import RefName
    from cortexrepo.repository.past import Past


class Looks:
    """Where the snapshots of a repository have looked."""

    def __init__(self, past: Past) -> None:
        """Takes the repository's past; nothing is read yet."""
        self._past = past
        self._names: dict[RefName, ObjectId | None] = {}
        self._known: dict[ObjectId | None, Covers] = {None: coverage(())}

    def __call__(self, name: RefName) -> Covers:
        """Returns what says whether a snapshot would have shown an environment; none where that is not known."""
        identity = self.identity(name)
        if identity not in self._known:
            self._known[identity] = self._read(identity)
        return self._known[identity]

    def identity(self, name: RefName) -> ObjectId | None:
        """Returns the object that says where a snapshot looked, or None where nobody knows."""
        if name not in self._names:
            self._names[name] = next((found.looked() for _, found in self._past.outlines([name])), None)
        return self._names[name]

    def _read(self, identity: ObjectId | None) -> Covers:
        assert identity is not None
        try:
            found = manifest(self._past.content(identity))
        except (CorruptError, FormatVersionError):
            return self._known[None]
        return coverage(looks.decoded(found) if found.ecosystem == looks.ECOSYSTEM else ())

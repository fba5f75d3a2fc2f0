"""Packs of a repository: objects that a collector has packed together. Read at any moment, without a lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.codec import records
from cortexrepo.codec.packed import packs
from cortexrepo.errors import CorruptError, FormatVersionError
from cortexrepo.model.ids import is_hex
from cortexrepo.repository import layout

if TYPE_CHECKING:
    from cortexrepo.codec.packed.packs import Index
    from cortexrepo.model.ids import ObjectId
    from cortexrepo.store.base import Store

_DIGITS = 64
_LOOKS = 8

_KEPT = 3
"""So many contents, of up to 16 MiB: who goes through a history takes from one pack of each ecosystem in turn."""


class Packs:
    """The packs of one repository. Indexes are kept, and the contents of the packs that were read last."""

    def __init__(self, store: Store, kept: int = _KEPT) -> None:
        """Takes the store, and how many contents to keep."""
        self._store = store
        self._kept = kept
        self._indexes: dict[str, Index] = {}
        self._contents: dict[str, bytes] = {}

    def names(self) -> list[str]:
        """Returns the names of all packs."""
        return self._named(layout.PACK)

    def indexes(self) -> list[str]:
        """Returns the names of the packs that have an index."""
        return self._named(layout.INDEX)

    def find(self, identity: ObjectId) -> bytes | None:
        """Returns the canonical bytes of the object of that id, or None when it is in no pack.

        A collector puts a new pack before it removes the old ones, so that whoever misses an old one looks again; so
        does who finds nothing and lists other packs now: one listing can miss the new and the old.

        Raises:
            CorruptError: It may be in a pack that is damaged, and is in no other.
            FormatVersionError: It may be in one that a newer version wrote.
        """
        names = self.names()
        for _ in range(_LOOKS):
            moved = False
            problem: CorruptError | FormatVersionError | None = None
            for name in names:
                try:
                    found = self._in(name, identity)
                except _GoneError:
                    moved = True
                except (CorruptError, FormatVersionError) as error:
                    problem = error
                else:
                    if found is not None:
                        return found
            searched, names = names, self.names()
            if names == searched and not moved:
                if problem is not None:
                    raise problem
                return None
        return None

    def at_hand(self, identity: ObjectId) -> bytes | None:
        """Returns an object's canonical bytes from a pack that was looked into before, or None; lists nothing."""
        # The neighbours of what was asked for last are where that was.
        for name in reversed(tuple(self._indexes)):
            try:
                found = self._in(name, identity)
            except (_GoneError, CorruptError, FormatVersionError):
                continue
            if found is not None:
                self._indexes[name] = self._indexes.pop(name)
                return found
        return None

    def content(self, name: str) -> bytes | None:
        """Returns the content of a pack, every byte of its file checked, or None when it is gone; raises as `find`."""
        known = self._contents.pop(name, None)
        if known is None:
            key = layout.pack_key(name)
            data = self._store.get(key, packs.FILE_LIMIT)
            if data is None:
                return None
            try:
                known = packs.decode(data, name)
            except (CorruptError, FormatVersionError) as error:
                raise type(error)(f"{key}: {error}", hint=error.hint or _HINT) from error
            while len(self._contents) >= self._kept:
                del self._contents[next(iter(self._contents))]
        self._contents[name] = known
        return known

    def forget(self, name: str) -> None:
        """Lets go of a pack's content, up to 16 MiB that nobody will ask for soon."""
        self._contents.pop(name, None)

    def read(self, name: str, identity: ObjectId) -> bytes | None:
        """Returns the canonical bytes of an object from that pack, or None where it is not there; raises as `holds`."""
        try:
            return self._in(name, identity)
        except _GoneError:
            return None

    def index(self, name: str) -> Index | None:
        """Returns the index that is stored for a pack, or None; raises CorruptError, FormatVersionError."""
        key = layout.index_key(name)
        data = self._store.get(key, records.LIMIT)
        try:
            return None if data is None else packs.decode_index(data, name)
        except (CorruptError, FormatVersionError) as error:
            raise type(error)(f"{key}: {error}", hint=error.hint or _HINT) from error

    def holds(self, name: str, identity: ObjectId) -> bool:
        """Returns whether a pack has an object, whole; raises CorruptError, FormatVersionError."""
        return self.read(name, identity) is not None

    def prefixes(self, name: str) -> list[bytes]:
        """Returns the beginnings of the ids of a pack's objects, 8 bytes each; raises as `holds`."""
        try:
            return self._index(name).prefixes()
        except _GoneError:
            return []

    def _in(self, name: str, identity: ObjectId) -> bytes | None:
        for offset in self._index(name).find(identity):
            raw = self.content(name)
            if raw is None:
                raise _GoneError
            found = packs.read(raw, offset)
            if packs.identify(found) == identity:
                return found
        return None

    def _index(self, name: str) -> Index:
        """Returns a pack's index, from the pack itself where there is none that can be read."""
        if name not in self._indexes:
            try:
                found = self.index(name)
            except (CorruptError, FormatVersionError):
                found = None
            if found is None:
                raw = self.content(name)
                if raw is None:
                    raise _GoneError
                found = packs.decode_index(packs.encode_index(name, raw), name)
            self._indexes[name] = found
        return self._indexes[name]

    def _named(self, ending: str) -> list[str]:
        names = sorted(self._store.names(layout.PACKS))
        own = (name.removesuffix(ending) for name in names if name.endswith(ending))
        return [name for name in own if is_hex(name, _DIGITS)]


_HINT = "replace the file from a copy: `cortex snapshot verify --repair --from REPO`; an index needs no copy"


class _GoneError(Exception):
    """A collector has removed a pack meanwhile."""

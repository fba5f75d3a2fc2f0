"""Packs of a repository: objects that a collector has packed together. Read at any moment, without a lock."""

from __future__ import annotations

import contextlib
from itertools import chain
from typing import TYPE_CHECKING

from cortexrepo.codec.packed import packs
from cortexrepo.errors import CorruptError, CortexError, FormatVersionError
from cortexrepo.model.ids import is_hex
from cortexrepo.repository import layout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cortexrepo.codec.packed.blocks import Content, Reader
    from cortexrepo.codec.packed.packs import Pack
    from cortexrepo.model.ids import ObjectId
    from cortexrepo.store.base import Store

_DIGITS = 64
_LOOKS = 8

_FILES = 1 << 25
_BLOCKS = 1 << 25
"""So many bytes of packs' files, and of their blocks, stay in memory: who goes through a history takes from one block
of each environment in turn."""


class Packs:
    """The packs of one repository. Those that were read last are kept, and their blocks."""

    def __init__(self, store: Store) -> None:
        """Takes the store."""
        self._store = store
        self._packs: dict[str, Pack] = {}
        self._sizes: dict[str, int] = {}
        self._damaged: dict[str, CortexError] = {}
        self._mended: dict[str, bool] = {}
        self._blocks: dict[tuple[str, int], Reader] = {}

    def names(self) -> list[str]:
        """Returns the names of all packs."""
        names = sorted(self._store.names(layout.PACKS))
        own = (name.removesuffix(layout.PACK) for name in names if name.endswith(layout.PACK))
        return [name for name in own if is_hex(name, _DIGITS)]

    def find(self, identity: ObjectId) -> bytes | None:
        """Returns the canonical bytes of the object of that id, or None when it is in no pack.

        A collector puts a new pack before it removes the old ones, so that whoever misses an old one looks again; so
        does who finds nothing and lists other packs now: one listing can miss the new and the old.

        Raises:
            CorruptError: It may be in a pack that is damaged, and is whole in none.
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
        for name in reversed(tuple(self._packs)):
            with contextlib.suppress(_GoneError, CorruptError, FormatVersionError):
                found = self._in(name, identity)
                if found is not None:
                    return found
        return None

    def check(self, name: str) -> bool:
        """Checks every byte of a pack's file; False when it is gone; raises CorruptError, FormatVersionError."""
        try:
            self._open(name)
        except _GoneError:
            return False
        if name in self._damaged:
            raise self._damaged[name]
        return True

    def contents(self, name: str) -> Iterator[Content]:
        """Yields every object of a pack, or none when it is gone; raises as `check`. Keeps nothing in memory."""
        if self.check(name):
            with _naming(name):
                yield from self._open(name).contents()

    def whole(self, name: str) -> Iterator[tuple[ObjectId, Content]]:
        """Yields what is whole in a pack that is damaged: each object that has the id that it begins with in the head.

        Raises:
            FormatVersionError: A newer version wrote the pack, or some of it.
        """
        with contextlib.suppress(_GoneError, CorruptError):
            pack = self._open(name)
            pack = self._repaired(name) or pack
            for number, beginnings in enumerate(pack.block_beginnings()):
                with contextlib.suppress(CorruptError):
                    reader = pack.open(number)
                    for place, beginning in enumerate(beginnings):
                        content = reader.read(place)
                        identity = packs.identify(content)
                        if bytes.fromhex(identity).startswith(beginning):
                            yield identity, content

    def read(self, name: str, identity: ObjectId) -> bytes | None:
        """Returns the canonical bytes of an object from that pack, or None where it is not there.

        Raises:
            CorruptError: The pack is damaged, and the object is not whole in it.
            FormatVersionError: A newer version wrote it.
        """
        try:
            return self._in(name, identity)
        except _GoneError:
            return None

    def stated(self, name: str) -> int:
        """Returns how many objects a pack has, as its head says; 0 where that cannot be read; raises as `whole`."""
        with contextlib.suppress(_GoneError, CorruptError):
            return len(self._open(name))
        return 0

    def beginnings(self, name: str) -> list[bytes]:
        """Returns the first bytes of the ids of a pack's objects, `packs.BEGINNING` of each; raises as `check`."""
        return list(chain.from_iterable(self._open(name).block_beginnings())) if self.check(name) else []

    def forget(self, name: str) -> None:
        """Lets go of a pack that nobody will ask for soon."""
        self._packs.pop(name, None)
        self._damaged.pop(name, None)
        if self._mended.get(name):
            del self._mended[name]
        for key in [key for key in self._blocks if key[0] == name]:
            del self._blocks[key]

    def _in(self, name: str, identity: ObjectId) -> bytes | None:
        pack = self._open(name)
        problem: CortexError | None = None if self._mended.get(name) else self._damaged.get(name)
        for number, place in pack.find(identity):
            try:
                content = self._block(name, number).read(place)
                if packs.identify(content) == identity:
                    self._packs[name] = self._packs.pop(name)
                    return content.raw
            except (CorruptError, FormatVersionError) as error:
                problem = problem or _named(name, error)
        if problem is not None:
            if not self._mended.get(name) and self._repaired(name):
                return self._in(name, identity)
            raise problem
        return None

    def _repaired(self, name: str) -> Pack | None:
        """Returns a damaged pack as it was where only its head is damaged, and keeps it so; None else. Tries once."""
        if name in self._damaged and name not in self._mended:
            data = self._store.get(layout.pack_key(name), packs.FILE_LIMIT)
            found = None if data is None else _mended(name, data)
            self._mended[name] = found is not None
            if found is not None:
                self._packs[name] = found
                for key in [key for key in self._blocks if key[0] == name]:
                    del self._blocks[key]
        return self._packs.get(name) if self._mended.get(name) else None

    def _open(self, name: str) -> Pack:
        """Returns a pack, also one that is damaged where its head can be read: each object is verified on its own."""
        found = self._packs.get(name)
        if found is None:
            data = self._store.get(layout.pack_key(name), packs.FILE_LIMIT)
            if data is None:
                raise _GoneError
            with _naming(name):
                found = self._decode(name, data)
            self._packs[name], self._sizes[name] = found, len(data)
            while len(self._packs) > 1 and sum(self._sizes[kept] for kept in self._packs) > _FILES:
                self.forget(next(iter(self._packs)))
        return found

    def _decode(self, name: str, data: bytes) -> Pack:
        try:
            return packs.decode(data, name)
        except CorruptError as error:
            try:
                found = packs.salvage(data)
            except CorruptError:
                mended = _mended(name, data)
                if mended is None:
                    raise
                found, self._mended[name] = mended, True
            self._damaged[name] = _named(name, error)
            return found

    def _block(self, name: str, number: int) -> Reader:
        key = (name, number)
        found = self._blocks.pop(key, None)
        if found is None:
            while self._blocks and sum(reader.size() for reader in self._blocks.values()) > _BLOCKS:
                del self._blocks[next(iter(self._blocks))]
            found = self._packs[name].open(number)
        self._blocks[key] = found
        return found


def _mended(name: str, data: bytes) -> Pack | None:
    from cortexrepo.codec.packed.mending import mended  # few packs are ever damaged

    found = mended(data, name)
    return None if found is None else packs.decode(found, name)


class _GoneError(Exception):
    """A collector has removed a pack meanwhile."""


@contextlib.contextmanager
def _naming(name: str) -> Iterator[None]:
    """Has an error say which pack it is about."""
    try:
        yield
    except (CorruptError, FormatVersionError) as error:
        raise _named(name, error) from error


def _named(name: str, error: CortexError) -> CortexError:
    from cortexrepo.repository.refs.unread import FROM_COPY  # few ever need it

    return type(error)(f"{layout.pack_key(name)}: {error}", hint=error.hint or FROM_COPY)

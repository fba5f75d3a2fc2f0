"""Objects: manifests, and tables of slots, under their ids; every byte is checked on every read."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from cortexrepo.codec import objects
from cortexrepo.errors import CorruptError, FormatVersionError, MissingObjectError
from cortexrepo.model.ids import ObjectId, is_hex
from cortexrepo.repository import layout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cortexrepo.codec.objects import Content
    from cortexrepo.model.package import Manifest
    from cortexrepo.repository.objects.packs import Packs
    from cortexrepo.store.base import Store

Read = TypeVar("Read")

_HINT = (
    "replace the object from a copy: `cortex snapshot verify --repair --from REPO`; without a copy, leave out --from"
)
_FAN, _DIGITS = 2, 64


class Objects:
    """The objects of one repository, wherever they are: on their own, set aside by a collector, or packed."""

    def __init__(self, store: Store) -> None:
        """Takes the store."""
        self._store = store
        self._packs: Packs | None = None

    def load(self, identity: ObjectId, ecosystem: str | None = None) -> Manifest:
        """Returns the manifest of that id, which a slot of that ecosystem names, where one is given.

        Raises:
            MissingObjectError: It is not there, or is a manifest of another ecosystem, which is the same.
            CorruptError: It is damaged.
            FormatVersionError: A newer version wrote it.
        """
        found = self._read(identity, objects.manifest_in)
        if ecosystem is not None and found.ecosystem != ecosystem:
            raise objects.of_another(identity, ecosystem)
        return found

    def content(self, identity: ObjectId) -> bytes:
        """Returns a manifest's canonical bytes, which are what its id says; raises as `load` does."""
        return self._read(identity, _rows_of)

    def table(self, identity: ObjectId) -> bytes:
        """Returns the canonical bytes of a table of slots, which are what its id says; raises as `load` does."""
        return self._read(identity, lambda found: objects.raw_of(found, objects.SLOTS))

    def whole(self, identity: ObjectId) -> Content:
        """Returns an object, whatever its type, which is what its id says; raises as `load` does."""
        return self._read(identity, lambda found: found)

    def packs(self) -> Packs:
        """Returns the packs."""
        if self._packs is None:
            from cortexrepo.repository.objects.packs import Packs  # what is new is not packed

            self._packs = Packs(self._store)
        return self._packs

    def _read(self, identity: ObjectId, take: Callable[[Content], Read]) -> Read:
        """Looks for it on its own first, then in the packs: a collector packs it before it removes what is on its own.

        Who finds a damaged one looks in the packs too.
        """
        # Who found one in a pack will ask for its neighbours, which are where it was, or nowhere and looked for.
        known = None if self._packs is None else self._packs.at_hand(identity)
        if known is not None:
            return take(known)
        problem: CorruptError | FormatVersionError | None = None
        data = self._store.get(layout.object_key(identity), objects.FRAME_LIMIT)
        try:
            if data is not None:
                return take(objects.checked(data, identity))
        except (CorruptError, FormatVersionError) as error:
            problem = error
        try:
            packed = self.packs().find(identity)
            if packed is not None:
                return take(packed)
        except (CorruptError, FormatVersionError) as error:
            problem = problem or error
        if problem is None:
            raise MissingObjectError(f"object {identity[:12]} is missing", hint=_HINT)
        raise type(problem)(f"object {identity[:12]}: {problem}", hint=problem.hint or _HINT) from problem


def _rows_of(found: Content) -> bytes:
    return objects.raw_of(found, objects.MANIFEST)


def read(store: Store, identity: ObjectId) -> Content | None:
    """Returns the object in a file of its own, None when there is none; raises CorruptError, FormatVersionError."""
    data = store.get(layout.object_key(identity), objects.FRAME_LIMIT)
    if data is None:
        return None
    try:
        return objects.checked(data, identity)
    except (CorruptError, FormatVersionError) as error:
        raise type(error)(f"object {identity[:12]}: {error}", hint=error.hint or _HINT) from error


def is_intact(key: str, data: bytes) -> bool:
    """Returns whether the bytes under an object's key are what the key says."""
    return objects.intact(data, layout.object_of(key))


def stored(store: Store) -> Iterator[tuple[str, ObjectId | None]]:
    """Yields the key of everything in `objects/`, and the id that it is the name of, or None for a stray.

    What is in a stray directory is not looked at.
    """
    for fan in sorted(store.names(layout.OBJECTS)):
        if not is_hex(fan, _FAN):
            yield f"{layout.OBJECTS}/{fan}", None
            continue
        for name in sorted(store.names(f"{layout.OBJECTS}/{fan}")):
            is_object = is_hex(fan + name, _DIGITS)
            yield f"{layout.OBJECTS}/{fan}/{name}", ObjectId(fan + name) if is_object else None

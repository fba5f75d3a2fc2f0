"""Objects: manifests under their ids, every byte checked on every read."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from cortexrepo.codec import objects
from cortexrepo.errors import CorruptError, FormatVersionError, MissingObjectError
from cortexrepo.model.ids import ObjectId, is_hex
from cortexrepo.repository import layout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cortexrepo.model.package import Manifest
    from cortexrepo.store.base import Store

Read = TypeVar("Read")

_HINT = "other snapshots can still be read; a new snapshot of the same packages puts it back"
_FAN, _DIGITS = 2, 64


def load(store: Store, identity: ObjectId) -> Manifest:
    """Returns the manifest of that id.

    Raises:
        MissingObjectError: It is not there.
        CorruptError: It is damaged.
        FormatVersionError: A newer version wrote it.
    """
    return _read(store, identity, objects.decode)


def content(store: Store, identity: ObjectId) -> bytes:
    """Returns an object's canonical bytes, which are what its id says; raises as `load` does."""
    return _read(store, identity, objects.checked)


def _read(store: Store, identity: ObjectId, decode: Callable[[bytes, ObjectId], Read]) -> Read:
    data = store.get(layout.object_key(identity), objects.FRAME_LIMIT)
    if data is None:
        message = f"object {identity[:12]} is missing"
        raise MissingObjectError(message, hint=_HINT)
    try:
        return decode(data, identity)
    except (CorruptError, FormatVersionError) as error:
        message = f"object {identity[:12]}: {error}"
        raise type(error)(message, hint=error.hint or _HINT) from error


def is_intact(key: str, data: bytes) -> bool:
    """Returns whether the bytes under an object's key are what the key says."""
    return objects.intact(data, layout.object_of(key))


def stored(store: Store) -> Iterator[tuple[str, ObjectId | None]]:
    """Yields the key of everything in `objects/`, and the id that it is the name of, or None for a stray."""
    for fan in sorted(store.names(layout.OBJECTS)):
        for name in sorted(store.names(f"{layout.OBJECTS}/{fan}")):
            is_object = len(fan) == _FAN and is_hex(fan + name, _DIGITS)
            yield f"{layout.OBJECTS}/{fan}/{name}", ObjectId(fan + name) if is_object else None

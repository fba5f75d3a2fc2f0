"""Objects: manifests under their ids, every byte checked on every read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.codec import objects
from cortexrepo.errors import CorruptError, FormatVersionError, MissingObjectError
from cortexrepo.repository import layout

if TYPE_CHECKING:
    from cortexrepo.model.ids import ObjectId
    from cortexrepo.model.package import Manifest
    from cortexrepo.store.base import Store


def load(store: Store, identity: ObjectId) -> Manifest:
    """Returns the manifest of that id.

    Raises:
        MissingObjectError: It is not there.
        CorruptError: It is damaged.
        FormatVersionError: A newer version wrote it.
    """
    data = store.get(layout.object_key(identity), objects.FRAME_LIMIT)
    if data is None:
        message = f"object {identity[:12]} is missing"
        raise MissingObjectError(message, hint=_HINT)
    try:
        return objects.decode(data, identity)
    except (CorruptError, FormatVersionError) as error:
        message = f"object {identity[:12]}: {error}"
        raise type(error)(message, hint=error.hint or _HINT) from error


_HINT = "other snapshots can still be read; a new snapshot of the same packages puts it back"


def is_intact(key: str, data: bytes) -> bool:
    """Returns whether the bytes under an object's key are what the key says."""
    return objects.intact(data, layout.object_of(key))

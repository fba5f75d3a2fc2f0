"""A collection that is refused: nothing goes while a file that names a snapshot cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.errors import CorruptError, FormatVersionError, RefusedError
from cortexrepo.model import refname
from cortexrepo.model.damage import FROM_COPY, NEWER_FORMAT
from cortexrepo.repository import layout
from cortexrepo.repository.refs import removals
from cortexrepo.repository.refs.unread import damage

if TYPE_CHECKING:
    from cortexrepo.errors import CortexError
    from cortexrepo.model.damage import Damage
    from cortexrepo.model.refname import RefName
    from cortexrepo.repository.refs.tags import Tags
    from cortexrepo.store.base import Store


def check_tags(store: Store, tags: Tags) -> None:
    """Raises RefusedError where a file in `tags/` cannot be read: it may be a tag that was renamed, of any snapshot."""
    for name in sorted(store.names(layout.TAGS)):
        try:
            tags.find(name)
        except (CorruptError, FormatVersionError) as error:
            raise unreadable(store.location, layout.tag_key(name), error) from error


def check_notes(store: Store) -> dict[Damage, None]:
    """Returns the damaged notes about removed snapshots, of which nobody can know what was in them.

    Raises RefusedError where a newer version wrote one: a collection would replace it.
    """
    found: dict[Damage, None] = {}
    for name in sorted(store.names(layout.REMOVED)):
        try:
            removals.read(store, name)
        except FormatVersionError as error:
            raise unreadable(store.location, layout.removed_key(name), error) from error
        except CorruptError as error:
            found[damage(layout.removed_key(name), error)] = None
    return found


def unreadable(location: str, key: str, error: CortexError, needed: RefName | None = None) -> RefusedError:
    """Returns the refusal of a collection because of one file; a file of a newer version is never to be removed.

    Args:
        location: The repository.
        key: The file.
        error: Why it cannot be read.
        needed: A ref that needs the file, where it is none itself.
    """
    found = damage(key, error)
    message = f"{location}: nothing was removed, because {found.key} cannot be read: {found.reason}"
    if found.kind == NEWER_FORMAT:
        message = (
            f"{location}: nothing was removed, because a newer version of cortex wrote {found.key}: {found.reason}"
        )
    if needed is not None:
        message += f"; the slots of snapshot {needed.id[:12]} are in that object"
    return RefusedError(message, hint=_way(key, error, needed))


def _way(key: str, error: CortexError, needed: RefName | None) -> str:
    directory, _, own = key.partition("/")
    if isinstance(error, FormatVersionError) or directory == layout.TAGS:
        return error.hint
    if directory == layout.SEGMENTS and error.hint:
        return error.hint
    name = needed or refname.parse(own)
    if name is None and directory not in {layout.SEGMENTS, layout.OBJECTS}:
        return "if the file belongs to no snapshot, move it away"
    delete = f"; without a copy, delete the snapshot: `cortex snapshot delete {name.id}`" if name else ""
    return f"{FROM_COPY}{delete}"

"""Files in `tags/` whose names no tag can have: each may be a tag that was renamed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.codec import records
from cortexrepo.errors import CorruptError, FormatVersionError
from cortexrepo.model import revision
from cortexrepo.model.damage import shown
from cortexrepo.repository import layout
from cortexrepo.repository.refs import command

if TYPE_CHECKING:
    from cortexrepo.store.base import Store


def error(store: Store, name: str) -> CorruptError:
    """Returns the error for a file whose name can be part of no key; its hint is the way out."""
    text = "the name is not the name of a tag, and a tag may be in the file"
    return CorruptError(f"{shown(layout.tag_key(name))}: {text}", hint=way_out(store, name))


def way_out(store: Store, name: str) -> str:
    """Returns what to do with such a file, as a command that works, or "" where a newer version wrote the file."""
    key = layout.tag_key(name)
    try:
        data = store.get(key, records.LIMIT)
        own = "" if data is None else records.decode_mark(records.TAG, data).name
    except FormatVersionError:
        return ""
    except CorruptError:
        own = ""
    if not own or revision.check_tag(own):
        return f"no tag can be read from the file; {command.move_out(store.location, key)}"
    if store.size(layout.tag_key(own)):
        return f"the file holds the tag {own!r}, which has a file of its own; {command.remove(store.location, key)}"
    return f"the file holds the tag {own!r}; {command.give_name(store.location, key, layout.tag_key(own))}"

"""Files in a repository's directories under names that are not theirs, as `verify` names them: with what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.codec.hashing import segment_name
from cortexrepo.codec.packed import segments
from cortexrepo.errors import CorruptError, FormatVersionError
from cortexrepo.model.problem import STRAY, Problem
from cortexrepo.repository import layout
from cortexrepo.repository.refs.command import give_name, move_out
from cortexrepo.repository.refs.sifting import stray, way_out
from cortexrepo.repository.refs.unread import problem

if TYPE_CHECKING:
    from cortexrepo.errors import CortexError
    from cortexrepo.repository.refs.refs import Refs
    from cortexrepo.store.base import Store


def in_refs(name: str, refs: Refs) -> Problem:
    """Returns the problem of a file in `refs/` whose name is no ref's."""
    found, way = stray(name, refs), way_out(name, refs)
    return Problem(found.kind, found.key, f"{found.reason}; {way}" if way else found.reason, ())


def in_segments(store: Store, name: str) -> str:
    """Returns what to do with a file in `segments/` under a strange name, as a command that works.

    Returns "" for a file that a newer version wrote.
    """
    key = f"{layout.SEGMENTS}/{name}"
    try:
        data = store.get(key, segments.FILE_LIMIT) or b""
        segments.decode_head(data, segment_name(data))
    except FormatVersionError:
        return ""
    except CorruptError:
        return f"no snapshot can be read from the file; {move_out(store.location, key)}"
    way = give_name(store.location, key, layout.segment_key(segment_name(data)))
    return f"the file is a segment with snapshots; {way}"


def in_tags(key: str, error: CortexError) -> Problem:
    """Returns the problem of a file in `tags/` whose name no tag can have; `error` says why it cannot be read."""
    found = problem(STRAY, key, error)
    return found._replace(reason=f"{found.reason}; {error.hint}" if error.hint else found.reason)

"""Files in a repository's directories under names that are not theirs, as `verify` names them: with what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.model.problem import STRAY, Problem
from cortexrepo.repository.refs.sifting import stray, way_out
from cortexrepo.repository.refs.unread import problem

if TYPE_CHECKING:
    from cortexrepo.errors import CortexError
    from cortexrepo.repository.refs.refs import Refs


def in_refs(name: str, refs: Refs) -> Problem:
    """Returns the problem of a file in `refs/` whose name is no ref's."""
    found, way = stray(name, refs), way_out(name, refs)
    return Problem(found.kind, found.key, f"{found.reason}; {way}" if way else found.reason, ())


def in_tags(key: str, error: CortexError) -> Problem:
    """Returns the problem of a file in `tags/` whose name no tag can have; `error` says why it cannot be read."""
    found = problem(STRAY, key, error)
    return found._replace(reason=f"{found.reason}; {error.hint}" if error.hint else found.reason)

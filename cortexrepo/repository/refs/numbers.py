"""Sequence numbers: which ones writers at work have announced, and which are in segments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.model import refname
from cortexrepo.store.keys import PINS

if TYPE_CHECKING:
    from cortexrepo.model.refname import RefName
    from cortexrepo.repository.refs.refs import Refs
    from cortexrepo.store.base import Store


def announced(store: Store, machine: str) -> int:
    """Returns the highest number that a writer at work has announced for a snapshot of a machine; 0 for none."""
    mine = (name for name in store.names(PINS) if name.startswith(f"{machine}-"))
    return max((refname.number_of(name) for name in mine), default=0)


def is_packed(refs: Refs, name: RefName) -> bool:
    """Returns whether a ref of that number of its machine's is in a segment, for a number of many one of that name.

    Raises CorruptError, FormatVersionError.
    """
    segments = refs.rolled()
    if segments is None:
        return False
    if name.sequence in {refname.IMPORTED, refname.HIGHEST}:
        return segments.find(name) is not None
    return segments.has_number(name.machine, name.sequence)

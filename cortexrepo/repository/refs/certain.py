"""Segments whose heads contradict their rows: found when their turn comes, and then damaged to every question.

The digest in a segment's name shows that the file is as its writer wrote it, not that the writer wrote the truth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.errors import StoreError
from cortexrepo.repository import layout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cortexrepo.model.refname import RefName
    from cortexrepo.repository.refs.look import Look
    from cortexrepo.repository.refs.refs import Refs

_LOOKS = 8
"""So often segments that nobody has seen may come while somebody looks; one look finds all that are there."""


def checked(look: Look, refs: Refs, *, wholly: bool = True) -> Look:
    """Returns a look, the segments checked whose heads decide the order of refs outside of them; else a new look.

    Args:
        look: The look.
        refs: The refs.
        wholly: Check all of them where there are several machines: else only those in which a clock was set back.

    Raises:
        StoreError: Each look found other segments.
    """
    for _ in range(_LOOKS):
        if look.view is None or refs.segments().check(_deciding(look, wholly=wholly)):
            return look
        look = refs.look()
    raise StoreError(
        f"{refs.location}: each look found other files in {layout.SEGMENTS}/ whose heads contradict their rows",
        hint="`cortex snapshot verify` names these files; then run the command again",
    )


def _deciding(look: Look, *, wholly: bool) -> list[str]:
    """Returns the names of the segments whose latest moment counts for refs of the same machine that follow.

    The order within one machine is that of the names.
    """
    heads = {} if look.view is None else look.view.heads
    machines = {group.machine for head in heads.values() for group in head.groups}
    if len(machines.union(name.machine for name in look.loose)) <= 1:
        return []
    if wholly:
        return list(heads)
    firsts: dict[str, list[RefName]] = {}
    for name in _firsts(look):
        firsts.setdefault(name.machine, []).append(name)
    return [
        key
        for key, head in heads.items()
        if any(
            name > group.first and name.created_at < group.latest
            for group in head.groups
            for name in firsts[group.machine]
        )
    ]


def _firsts(look: Look) -> Iterator[RefName]:
    yield from look.loose
    for head in () if look.view is None else look.view.heads.values():
        yield from (group.first for group in head.groups)

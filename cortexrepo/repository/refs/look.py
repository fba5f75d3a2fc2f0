"""One look at the names of a repository: what every listing of its snapshots begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.repository import layout

if TYPE_CHECKING:
    from cortexrepo.model.damage import Damage
    from cortexrepo.model.refname import RefName
    from cortexrepo.repository.refs.segments import View


class Look(NamedTuple):
    """What one look at the names of a repository saw.

    Attributes:
        marked: What is in `deleted/`.
        gone: The ids of the snapshots that are deleted, or that a collector has claimed.
        loose: The refs that have a file of their own, in no order.
        strangers: What is in `refs/` besides.
        view: The segments, or None where there are none.
    """

    marked: frozenset[str]
    gone: frozenset[str]
    loose: list[RefName]
    strangers: tuple[str, ...]
    view: View | None

    @property
    def damaged(self) -> tuple[Damage, ...]:
        """The segments that cannot be read."""
        found = {} if self.view is None else self.view.damaged
        if not found:
            return ()
        from cortexrepo.repository.refs.unread import damage  # few ever need it

        return tuple(damage(layout.segment_key(name), error) for name, error in found.items())

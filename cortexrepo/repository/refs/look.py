"""One look at the names of a repository: what every listing of its snapshots begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from cortexrepo.codec import identity
from cortexrepo.errors import CorruptError, FormatVersionError
from cortexrepo.named import NamedTuple
from cortexrepo.repository import layout

if TYPE_CHECKING:
    from collections.abc import Callable

    from cortexrepo.model.damage import Damage
    from cortexrepo.model.refname import RefName
    from cortexrepo.repository.refs.segments import Segments, View

Answer = TypeVar("Answer")


_ID = 32
_HEX = b"0123456789abcdef"


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

    def is_certain(self, repository: str) -> bool:
        """Returns whether all names vouch for themselves and all segments can be read: then each place is known.

        A name vouches for itself whose id follows from the rest for a snapshot that was made in this repository.
        """
        return (
            not self.strangers
            and not (self.view is not None and (self.view.damaged or self.view.strangers))
            and self.has_marks_only
            and all(is_ours(name, repository) for name in self.loose)
        )

    @property
    def has_marks_only(self) -> bool:
        """Whether each name in `deleted/` is a deletion mark's; quick, for there may be ten thousand."""
        digits = "".join(self.gone)
        return not self.gone or (
            set(map(len, self.gone)) == {_ID} and digits.isascii() and not digits.encode().translate(None, _HEX)
        )

    @property
    def damaged(self) -> tuple[Damage, ...]:
        """The segments that cannot be read, and what may be one of them under another name."""
        if self.view is None or not (self.view.damaged or self.view.strangers):
            return ()
        from cortexrepo.repository.refs.unread import damage, renamed_segment  # few ever need it

        found = tuple(damage(layout.segment_key(name), error) for name, error in self.view.damaged.items())
        return (*found, *map(renamed_segment, self.view.strangers))


def is_ours(name: RefName, repository: str) -> bool:
    """Returns whether a name's id follows from the rest, for a snapshot that was made in this repository."""
    return identity.make(repository, name.machine, name.sequence, name.created_at) == name.id


def asked(segments: Callable[[], Segments], question: Callable[[], Answer]) -> Answer:
    """Returns the answer to a question that begins with a look; asks again where a segment turned out to be damaged.

    The next look has this segment among the damaged ones: the question is asked once more for each segment at most.
    """
    known = 0
    while True:
        try:
            return question()
        except (CorruptError, FormatVersionError):
            spoiled = len(segments().spoiled)
            if spoiled == known:
                raise
            known = spoiled

"""What collectors removed of one machine's snapshots: so that the chain of those that stay can still be checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

Span = tuple[int, int]
"""The first and the last of successive sequence numbers."""


class Vouched(NamedTuple):
    """A snapshot that was linked to by one that was removed.

    Attributes:
        sequence: Its number within its machine's.
        created_at: When it was made, milliseconds since 1970.
        digest: The first 16 bytes of its ref's checksum, as that link stated it.
    """

    sequence: int
    created_at: int
    digest: bytes


class Removed(NamedTuple):
    """What was removed of the snapshots of one machine that were made in one repository.

    Attributes:
        machine: The machine's id.
        origin: The repository's id.
        since: Nothing is said of lower sequence numbers.
        spans: The numbers of removed snapshots: disjoint, ascending, never next to each other.
        vouched: The snapshots before them, sorted.
        extensions: Optional fields of later versions, kept as they are: pairs (name, bytes).
    """

    machine: str
    origin: str
    since: int = 0
    spans: tuple[Span, ...] = ()
    vouched: tuple[Vouched, ...] = ()
    extensions: tuple[tuple[str, bytes], ...] = ()

    @property
    def highest(self) -> int:
        """The highest number that was ever removed; 0 for none."""
        return max(self.since - 1, self.spans[-1][1] if self.spans else 0)

    def covers(self, sequence: int) -> bool:
        """Returns whether the snapshot of this number was removed, as far as is known."""
        return any(first <= sequence <= last for first, last in self.spans)

    def plus(self, sequences: Iterable[int], vouched: Iterable[Vouched]) -> Removed:
        """Returns this with more snapshots removed, and what their links vouch for; those themselves are gone."""
        spans = _spans({*sequences, *self._numbers()})
        grown = self._replace(spans=spans)
        known = sorted({one for one in (*self.vouched, *vouched) if not grown.covers(one.sequence)})
        return grown._replace(vouched=tuple(known))

    def minus(self, sequences: Collection[int]) -> Removed:
        """Returns this for snapshots that were not removed after all."""
        return self._replace(spans=_spans({number for number in self._numbers() if number not in sequences}))

    def shorter(self) -> Removed:
        """Returns this with less said of the oldest half, or with nothing but the highest number."""
        half = len(self.spans) // 2
        since = self.spans[half][0] if half else self.highest + 1
        vouched = tuple(one for one in self.vouched if one.sequence >= since)
        return self._replace(since=since, spans=self.spans[half:] if half else (), vouched=vouched)

    def least(self) -> Removed:
        """Returns this with nothing but the highest number."""
        return self._replace(since=self.highest + 1, spans=(), vouched=())

    def _numbers(self) -> Iterable[int]:
        return (number for first, last in self.spans for number in range(first, last + 1))


def _spans(numbers: Collection[int]) -> tuple[Span, ...]:
    found: list[Span] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return tuple(found)

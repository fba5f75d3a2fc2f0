"""What collectors removed of one machine's snapshots: so that the chain of those that stay can still be checked."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
        spans: The numbers of removed snapshots: not below `since`, disjoint, ascending, never next to each
            other.
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
        """Returns this with more snapshots removed, and what their links vouch for; those themselves are gone.

        Numbers below `since` are passed over: of these nothing is said.
        """
        told = [(number, number) for number in sequences if number >= self.since]
        grown = self._replace(spans=_joined([*self.spans, *told]))
        stay = (one for one in (*self.vouched, *vouched) if one.sequence >= self.since)
        known = sorted({one for one in stay if not grown.covers(one.sequence)})
        return grown._replace(vouched=tuple(known))

    def minus(self, sequences: Iterable[int]) -> Removed:
        """Returns this for snapshots that were not removed after all."""
        staying = sorted(set(sequences))
        return self._replace(spans=tuple(rest for span in self.spans for rest in _without(span, staying)))

    def shorter(self) -> Removed:
        """Returns this with less said of the oldest half, or with nothing but the highest number."""
        half = len(self.spans) // 2
        since = self.spans[half][0] if half else self.highest + 1
        vouched = tuple(one for one in self.vouched if one.sequence >= since)
        return self._replace(since=since, spans=self.spans[half:] if half else (), vouched=vouched)

    def least(self) -> Removed:
        """Returns this with nothing but the highest number."""
        return self._replace(since=self.highest + 1, spans=(), vouched=())


def _joined(spans: list[Span]) -> tuple[Span, ...]:
    """Returns the numbers of all these spans in as few as possible. No number is counted: there may be 2**32."""
    found: list[Span] = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return tuple(found)


def _without(span: Span, numbers: list[int]) -> Iterator[Span]:
    """Yields what is left of a span without these numbers, which ascend."""
    first, last = span
    for number in numbers[bisect_left(numbers, first) : bisect_right(numbers, last)]:
        if first < number:
            yield first, number - 1
        first = number + 1
    if first <= last:
        yield first, last

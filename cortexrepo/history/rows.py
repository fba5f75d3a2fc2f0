"""The rows of many manifests that differ little: a row that was met before is neither decoded nor made again."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, cast

from cortexrepo.codec.canonical import fits, pack, unpack
from cortexrepo.codec.objects import RAW_LIMIT, of_another
from cortexrepo.errors import CorruptError, FormatVersionError
from cortexrepo.model.package import Package
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from cortexrepo.model.ids import ObjectId

    Packages = tuple[Package, ...]

MARK = pack((None,) * len(Package._fields))[:1]
"""What the bytes of every row begin with."""
_LONGER = {0xDC: 3, 0xDD: 5}
"""The length of an array's header by its first byte, where it is not 1."""
_LONGEST = 256
_LEADS = (0xC2, 0xE0, 0xF0)
"""What begins a character one byte before another byte of it, two bytes, and three, at least."""
_ROWS = 100_000
"""So many rows are remembered; then all are forgotten."""
_MARKS = 16
"""A row with more marks inside is only found by telling all rows apart."""
_BACK = 4
"""So many marks before a row are looked at for the one with which the row before begins."""
_MANIFESTS = 256
"""And so many manifests."""


class _Parsed(NamedTuple):
    """The bytes of a manifest's rows, the rows, and whether each mark in the bytes begins one of them."""

    body: bytes
    rows: Packages
    is_plain: bool


class Rows:
    """Reads manifests by their ids. Equal rows are the very same object, as long as they are remembered.

    Attributes:
        damaged: What cannot be read, by id, and why. To every question it is as if nothing were known of it.
    """

    def __init__(self, content: Callable[[ObjectId], bytes]) -> None:
        """Takes what returns a manifest's canonical bytes, which are checked, or raises as `Repository.content`."""
        self.damaged: dict[ObjectId, CorruptError | FormatVersionError] = {}
        self._content = content
        self._of_others: set[ObjectId] = set()
        self._rows: dict[bytes, Package] = {}
        self._pieces: set[bytes] = set()
        self._manifests: dict[tuple[str, ObjectId], Packages] = {}
        self._last: dict[str, _Parsed] = {}

    def content(self, ecosystem: str, identity: ObjectId) -> bytes | None:
        """Returns the canonical bytes of an ecosystem's manifest, or None where they cannot be read."""
        if identity in self.damaged and identity not in self._of_others:
            return None
        try:
            found = self._content(identity)
        except (CorruptError, FormatVersionError) as error:
            self.damaged[identity] = error
            return None
        if found.startswith(_start(ecosystem)):
            return found
        # A slot of its own ecosystem may name it too.
        self._of_others.add(identity)
        self.damaged[identity] = of_another(identity, ecosystem)
        return None

    def read(self, ecosystem: str, identity: ObjectId) -> Packages | None:
        """Returns the rows of an ecosystem's manifest, or None where it cannot be read."""
        found = self._manifests.get((ecosystem, identity))
        if found is None:
            content = self.content(ecosystem, identity)
            if content is None:
                return None
            found = self.parse(ecosystem, identity, content)
            if found is not None:
                if len(self._manifests) >= _MANIFESTS:
                    del self._manifests[next(iter(self._manifests))]
                self._manifests[ecosystem, identity] = found
        return found

    def names(self, ecosystem: str, identity: ObjectId) -> list[str]:
        """Returns the names in a manifest's rows, except most of those that were returned before; never raises."""
        content = self.content(ecosystem, identity) or b""
        last = self._last.get(ecosystem)
        start, end = (0, len(content)) if last is None else _differing(last.body, content)
        self._last[ecosystem] = _Parsed(content, (), is_plain=False)
        pieces = set(content[max(start, 0) : end if end >= 0 else None].split(MARK)[1:]) - self._pieces
        self._pieces |= pieces
        return [name for name in map(_name, pieces) if name]

    def parse(self, ecosystem: str, identity: ObjectId, content: bytes) -> Packages | None:
        """Returns the rows in a manifest's canonical bytes, or None where they make no sense."""
        try:
            start = len(_start(ecosystem))
            body = content[start + _LONGER.get(content[start], 1) :]
            found = self._beside(self._last.get(ecosystem), body)
            is_plain = found is not None
            if found is None:
                found = self._split(body)
                is_plain = len(found) == body.count(MARK)
            self._last[ecosystem] = _Parsed(body, found, is_plain)
            return found
        except (CorruptError, IndexError):
            self.damaged[identity] = CorruptError(
                f"object {identity[:12]}: the object is damaged: it is not a list of {ecosystem} packages"
            )
            return None

    def run(self, content: bytes, position: int, start: bytes) -> tuple[int, Packages]:
        """Returns the rows from a position on that begin with `start`, and where they end; none where no row is there.

        The position must be outside of texts; see `may_be_inside`.
        """
        found: list[Package] = []
        while content.startswith(start, position):
            position, row = self._whole(content, position)
            if row is None:
                return position, ()
            found.append(row)
        return position, tuple(found)

    def before(self, content: bytes, position: int) -> int:
        """Returns where the row begins that ends at a position, at which another one begins; 0 where none is found."""
        start = position
        for _ in range(_BACK):
            start = content.rfind(MARK, 0, start)
            if start <= 0:
                break
            if not may_be_inside(content, start) and self._whole(content, start)[0] == position:
                return start
        return 0

    def _whole(self, content: bytes, position: int) -> tuple[int, Package | None]:
        """Returns where the row at a position ends, which is at a mark or at the end, and the row."""
        end = position
        for _ in range(_MARKS):
            end = content.find(MARK, end + 1)
            end = end if end >= 0 else len(content)
            encoded = content[position + 1 : end]
            row = self._rows.get(encoded) or self._row(encoded)
            if row is not None or end == len(content):
                return end, row
        return end, None

    def _beside(self, last: _Parsed | None, body: bytes) -> Packages | None:
        """Returns the rows of a body that differs little from the last one, or None where that is of no use.

        Where no row holds the mark, every mark begins a row; what is the same before the first row that differs and
        after the last one are the same rows, for no encoding is the beginning of another one.
        """
        if last is None or not last.is_plain:
            return None
        start, end = _differing(last.body, body)
        if start < 0 or end < 0:
            return None
        between = [self._rows.get(piece) or self._row(piece) for piece in body[start:end].split(MARK)[1:]]
        if None in between:
            return None
        before = body.count(MARK, 0, start)
        after = before + last.body.count(MARK, start, end + len(last.body) - len(body))
        return (*last.rows[:before], *filter(None, between), *last.rows[after:])

    def _split(self, body: bytes) -> Packages:
        pieces = body.split(MARK)[1:]
        found = [self._rows.get(piece) for piece in pieces]
        if None in found:
            found = [row or self._row(piece) for row, piece in zip(found, pieces, strict=True)]
        rows = tuple(filter(None, found))
        return rows if len(rows) == len(pieces) else self._joined(pieces)

    def _joined(self, pieces: list[bytes]) -> Packages:
        """Returns the rows of pieces, where the mark may also be a byte inside a row, which then goes on.

        No encoding is the beginning of another one: bytes that are a row, where a row begins, are that row.
        """
        found: list[Package] = []
        begun: list[bytes] = []
        for piece in pieces:
            begun.append(piece)
            encoded = MARK.join(begun)
            row = self._rows.get(encoded) or self._row(encoded)
            if row is not None:
                found.append(row)
                begun.clear()
        if begun:
            raise CorruptError("the object is damaged: one of its rows is not a package")
        return tuple(found)

    def _row(self, encoded: bytes) -> Package | None:
        """Returns the row, and remembers it, or None where these bytes are not exactly one."""
        try:
            value = unpack(MARK + encoded, RAW_LIMIT)
        except CorruptError:
            return None
        if not fits(value, str, str, str, int, tuple):
            return None
        if len(self._rows) >= _ROWS:
            self._rows.clear()
        self._rows[encoded] = row = Package._make(cast("Package", value))
        return row


def may_be_inside(content: bytes, position: int) -> bool:
    """Returns whether the mark at a position may be a byte of a character: the second, third or fourth one of it.

    Where a row begins it is none: no character before it is that long, except what looks like one in a number.
    """
    return (
        content[position - 1] >= _LEADS[0] or content[position - 2] >= _LEADS[1] or content[position - 3] >= _LEADS[2]
    )


@lru_cache(8)
def _start(ecosystem: str) -> bytes:
    """Returns with which bytes the manifests of an ecosystem begin, up to the head of their rows."""
    return pack((ecosystem, ()))[:-1]


def _name(piece: bytes) -> str:
    """Returns the name that a row begins with; nothing where that is not a text."""
    head = piece[:1]
    start, length = (2, piece[1]) if head == b"\xd9" and len(piece) > 1 else (1, (head or b"\0")[0] - 0xA0)
    return piece[start : start + length].decode("utf-8", "replace") if 0 < length < _LONGEST else ""


def _differing(one: bytes, other: bytes) -> tuple[int, int]:
    """Returns the marks in `other` around all that differs from `one`, each of them in both; -1 where there is none."""
    least = min(len(one), len(other))
    same = _common(least, lambda low, high: one[low:high] == other[low:high])
    ends = len(one), len(other)
    tail = _common(
        least - same, lambda low, high: one[ends[0] - high : ends[0] - low] == other[ends[1] - high : ends[1] - low]
    )
    return other.rfind(MARK, 0, same), other.find(MARK, len(other) - tail)


def _common(most: int, are_same: Callable[[int, int], bool]) -> int:
    """Returns how far two texts are the same, at most `most` bytes; asks about no byte much more than twice."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if are_same(low, middle):
            low = middle
        else:
            high = middle - 1
    return low

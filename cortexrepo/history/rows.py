"""The rows of many manifests that differ little: a row that was met before is neither decoded nor made again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.codec.canonical import pack, unpack
from cortexrepo.codec.objects import RAW_LIMIT
from cortexrepo.errors import CorruptError, FormatVersionError
from cortexrepo.model.package import Package

if TYPE_CHECKING:
    from collections.abc import Callable

    from cortexrepo.model.ids import ObjectId

    Packages = tuple[Package, ...]

MARK = pack((None,) * len(Package._fields))[:1]
"""What the bytes of every row begin with."""
_LONGER = {0xDC: 3, 0xDD: 5}
"""The length of an array's header by its first byte, where it is not 1."""
_ROWS = 100_000
"""So many rows are remembered; then all are forgotten."""
_MANIFESTS = 256
"""And so many manifests."""


class Rows:
    """Reads manifests by their ids. Equal rows are the very same object, as long as they are remembered.

    Attributes:
        damaged: What cannot be read, by id, and why. To every question it is as if nothing were known of it.
    """

    def __init__(self, content: Callable[[ObjectId], bytes]) -> None:
        """Takes what returns a manifest's canonical bytes, which are checked, or raises as `Repository.content`."""
        self.damaged: dict[ObjectId, str] = {}
        self._content = content
        self._rows: dict[bytes, Package] = {}
        self._manifests: dict[ObjectId, Packages] = {}

    def content(self, identity: ObjectId) -> bytes | None:
        """Returns a manifest's canonical bytes, or None where they cannot be read."""
        if identity in self.damaged:
            return None
        try:
            return self._content(identity)
        except (CorruptError, FormatVersionError) as error:
            self.damaged[identity] = str(error)
            return None

    def read(self, ecosystem: str, identity: ObjectId) -> Packages | None:
        """Returns the rows of an ecosystem's manifest, or None where it cannot be read."""
        found = self._manifests.get(identity)
        if found is None:
            content = self.content(identity)
            if content is None:
                return None
            found = self.parse(ecosystem, identity, content)
            if found is not None:
                if len(self._manifests) >= _MANIFESTS:
                    del self._manifests[next(iter(self._manifests))]
                self._manifests[identity] = found
        return found

    def parse(self, ecosystem: str, identity: ObjectId, content: bytes) -> Packages | None:
        """Returns the rows in a manifest's canonical bytes, or None where they make no sense."""
        try:
            start = len(pack((ecosystem, ()))) - 1
            body = content[start + _LONGER.get(content[start], 1) :]
            return self._split(body)
        except (CorruptError, IndexError):
            self.damaged[identity] = f"object {identity[:12]}: is not a manifest of {ecosystem}"
            return None

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
            message = "has a row that is not a package"
            raise CorruptError(message)
        return tuple(found)

    def _row(self, encoded: bytes) -> Package | None:
        """Returns the row, and remembers it, or None where these bytes are not exactly one."""
        try:
            value = unpack(MARK + encoded, RAW_LIMIT)
        except CorruptError:
            return None
        match value:
            case (str(name), str(arch), str(version), int(flags), tuple(attributes)):
                if len(self._rows) >= _ROWS:
                    self._rows.clear()
                self._rows[encoded] = row = Package(name, arch, version, flags, attributes)
                return row
            case _:
                return None

"""Objects: a manifest to its id and its frame, and back.

Frame: magic `89 43 58 4F` | format version (1) | object type (1 manifest) | compression (0 none, 1 zlib) | raw length
(4 bytes, big endian) | payload. The id is over the raw bytes alone, so compressing differently never changes an id.
"""

from __future__ import annotations

import operator
import zlib
from typing import TYPE_CHECKING, NamedTuple, cast

from cortexrepo.codec.canonical import Table, fits, pack, unpack_table
from cortexrepo.codec.deflate import inflate
from cortexrepo.codec.hashing import object_id
from cortexrepo.errors import CorruptError, FormatVersionError
from cortexrepo.model.package import Manifest, Package

if TYPE_CHECKING:
    from cortexrepo.model.ids import ObjectId

MAGIC = b"\x89CXO"
VERSION = 1
MANIFEST = 1
STORED, ZLIB = 0, 1
HEADER = 11
RAW_LIMIT = 1 << 24
"""An object's canonical bytes may not be longer."""
TABLE = Table(RAW_LIMIT, fields=2, place=1, rows=1 << 17, width=5, row=1 << 17, pairs=1 << 19)
"""A manifest has at most so many rows, of so many bytes each, with so many attributes together.

Decoding msgpack can take 28 times its length in memory: of a row as it comes, of a whole manifest less.
"""
FRAME_LIMIT = RAW_LIMIT + 4096


class Encoded(NamedTuple):
    """An object ready to be stored."""

    id: ObjectId
    frame: bytes


def encode(found: Manifest) -> Encoded:
    """Returns the manifest's id and frame.

    Raises:
        ValueError: It is beyond a limit, its rows are out of order, or a string in it is not valid text.
    """
    if not all(map(_readable, found.packages)) or not _ascending(found.packages):
        raise ValueError("a package has no name, or packages or attributes are out of order")
    raw = pack((found.ecosystem, found.packages))
    if len(found.packages) > TABLE.rows:
        raise ValueError(f"there are {len(found.packages)} packages, and {TABLE.rows} are allowed")
    if len(raw) > RAW_LIMIT:
        raise ValueError(f"{len(found.packages)} packages take {len(raw)} bytes, and {RAW_LIMIT} are allowed")
    if len(raw) > TABLE.row:
        _check(raw)
    return Encoded(object_id("manifest", raw), frame(raw))


def _check(raw: bytes) -> None:
    """Raises ValueError for a large manifest that a reader would refuse."""
    try:
        manifest(raw)
    except CorruptError as error:
        raise ValueError(str(error).removeprefix("the file is damaged: ")) from error


def frame(raw: bytes) -> bytes:
    """Returns the frame of an object's canonical bytes."""
    payload, compression = zlib.compress(raw, 6), ZLIB
    if len(payload) >= len(raw):
        payload, compression = raw, STORED
    return MAGIC + bytes((VERSION, MANIFEST, compression)) + len(raw).to_bytes(4, "big") + payload


def decode(data: bytes, expected: ObjectId) -> Manifest:
    """Returns the manifest in the frame `data`, every byte checked against its id.

    Raises:
        CorruptError: The frame is torn, its content is not what the id says, or it is not a canonical manifest.
        FormatVersionError: A newer version wrote it.
    """
    return manifest(checked(data, expected))


def manifest(raw: bytes) -> Manifest:
    """Returns the manifest of these canonical bytes; raises CorruptError when they are none."""
    return _manifest(unpack_table(raw, TABLE))


def checked(data: bytes, expected: ObjectId) -> bytes:
    """Returns the canonical bytes in the frame `data`, which are what the id says; raises as `decode` does."""
    raw = content(data)
    if object_id("manifest", raw) != expected:
        raise CorruptError("the object is damaged: its content does not match its id")
    return raw


def intact(data: bytes, expected: ObjectId) -> bool:
    """Returns whether the frame `data` holds exactly the content that the id says."""
    try:
        checked(data, expected)
    except (CorruptError, FormatVersionError):
        return False
    return True


def content(data: bytes) -> bytes:
    """Returns the canonical bytes in the frame `data`, never more than `RAW_LIMIT`; raises as `decode` does."""
    if len(data) < HEADER or data[:4] != MAGIC:
        raise CorruptError("the object is damaged: it is cut short, or it is not an object")
    version, kind, compression = data[4], data[5], data[6]
    if version != VERSION or kind != MANIFEST or compression > ZLIB:
        raise FormatVersionError(
            f"the object has format {version}, type {kind}, compression {compression}; this version of cortex cannot "
            "read them",
            hint="use the version of cortex that wrote the file, or a newer one",
        )
    length = int.from_bytes(data[7:HEADER], "big")
    if length > RAW_LIMIT:
        raise CorruptError(f"the object is damaged: its header says {length} bytes, and {RAW_LIMIT} are allowed")
    raw = data[HEADER:] if compression == STORED else inflate(data[HEADER:], length)
    if len(raw) != length:
        raise CorruptError(f"the object is damaged: it has {len(raw)} bytes, and its header says {length}")
    return raw


def _manifest(value: object) -> Manifest:
    match value:
        case (str(ecosystem), tuple(rows)):
            packages = tuple(package_of(row) for row in rows)
        case _:
            raise CorruptError("the object is damaged: it is not a list of packages")
    if not _ascending(packages):
        raise CorruptError("the object is damaged: its rows are out of order")
    return Manifest(ecosystem, packages)


def _ascending(packages: tuple[Package, ...]) -> bool:
    """Returns whether the rows are in canonical order: UTF-8 bytes sort as code points do, so no key has to be made."""
    return all(map(operator.lt, packages, packages[1:]))


def _readable(package: Package) -> bool:
    """Returns whether `decode` would take the row back, given fields of the right types."""
    name, _, _, flags, attributes = package
    if not name or flags < 0:
        return False
    keys = [key for key, _ in attributes]
    return len(keys) < 2 or keys == sorted(set(keys))  # noqa: PLR2004 -- one is always in order


def package_of(row: object) -> Package:
    """Returns the package that `unpack` gave as a tuple; raises CorruptError for any other value."""
    if fits(row, str, str, str, int, tuple):
        package = Package._make(cast("Package", row))
        if package.name and package.flags >= 0 and pairs(package.attributes):
            return package
    raise CorruptError("the object is damaged: one of its rows is not a package")


def pairs(value: tuple[object, ...]) -> bool:
    """Returns whether `value` is pairs of strings, sorted by key, each key once."""
    if not all(fits(item, str, str) for item in value):
        return False
    # UTF-8 bytes sort as code points do.
    keys = [key for key, _ in cast("tuple[tuple[str, str], ...]", value)]
    return all(map(operator.lt, keys, keys[1:]))

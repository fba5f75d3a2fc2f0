"""Objects: what is in a frame, and what its id is; a manifest to its frame, and back.

Frame: magic `89 43 58 4F` | format version (1) | object type (1 manifest, 2 slots) | compression (0 none, 1 zlib) |
raw length (4 bytes, big endian) | payload. The id is over the raw bytes alone, so that another compression never
changes an id.
"""

from __future__ import annotations

import operator
import zlib
from typing import TYPE_CHECKING, cast

from cortexrepo.codec.canonical import Table, fits, pack, unpack_table
from cortexrepo.codec.deflate import inflate
from cortexrepo.codec.hashing import object_id
from cortexrepo.errors import CorruptError, FormatVersionError, MissingObjectError
from cortexrepo.model.package import Manifest, Package
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from cortexrepo.model.ids import ObjectId

MAGIC = b"\x89CXO"
VERSION = 1
MANIFEST, SLOTS = 1, 2
KINDS = {MANIFEST: "manifest", SLOTS: "slots"}
"""The types of objects, and the names that go into their ids. Only ever appended to."""
STORED, ZLIB = 0, 1
HEADER = 11
RAW_LIMIT = 1 << 24
"""An object's canonical bytes may not be longer."""
TABLE = Table(RAW_LIMIT, fields=2, place=1, rows=1 << 17, width=5, row=1 << 17, pairs=1 << 19)
"""A manifest has at most so many rows, of so many bytes each, with so many attributes together.

Decoding msgpack can take 28 times its length in memory: of a row as it comes, of a whole manifest less.
"""
FRAME_LIMIT = RAW_LIMIT + 4096


class Content(NamedTuple):
    """An object: the number of its type, and its canonical bytes."""

    type: int
    raw: bytes


class Encoded(NamedTuple):
    """An object ready to be stored."""

    id: ObjectId
    frame: bytes


def encode(found: Manifest) -> Encoded:
    """Returns the manifest's id and frame.

    Raises:
        ValueError: It is beyond a limit, its rows are out of order, or a string in it is not valid text.
    """
    if not all(map(_readable, found.packages)) or not ascending(found.packages):
        raise ValueError("a package has no name, or packages or attributes are out of order")
    raw = pack((found.ecosystem, found.packages))
    if len(found.packages) > TABLE.rows:
        raise ValueError(f"there are {len(found.packages)} packages, and {TABLE.rows} are allowed")
    if len(raw) > RAW_LIMIT:
        raise ValueError(f"{len(found.packages)} packages take {len(raw)} bytes, and {RAW_LIMIT} are allowed")
    if len(raw) > TABLE.row:
        _check(raw)
    return sealed(Content(MANIFEST, raw))


def _check(raw: bytes) -> None:
    """Raises ValueError for a large manifest that a reader would refuse."""
    try:
        manifest(raw)
    except CorruptError as error:
        raise ValueError(str(error).removeprefix("the file is damaged: ")) from error


def sealed(found: Content) -> Encoded:
    """Returns an object with its id and its frame."""
    return Encoded(object_id(KINDS[found.type], found.raw), frame(found.raw, found.type))


def frame(raw: bytes, kind: int = MANIFEST) -> bytes:
    """Returns the frame of an object's canonical bytes."""
    payload, compression = zlib.compress(raw, 6), ZLIB
    if len(payload) >= len(raw):
        payload, compression = raw, STORED
    return MAGIC + bytes((VERSION, kind, compression)) + len(raw).to_bytes(4, "big") + payload


def decode(data: bytes, expected: ObjectId) -> Manifest:
    """Returns the manifest in the frame `data`, every byte checked against its id.

    Raises:
        CorruptError: The frame is torn, its content is not what the id says, or it is not a canonical manifest.
        FormatVersionError: A newer version wrote it.
    """
    return manifest_in(checked(data, expected))


def manifest_in(found: Content) -> Manifest:
    """Returns the manifest that an object is; raises CorruptError for another object."""
    return manifest(raw_of(found, MANIFEST))


def raw_of(found: Content, kind: int) -> bytes:
    """Returns the canonical bytes of an object of that type; raises CorruptError for one of another type."""
    if found.type != kind:
        raise CorruptError(f"the object is of type {KINDS.get(found.type, found.type)}, and not {KINDS[kind]}")
    return found.raw


def manifest(raw: bytes) -> Manifest:
    """Returns the manifest of these canonical bytes; raises CorruptError when they are none."""
    return _manifest(unpack_table(raw, TABLE))


def checked(data: bytes, expected: ObjectId) -> Content:
    """Returns the object in the frame `data`, which is what the id says; raises as `decode` does."""
    found = opened(data)
    if object_id(KINDS[found.type], found.raw) != expected:
        raise CorruptError("the object is damaged: its content does not match its id")
    return found


def intact(data: bytes, expected: ObjectId) -> bool:
    """Returns whether the frame `data` holds exactly the content that the id says."""
    try:
        checked(data, expected)
    except (CorruptError, FormatVersionError):
        return False
    return True


def content(data: bytes) -> bytes:
    """Returns the canonical bytes in the frame `data`; raises as `opened` does."""
    return opened(data).raw


def opened(data: bytes) -> Content:
    """Returns the object in the frame `data`, with never more than `RAW_LIMIT` bytes; raises as `decode` does."""
    if len(data) < HEADER or data[:4] != MAGIC:
        raise CorruptError("the object is damaged: it is cut short, or it is not an object")
    version, kind, compression = data[4], data[5], data[6]
    if version != VERSION or kind not in KINDS or compression > ZLIB:
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
    return Content(kind, raw)


def _manifest(value: object) -> Manifest:
    match value:
        case (str(ecosystem), tuple(rows)):
            packages = tuple(package_of(row) for row in rows)
        case _:
            raise CorruptError("the object is damaged: it is not a list of packages")
    if not ascending(packages):
        raise CorruptError("the object is damaged: its rows are out of order")
    return Manifest(ecosystem, packages)


def ascending(packages: tuple[Package, ...]) -> bool:
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


def of_another(identity: ObjectId, ecosystem: str) -> MissingObjectError:
    """Returns the error for a slot whose manifest is of another ecosystem: it is as one whose manifest is missing."""
    return MissingObjectError(
        f"object {identity[:12]} is missing as a list of {ecosystem} packages, for it is a list of another ecosystem",
        hint="`cortex snapshot verify` names the snapshots that have such a part; compare with a backup of them",
    )

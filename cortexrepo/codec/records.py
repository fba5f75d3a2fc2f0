"""Record files: small, closed by a checksum, written once. The bodies of tags, deletion marks and the configuration.

File: magic `89 43 58 52` | format version (1) | kind | body length (4 bytes, big endian) | body, canonical msgpack |
checksum (32 bytes, over everything before it).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from cortexrepo.codec.canonical import Table, pack, unpack, unpack_table
from cortexrepo.codec.hashing import DIGEST, checksum
from cortexrepo.errors import CorruptError, FormatVersionError
from cortexrepo.model.ids import SnapshotId
from cortexrepo.model.refname import END
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    Pairs = tuple[tuple[str, bytes], ...]

MAGIC = b"\x89CXR"
VERSION = 1
REF, CONFIG, TAG, MARK, MEMORY, INDEX, ARTIFACT, SIGNATURE, REMOVED = range(1, 10)
"""The kinds of records; 8, a signature, is only reserved. Only ever appended to."""
HEADER = 10
LIMIT = 1 << 19
"""A record file may not be longer, in bytes, except a ref's."""
_NEWER = "use the version of cortex that wrote the file, or a newer one"


def seal(kind: int, value: object, limit: int = LIMIT) -> bytes:
    """Returns the record file of that kind with `value` in it; raises ValueError beyond `limit` or for invalid text."""
    body = pack(value)
    data = MAGIC + bytes((VERSION, kind)) + len(body).to_bytes(4, "big") + body
    if len(data) + DIGEST > limit:
        raise ValueError(f"its file has {len(data) + DIGEST} bytes, and {limit} are allowed")
    return data + checksum(data)


def unseal(kind: int, data: bytes, table: Table | None = None) -> object:
    """Returns what is in a record file of that kind; `table` says how long it may be where `LIMIT` does not hold.

    Raises:
        CorruptError: It is torn, changed, or of another kind.
        FormatVersionError: A newer version wrote it.
    """
    if data[:4] == MAGIC and data[4:5] > bytes((VERSION,)):
        # Nothing else of it counts: a newer version may close its files otherwise.
        raise FormatVersionError(
            f"the file has format {data[4]}; this version of cortex reads format {VERSION}", hint=_NEWER
        )
    if len(data) < HEADER + DIGEST or data[:4] != MAGIC:
        raise CorruptError("the file is damaged: it is cut short, or it is not a record")
    limit = LIMIT if table is None else table.limit
    if len(data) > limit:
        raise CorruptError(f"the file is damaged: it has {len(data)} bytes, and {limit} are allowed")
    if checksum(data[:-DIGEST]) != data[-DIGEST:]:
        raise CorruptError("the file is damaged: its checksum does not match")
    if data[5] > REMOVED:
        raise FormatVersionError(
            f"the file is of kind {data[5]}; this version of cortex reads the kinds 1 to {REMOVED}", hint=_NEWER
        )
    body = data[HEADER:-DIGEST]
    if data[4] != VERSION or data[5] != kind or int.from_bytes(data[6:HEADER], "big") != len(body):
        raise CorruptError("the file is damaged: its header says another version, kind or length")
    return unpack(body, LIMIT) if table is None else unpack_table(body, table)


def refuse(required: tuple[object, ...], whole: str) -> None:
    """Raises FormatVersionError when a record needs any feature: version 1 has none; CorruptError for what is no list.

    Args:
        required: The names of the features.
        whole: What cannot be read without them, for the message.
    """
    if not _are_features(required):
        raise CorruptError("the file is damaged: its list of features cannot be read")
    if required:
        names = ", ".join(f"{one!r:.40}" for one in required[:5])
        raise FormatVersionError(f"{whole} needs features that this version does not know: {names}", hint=_NEWER)


def are_extensions(value: tuple[object, ...]) -> bool:
    """Returns whether these are a record's optional fields of later versions."""
    if not value:
        return True
    names = [item[0] for item in value if isinstance(item, tuple) and len(item) == 2 and isinstance(item[1], bytes)]  # noqa: PLR2004
    return len(names) == len(value) and all(isinstance(name, str) for name in names) and names == sorted(set(names))


def _are_features(value: tuple[object, ...]) -> bool:
    names = [one for one in value if isinstance(one, str)]
    return len(names) == len(value) and names == sorted(set(names))


def hexed(value: bytes, size: int) -> str:
    """Returns the hexadecimal digits of an id of so many bytes; raises CorruptError for another number of bytes."""
    if len(value) != size:
        raise CorruptError(f"the file is damaged: an id has {len(value)} bytes instead of {size}")
    return value.hex()


class Config(NamedTuple):
    """What a repository says of itself.

    Attributes:
        repository: Its id, 32 hexadecimal digits.
        publish: How refs are published: `link` or `rename`.
        to_read: Features that a reader must know, sorted; version 1 has none.
        to_write: Features that a writer must know.
        to_collect: Features that a collector and a repair must know.
        extensions: Optional fields of later versions, kept as they are: pairs (name, bytes).
    """

    repository: str
    publish: str
    to_read: tuple[str, ...] = ()
    to_write: tuple[str, ...] = ()
    to_collect: tuple[str, ...] = ()
    extensions: tuple[tuple[str, bytes], ...] = ()


def encode_config(config: Config) -> bytes:
    """Returns the configuration file."""
    return seal(CONFIG, (bytes.fromhex(config.repository), *config[1:]))


def decode_config(data: bytes) -> Config:
    """Returns the configuration.

    Raises:
        CorruptError: It is torn, changed, or not a configuration.
        FormatVersionError: It needs a feature that this version does not have, or a version before 1.0 wrote it.
    """
    match unseal(CONFIG, data):
        case (bytes(own), str(publish), tuple(read), tuple(write), tuple(collect), tuple(optional)):
            if all(map(_are_features, (read, write, collect))) and are_extensions(optional):
                refuse(read, "the repository")
                if publish not in {"link", "rename"}:
                    raise FormatVersionError(
                        f"the repository publishes by {publish!r:.40}, which this version does not know", hint=_NEWER
                    )
                found = (hexed(own, 16), publish, read, write, collect, optional)
                return Config(*cast("tuple[str, str, tuple[str, ...], tuple[str, ...], tuple[str, ...], Pairs]", found))
        case (bytes(), str(), tuple()):
            raise FormatVersionError(
                "a version of cortex before its first release made the repository, and no release reads its format",
                hint="make a new repository in another directory: `cortex snapshot create --repo DIR`",
            )
        case _:
            pass
    raise CorruptError("the file is damaged: it is not the configuration of a repository")


class Mark(NamedTuple):
    """What a tag or a deletion mark says.

    Attributes:
        name: The name of the tag or mark itself.
        snapshot: Which snapshot.
        made_at: When it was made, milliseconds since 1970.
        extensions: Optional fields of later versions, kept as they are: pairs (name, bytes).
    """

    name: str
    snapshot: SnapshotId
    made_at: int
    extensions: tuple[tuple[str, bytes], ...] = ()


def encode_mark(kind: int, mark: Mark) -> bytes:
    """Returns the file of a tag (`TAG`) or a deletion mark (`MARK`)."""
    return seal(kind, (mark.name, bytes.fromhex(mark.snapshot), mark.made_at, (), mark.extensions))


def decode_mark(kind: int, data: bytes) -> Mark:
    """Returns the mark.

    Raises:
        CorruptError: It is torn, changed, or not a mark.
        FormatVersionError: It needs a feature that this version does not have.
    """
    match unseal(kind, data):
        case (str(name), bytes(own), int(made_at), tuple(required), tuple(optional)) if (
            0 <= made_at < END and made_at is not True and made_at is not False
            and _are_features(required) and are_extensions(optional)
        ):  # fmt: skip
            refuse(required, "the mark")
            return Mark(name, SnapshotId(hexed(own, 16)), made_at, cast("Pairs", optional))
        case _:
            pass
    raise CorruptError("the file is damaged: it is not a tag or a deletion mark")

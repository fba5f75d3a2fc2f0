"""Log files as logrotate leaves them: `NAME`, `NAME.1`, `NAME.2.gz`, read from the oldest on, in bounded memory."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, Protocol

from cortexrepo.machine.files import LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Protocol

    from cortexrepo.machine.files import System

    class Machine(System, Protocol):
        """A machine whose files can be read in parts."""

        def open_file(self, path: str) -> int:
            """See `FileSystemReader.open_file`."""
            ...


LINE_LIMIT = 1 << 20
"""No line may be longer, in bytes."""

_NAME = re.compile(r"(?:\.(?P<number>[0-9]{1,4})|-(?P<date>[0-9]{8,14}))?(?:\.(?P<packed>gz|xz|bz2|zst))?")
_STEP = 1 << 16


class Rotated(NamedTuple):
    """One file of a log. They sort from the oldest to the one that is written now.

    Attributes:
        age: 0 for those with a number, 1 for those with a date, 2 for the one that is written now.
        order: Its place among those.
        packed: How it is compressed: `gz`, `xz`, `bz2`, `zst`, or empty.
        path: Where it is.
    """

    age: int
    order: int
    packed: str
    path: str


class Lost(NamedTuple):
    """A place in a log where lines are missing, and why; `path` is empty where a whole file is not there."""

    path: str
    reason: str


Piece = bytes | Lost


def rotated(system: Machine, path: str) -> list[Rotated | Lost]:
    """Returns the files of the log at `path`, oldest first, with a `Lost` where one of them must have been.

    Of a file that is there twice, because it was being compressed, the one that is not compressed counts. Raises
    OSError where the directory cannot be read.
    """
    directory, _, name = path.rpartition("/")
    files: dict[tuple[int, int], Rotated] = {}
    for entry in system.entries(directory):
        found = _NAME.fullmatch(entry.name.removeprefix(name)) if entry.name.startswith(name) else None
        if found is None or entry.kind == "directory":
            continue
        one = _placed(found, f"{directory}/{entry.name}")
        known = files.get(one[:2])
        files[one[:2]] = one if known is None else min(known, one)
    return _with_gaps(sorted(files.values()), path)


def lines(system: Machine, file: Rotated, limit: int = LIMIT) -> Iterator[Piece]:
    """Yields every line of a file without its end, and a `Lost` wherever some are missing; never raises.

    Of a file beyond `limit` bytes the last ones are read, if it is not compressed. A last line without an end is lost;
    in the file that is written now it is passed over, for it may be being written.
    """
    try:
        yield from _split(_blocks(system, file, limit), file)
    except Exception as error:  # noqa: BLE001 -- each kind of compression has an error of its own
        yield Lost(file.path, _reason(error))


def _placed(found: re.Match[str], path: str) -> Rotated:
    number, date, packed = found["number"], found["date"], found["packed"] or ""
    if number is not None:
        return Rotated(0, -int(number), packed, path)
    return Rotated(1, int(date), packed, path) if date is not None else Rotated(2, 0, packed, path)


def _with_gaps(files: list[Rotated], path: str) -> list[Rotated | Lost]:
    """Puts a `Lost` where a number is left out, or where the file that is written now is not there."""
    found: list[Rotated | Lost] = []
    before: Rotated | None = None
    for file in files:
        if before is not None and before.age == 0 and file.age == 0 and file.order - before.order > 1:
            found.append(Lost("", f"{path}.{-file.order + 1} is missing"))
        if before is not None and before.age == 0 and file.age > 0 and before.order < -1:
            found.append(Lost("", f"{path}.1 is missing"))
        found.append(file)
        before = file
    if before is not None and before.age < 2:  # noqa: PLR2004 -- see `Rotated.age`
        found.append(Lost("", f"{path} is missing"))
    return found


def _reason(error: Exception) -> str:
    if isinstance(error, ImportError):
        return "this Python cannot decompress the file"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"the file cannot be decompressed: {str(error) or type(error).__name__}"


def _blocks(system: Machine, file: Rotated, limit: int) -> Iterator[bytes | Lost]:
    """Yields the content of a file in blocks, of at most `limit` bytes altogether; raises what reading raises."""
    with os.fdopen(system.open_file(file.path), "rb") as raw:
        if file.packed:
            packed = _opener(file.packed)(raw)
        else:
            packed = raw
            size = os.fstat(raw.fileno()).st_size
            if size > limit:
                raw.seek(size - limit)
                raw.readline(LINE_LIMIT)
                yield Lost(file.path, f"the file is larger than {limit} bytes: only its end was read")
        left = limit
        while block := packed.read(_STEP):
            left -= len(block)
            if left < 0 and file.packed:
                yield Lost(file.path, f"the file is larger than {limit} bytes")
                return
            yield block


def _opener(packed: str) -> Callable[[BinaryIO], BinaryIO]:
    """Returns what opens a compressed file; raises ImportError where this Python has nothing for it."""
    if packed == "gz":
        from gzip import GzipFile

        return lambda raw: GzipFile(fileobj=raw, mode="rb")  # type: ignore[return-value]
    if packed == "bz2":
        from bz2 import BZ2File

        return BZ2File  # type: ignore[return-value]
    if packed == "xz":
        from lzma import LZMAFile

        return LZMAFile  # type: ignore[return-value]
    from importlib import import_module

    return import_module("compression.zstd").ZstdFile  # type: ignore[no-any-return]


def _split(blocks: Iterator[Piece], file: Rotated) -> Iterator[Piece]:
    rest = b""
    for block in blocks:
        if isinstance(block, Lost):
            rest = b""
            yield block
            continue
        *whole, rest = (rest + block).split(b"\n")
        yield from whole
        if len(rest) > LINE_LIMIT:
            yield Lost(file.path, "the file has a line without an end")
            rest = b""
    if rest and file.age < 2:  # noqa: PLR2004 -- see `Rotated.age`
        yield Lost(file.path, "the file is cut off in its last line")
